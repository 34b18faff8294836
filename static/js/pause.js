// A button that holds a live list still. What comes meanwhile is counted, and shown when the list is let go.
// `show(value)` shows; `merge(held, value)` joins what waits (default: the newest alone); `news(held, value)` counts.

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
    this.#button.textContent = !this.#paused ? "Pause" : this.#count ? `Resume (${this.#count} new)` : "Resume";
  }
}
