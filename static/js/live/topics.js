// Watches topics over a socket, and watches again after a gap. For a topic with a state it keeps the state, from its
// snapshot and diffs. For a topic of events it keeps the last id, so that a broken connection misses none.

import { applied, newest } from "live/topic-state";

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
    socket.addEventListener("lines", (event) => this.#lines(event.detail));
    socket.addEventListener("error", (event) => event.detail.retry && this.#watchLater());
  }

  // Calls `changed(state)` with the whole state now and after every change. Returns a function that stops it.
  watch(name, changed) {
    const watched = this.#watched.get(name) ?? { version: null, state: null, callbacks: new Set() };
    this.#watched.set(name, watched);
    watched.callbacks.add(changed);
    if (watched.state) changed(watched.state);
    else if (watched.callbacks.size === 1) this.#ask(name);
    return () => {
      watched.callbacks.delete(changed);
      if (!watched.callbacks.size) this.#unwatch(name);
    };
  }

  // Calls `came({ lines, drop, order })` with the events after the id `after`, now and as they come; `order`, if
  // present, lists all ids that are still valid. Returns a function that stops it.
  follow(name, after, came) {
    this.#watched.set(name, { version: null, after, came });
    this.#ask(name);
    return () => this.#unwatch(name);
  }

  #ask(name) {
    const { after } = this.#watched.get(name);
    this.#socket.send({ type: "watch", topic: name, ...(after && { after }) });
  }

  #unwatch(name) {
    this.#watched.delete(name);
    this.#socket.send({ type: "unwatch", topic: name });
  }

  #watchAll() {
    for (const [name, watched] of this.#watched) {
      watched.version = null; // Of the old connection. The state stays on the page until the new one answers.
      this.#ask(name);
    }
  }

  // The store was away, so some topics were refused: ask for them again until they answer.
  #watchLater() {
    this.#retry ||= setTimeout(() => {
      this.#retry = 0;
      for (const [name, { version }] of this.#watched) if (version === null) this.#ask(name);
    }, RETRY_MS);
  }

  #snapshot({ topic, version, state }) {
    this.#become(topic, version, state);
  }

  #diff({ topic, version, set, drop }) {
    const watched = this.#watched.get(topic);
    if (!watched?.state || watched.version === null || version <= watched.version) return;
    if (version !== watched.version + 1) return this.#ask(topic);
    this.#become(topic, version, applied(watched.state, set, drop));
  }

  #lines({ topic, version, lines, drop = [], order = null }) {
    const watched = this.#watched.get(topic);
    if (!watched?.came || (!order && (watched.version === null || version <= watched.version))) return;
    if (!order && version !== watched.version + 1) return this.#ask(topic);
    watched.version = version;
    watched.after = newest([watched.after, ...(order ?? []), ...lines.map(({ id }) => id)]);
    watched.came({ lines, drop, order });
  }

  #become(topic, version, state) {
    const watched = this.#watched.get(topic);
    if (!watched) return;
    Object.assign(watched, { version, state });
    for (const changed of watched.callbacks) changed(state);
  }
}
