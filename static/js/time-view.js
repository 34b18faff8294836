// <relative-time at-ms>, <local-time at-ms> and <count-down to-ms>: moments in words, kept current. DOM only.

import { now } from "live/clock";
import { countdown, local, relative } from "time-words";

class Ticking extends HTMLElement {
  static #all = new Set();
  static #timer = setInterval(() => Ticking.#all.forEach((each) => each.show()), 1_000);

  connectedCallback() {
    Ticking.#all.add(this);
    this.show();
  }

  disconnectedCallback() {
    Ticking.#all.delete(this);
  }

  attributeChangedCallback() {
    if (this.isConnected) this.show();
  }

  say(text) {
    if (this.textContent !== text) this.textContent = text;
  }
}

class RelativeTime extends Ticking {
  static observedAttributes = ["at-ms"];

  show() {
    const at = Number(this.getAttribute("at-ms"));
    if (!at) return;
    this.say(relative(at, now()));
    this.title = local(at);
  }
}

class CountDown extends Ticking {
  static observedAttributes = ["to-ms"];

  show() {
    const to = Number(this.getAttribute("to-ms"));
    if (to) this.say(countdown(to - now()));
  }
}

// <local-time at-ms>: a moment in the reader's own time zone; in UTC on hover.
class LocalTime extends HTMLElement {
  connectedCallback() {
    this.title = this.textContent;
    this.textContent = local(Number(this.getAttribute("at-ms")));
  }
}

customElements.define("local-time", LocalTime);
customElements.define("relative-time", RelativeTime);
customElements.define("count-down", CountDown);
