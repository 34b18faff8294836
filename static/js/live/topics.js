// Watches topics over a socket: keeps each one's state from its snapshot and diffs, and watches again after a gap.

import { applied } from "live/topic-state";

const RETRY_MS = 1_000;

export class Topics {
  #socket;
  #retry = 0;
  #watched = new Map();

  constructor(socket) {
    this.#socket = socket;
    socket.addEventListener("hello", () => this.#watchAll());
    socket.addEventListener("snapshot", (event) => this.#snapshot(event.detail));
    socket.addEventListener("diff", (event) => this.#diff(event.detail));
    socket.addEventListener("error", (event) => event.detail.retry && this.#watchLater());
  }

  // Calls `changed(state)` with the whole state now and after every change. Returns a function that stops it.
  watch(name, changed) {
    const watched = this.#watched.get(name) ?? { version: null, state: null, callbacks: new Set() };
    this.#watched.set(name, watched);
    watched.callbacks.add(changed);
    if (watched.state) changed(watched.state);
    else if (watched.callbacks.size === 1) this.#socket.send({ type: "watch", topic: name });
    return () => {
      watched.callbacks.delete(changed);
      if (watched.callbacks.size) return;
      this.#watched.delete(name);
      this.#socket.send({ type: "unwatch", topic: name });
    };
  }

  #watchAll() {
    for (const name of this.#watched.keys()) this.#socket.send({ type: "watch", topic: name });
  }

  // The store was away: what has no state yet was refused, and is asked for again until it comes.
  #watchLater() {
    this.#retry ||= setTimeout(() => {
      this.#retry = 0;
      for (const [name, { state }] of this.#watched) if (!state) this.#socket.send({ type: "watch", topic: name });
    }, RETRY_MS);
  }

  #snapshot({ topic, version, state }) {
    this.#become(topic, version, state);
  }

  #diff({ topic, version, set, drop }) {
    const watched = this.#watched.get(topic);
    if (!watched?.state || version <= watched.version) return;
    if (version !== watched.version + 1) return this.#socket.send({ type: "watch", topic });
    this.#become(topic, version, applied(watched.state, set, drop));
  }

  #become(topic, version, state) {
    const watched = this.#watched.get(topic);
    if (!watched) return;
    Object.assign(watched, { version, state });
    for (const changed of watched.callbacks) changed(state);
  }
}
