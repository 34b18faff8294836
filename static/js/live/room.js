// A room over its socket: joins, sends numbered inputs, settles on the frames. Knows the wire and no DOM.
// Events: "change" (detail: { before, after, cause }), "emoted", "asks", "next" (detail: the message), "refused".

import { now } from "live/clock";
import * as roomState from "live/room-state";

const RETRY_MS = 1_000;

export class LiveRoom extends EventTarget {
  #socket;
  #game;
  #taken = false; // This page has taken its seat once; a lost line that comes back takes it from no newer tab.
  #retry = 0;

  // `player` is the id of whoever looks, or null.
  constructor(socket, game, player) {
    super();
    this.#socket = socket;
    this.#game = game;
    // Not randomUUID: a page that came by plain HTTP, as on a home network, has none.
    this.state = roomState.initial([...crypto.getRandomValues(new Uint32Array(4))].map((each) => each.toString(36)).join(""), player);
    socket.addEventListener("hello", () => this.#join());
    socket.addEventListener("room_shown", ({ detail }) => this.#became(roomState.shown(this.state, detail, game), {}));
    socket.addEventListener("room", ({ detail }) => this.#became(roomState.keyed(this.state, detail, game), {}));
    socket.addEventListener("frame", ({ detail }) => this.#stepped(detail));
    socket.addEventListener("seat", ({ detail }) => this.#seated(detail));
    socket.addEventListener("room_again", () => this.#join());
    socket.addEventListener("room_next", ({ detail }) => this.#tell("next", detail));
    socket.addEventListener("room_asks", ({ detail }) => this.#tell("asks", detail));
    socket.addEventListener("rated", ({ detail }) => this.#tell("rated", detail));
    socket.addEventListener("emoted", ({ detail }) => this.#tell("emoted", detail));
    socket.addEventListener("error", ({ detail }) => this.#refused(detail));
    if (socket.live) this.#join();
  }

  get phase() {
    if (!this.#socket.live) return this.state.key ? "reconnecting" : "connecting";
    return roomState.phase(this.state, now());
  }

  get view() {
    return roomState.predicted(this.state, this.#game);
  }

  // Returns whether the input was taken.
  play(input) {
    if (this.phase !== "playing") return false;
    const { state, message } = roomState.played(this.state, input);
    if (!this.#socket.send(message)) return false;
    this.#became(state, { input });
    return true;
  }

  // Play here, and no more in the other tab.
  take() {
    this.#join(true);
  }

  say(type, more = {}) {
    this.#socket.send({ type, ...more });
  }

  #join(take = !this.#taken) {
    this.#taken = true;
    this.#socket.send({ type: "join", connection: this.state.connection, take });
  }

  #stepped(frame) {
    const state = roomState.stepped(this.state, frame, this.#game);
    if (state === null) return this.#join(false);
    this.#became(state, { frame });
  }

  #seated(message) {
    this.#became(roomState.seated(this.state, message), {});
    // What was sent but did not arrive when the line broke goes out again.
    for (const { n, input } of roomState.missing(this.state, message.n ?? 0)) this.#socket.send({ type: "input", n, input });
  }

  #refused(error) {
    if (error.retry) {
      this.#retry ||= setTimeout(() => {
        this.#retry = 0;
        this.#join(false);
      }, RETRY_MS);
    }
    this.dispatchEvent(new CustomEvent("refused", { detail: error }));
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #became(state, cause) {
    const before = this.view;
    this.state = state;
    this.dispatchEvent(new CustomEvent("change", { detail: { before, after: this.view, cause } }));
  }
}
