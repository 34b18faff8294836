// A first visit's hints: one at a time, each goes away once its player has done it. A cookie tells the server, which
// leaves them out from then on: a page that hid them by itself would jump. DOM only.

const YEAR_S = 365 * 24 * 60 * 60;
// After so many inputs the next hint is shown, and at last none.
const DONE_AFTER = [1, 5, 12];

export class Hints {
  #inputs = 0;
  #at = 0;

  // `list` has the hints; `name` says whose they are, since each game shows its own once.
  constructor(list, name) {
    this.list = list;
    this.name = name;
    this.hints = list.querySelectorAll("[data-hint]");
    list.querySelector("[data-hints-close]").addEventListener("click", () => this.#show(this.hints.length));
  }

  // The player has done something.
  done() {
    if (this.#at === this.hints.length) return;
    this.#inputs += 1;
    if (this.#inputs >= DONE_AFTER[this.#at]) this.#show(this.#at + 1);
  }

  #show(at) {
    this.#at = at;
    this.hints.forEach((each, index) => (each.hidden = index !== at));
    if (at < this.hints.length) return;
    this.list.hidden = true;
    const [, seen = ""] = document.cookie.match(/(?:^|; )hints=([^;]*)/) ?? [];
    document.cookie = `hints=${[seen, this.name].filter(Boolean).join(".")}; path=/; max-age=${YEAR_S}; samesite=lax`;
  }
}
