// <live-status>: whether the page is live; its latency on hover. DOM only.

import { socket } from "live/site";
import { speak } from "speak";
import { gettext } from "words";

const WORDS = { connecting: gettext("Connecting"), live: gettext("Live"), waiting: gettext("Catching up…"), reconnecting: gettext("Reconnecting…"), offline: gettext("Offline") };
const MEANINGS = {
  waiting: gettext("The site’s store does not answer right now. Nothing is lost; this page catches up by itself."),
  reconnecting: gettext("The line to the site broke. It comes back by itself."),
  offline: gettext("Your device is offline, or you were signed out."),
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
    const latency = socket.state === "live" && socket.latencyMs !== null ? gettext("Round trip {ms} ms", { ms: socket.latencyMs }) : "";
    this.title = MEANINGS[socket.state] ?? latency;
  }
}

customElements.define("live-status", LiveStatus);
