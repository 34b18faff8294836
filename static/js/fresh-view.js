// <fresh-page topic>: a part of a page that only the server can render. When the topic changes, the page is fetched
// again, at most every 3 seconds, and the part marked data-fresh is replaced. DOM only.

import { topics } from "live/site";
import { Pause } from "pause";
import { speak } from "speak";
import { gettext } from "words";

const EVERY_MS = 3_000;

class FreshPage extends HTMLElement {
  #seen = false;
  #timer = 0;

  connectedCallback() {
    const pause = (this.pause = new Pause(this.querySelector("[data-pause]"), () => this.#soon(), { news: () => 1 }));
    this.stop = topics.watch(this.getAttribute("topic"), (state) => {
      // The first state is what the page was made from.
      if (this.#seen) pause.take(state);
      this.#seen = true;
    });
  }

  disconnectedCallback() {
    this.stop();
    clearTimeout(this.#timer);
  }

  #soon() {
    this.#timer ||= setTimeout(() => this.#load(), EVERY_MS);
  }

  async #load() {
    this.#timer = 0;
    if (this.pause.paused) return this.pause.take({});
    const answer = await fetch(location.href).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("fresh-page [data-fresh]");
    if (!fresh || this.pause.paused) return;
    const part = this.querySelector("[data-fresh]");
    const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    part.replaceChildren(...fresh.childNodes);
    // If the row is still there, its link has the same href and gets the focus back.
    if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    speak(gettext("The places have changed."));
  }
}

customElements.define("fresh-page", FreshPage);
