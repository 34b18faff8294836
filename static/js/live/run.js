// A run over a play socket: begins it, sends numbered inputs, and adopts the server's answers. No DOM.
// Events: "change" (detail: { before, after, cause }), "finished" (detail: the report message), "refused" (detail: error).

import * as runState from "live/run-state";

const RETRY_MS = 1_000;

export class LiveRun extends EventTarget {
  #socket;
  #predict;
  #mode;
  #retry = 0;
  #away = false; // The store does not answer: no inputs until the server has sent the run again.
  #resending = false;
  #finished = null;
  state = runState.initial();

  // `mode` says what its runs are for, as the message `start` does.
  constructor(socket, predict, mode = "") {
    super();
    this.#mode = mode;
    this.#socket = socket;
    this.#predict = predict;
    socket.addEventListener("hello", () => this.#begin());
    socket.addEventListener("run", (event) => this.#received(event.detail));
    socket.addEventListener("moved", (event) => this.#received(event.detail));
    socket.addEventListener("finished", (event) => this.#finish(event.detail));
    socket.addEventListener("error", (event) => this.#refused(event.detail));
    // Another tab may have played on while this one was hidden.
    document.addEventListener("visibilitychange", () => document.hidden || this.#settled || this.#resume());
    if (socket.live) this.#begin();
  }

  get playable() {
    return this.#socket.live && !this.#away && this.state.run !== null && !this.state.over;
  }

  // The view to show: the server's last state plus the inputs it has not answered yet.
  get view() {
    return runState.shown(this.state, this.#predict);
  }

  // Returns whether the input was taken.
  play(input) {
    if (!this.playable) return false;
    const { state, message } = runState.played(this.state, input);
    if (!this.#socket.send(message)) return false;
    this.#become(state, { input });
    return true;
  }

  again() {
    this.state = runState.initial();
    this.#start();
  }

  end() {
    if (this.playable) this.#socket.send({ type: "end", run: this.state.run });
  }

  #begin() {
    if (this.#settled) return;
    this.#resending = true;
    if (!this.#resume()) this.#start();
  }

  #start() {
    this.#socket.send({ type: "start", ...(this.#mode && { mode: this.#mode }) });
  }

  // Whether the run is over and its result is shown. If the result got lost, the run is resumed to get it again.
  get #settled() {
    return this.state.over && this.#finished === this.state.run;
  }

  #resume() {
    return this.state.run !== null && this.#socket.send({ type: "resume", run: this.state.run });
  }

  #received(message) {
    this.#away = false;
    const state = runState.received(this.state, message);
    if (message.type === "run" && this.#resending) {
      // Inputs without an answer when the connection broke are sent again, once. The server ignores those it has.
      this.#resending = false;
      for (const { seq, input } of state.pending) this.#socket.send({ type: "move", run: state.run, seq, input });
    }
    this.#become(state, { message });
  }

  #finish(message) {
    if (message.run !== this.state.run || message.run === this.#finished) return;
    this.#finished = message.run;
    this.dispatchEvent(new CustomEvent("finished", { detail: message }));
  }

  #refused(error) {
    if (error.retry) {
      this.#away = true;
      this.#retry ||= setTimeout(() => {
        this.#retry = 0;
        this.#begin();
      }, RETRY_MS);
    } else if (error.code === "unknown_run") {
      return this.again();
    } else if (error.code === "run_over") {
      this.#resume();
    }
    this.dispatchEvent(new CustomEvent("refused", { detail: error }));
  }

  #become(state, cause) {
    const before = this.view;
    this.state = state;
    this.dispatchEvent(new CustomEvent("change", { detail: { before, after: this.view, cause } }));
  }
}
