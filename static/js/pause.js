// A button that pauses a live list. Values that arrive meanwhile are counted, and shown when it is resumed.
// `show(value)` shows; `merge(held, value)` combines two (default: the newer); `news(held, value)` counts what is new.

import { gettext, number } from "words";

export class Pause {
  #button;
  #show;
  #merge;
  #news;
  #paused = false;
  #held = null;
  #last = null;
  #count = 0;

  constructor(button, show, { merge = (_, value) => value, news = () => 0 } = {}) {
    this.#button = button;
    this.#show = show;
    this.#merge = merge;
    this.#news = news;
    button.addEventListener("click", () => this.#toggle());
  }

  get paused() {
    return this.#paused;
  }

  take(value) {
    if (!this.#paused) {
      this.#last = value;
      return this.#show(value);
    }
    this.#count += this.#news(this.#held ?? this.#last, value);
    this.#held = this.#held === null ? value : this.#merge(this.#held, value);
    this.#label();
  }

  #toggle() {
    this.#paused = !this.#paused;
    const held = this.#held;
    this.#held = null;
    this.#count = 0;
    this.#label();
    if (held !== null) this.take(held);
  }

  #label() {
    this.#button.textContent = !this.#paused ? gettext("Pause") : this.#count ? gettext("Resume ({count} new)", { count: number.format(this.#count) }) : gettext("Resume");
  }
}
