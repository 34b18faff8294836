// <live-status>: whether the page is live; its latency on hover. DOM only.

import { socket } from "live/site";
import { speak } from "speak";

const WORDS = { connecting: "Connecting", live: "Live", waiting: "Catching up…", reconnecting: "Reconnecting…", offline: "Offline" };
const MEANINGS = {
  waiting: "The site’s store does not answer right now. Nothing is lost; this page catches up by itself.",
  reconnecting: "The line to the site broke. It comes back by itself.",
  offline: "Your device is offline, or you were signed out.",
};

class LiveStatus extends HTMLElement {
  connectedCallback() {
    socket.addEventListener("state", () => this.#become());
    socket.addEventListener("beat", () => this.#show());
    this.#show();
  }

  #become() {
    // Spoken only when the connection breaks or recovers.
    if (this.dataset.state !== "connecting") speak(WORDS[socket.state], { personal: true });
    this.#show();
  }

  #show() {
    this.dataset.state = socket.state;
    const text = this.querySelector("[data-text]");
    if (text.textContent !== WORDS[socket.state]) text.textContent = WORDS[socket.state];
    const latency = socket.state === "live" && socket.latencyMs !== null ? `Round trip ${socket.latencyMs} ms` : "";
    this.title = MEANINGS[socket.state] ?? latency;
  }
}

customElements.define("live-status", LiveStatus);
