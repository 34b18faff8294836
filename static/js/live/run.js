// A run over a play socket: begins it, sends numbered inputs, and settles on the server's answers. No DOM.
// Events: "change" (detail: { before, after, cause }), "finished" (detail: the report message), "refused" (detail: error).

import * as runState from "live/run-state";

export class LiveRun extends EventTarget {
  #socket;
  #predict;
  state = runState.initial();

  constructor(socket, predict) {
    super();
    this.#socket = socket;
    this.#predict = predict;
    socket.addEventListener("hello", () => this.#begin());
    socket.addEventListener("run", (event) => this.#received(event.detail));
    socket.addEventListener("moved", (event) => this.#received(event.detail));
    socket.addEventListener("finished", (event) => this.#finished(event.detail));
    socket.addEventListener("error", (event) => this.#refused(event.detail));
    // Another tab may have played on while this one was hidden.
    document.addEventListener("visibilitychange", () => document.hidden || this.#resume());
    if (socket.live) this.#begin();
  }

  get playable() {
    return this.#socket.live && this.state.run !== null && !this.state.over;
  }

  // The view to show: the server's last word plus the inputs it has not answered yet.
  get view() {
    return runState.shown(this.state, this.#predict);
  }

  play(input) {
    if (!this.playable) return false;
    const { state, message } = runState.played(this.state, input);
    if (!this.#socket.send(message)) return false;
    this.#become(state, { input });
    return true;
  }

  again() {
    this.state = runState.initial();
    this.#socket.send({ type: "start" });
  }

  end() {
    if (this.playable) this.#socket.send({ type: "end", run: this.state.run });
  }

  #begin() {
    if (!this.#resume()) this.#socket.send({ type: "start" });
  }

  #resume() {
    return this.state.run !== null && this.#socket.send({ type: "resume", run: this.state.run });
  }

  #received(message) {
    const state = runState.received(this.state, message);
    // What was sent but not answered when the line broke goes out again; what had arrived is ignored there.
    if (message.type === "run") for (const { seq, input } of state.pending) this.#socket.send({ type: "move", run: state.run, seq, input });
    this.#become(state, { message });
  }

  #finished(message) {
    if (message.run !== this.state.run) return;
    this.dispatchEvent(new CustomEvent("finished", { detail: message }));
  }

  #refused(error) {
    if (error.code === "unknown_run") return this.again();
    if (error.code === "run_over" || error.retry) setTimeout(() => this.#resume(), error.retry ? 1000 : 0);
    this.dispatchEvent(new CustomEvent("refused", { detail: error }));
  }

  #become(state, cause) {
    const before = this.view;
    this.state = state;
    this.dispatchEvent(new CustomEvent("change", { detail: { before, after: this.view, cause } }));
  }
}
