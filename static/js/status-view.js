// <live-status>: whether the page is live; its latency on hover. DOM only.

import { socket } from "live/site";

const WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting…", offline: "Offline" };

class LiveStatus extends HTMLElement {
  connectedCallback() {
    socket.addEventListener("state", () => this.#show());
    socket.addEventListener("beat", () => this.#show());
    this.#show();
  }

  #show() {
    this.dataset.state = socket.state;
    const text = this.querySelector("[data-text]");
    if (text.textContent !== WORDS[socket.state]) text.textContent = WORDS[socket.state];
    this.title = socket.live && socket.latencyMs !== null ? `Round trip ${socket.latencyMs} ms` : "";
  }
}

customElements.define("live-status", LiveStatus);
