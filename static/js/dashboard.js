// <live-figures topic>: the operators' figures, kept current. DOM only.

import { topics } from "live/site";

const number = new Intl.NumberFormat();

class LiveFigures extends HTMLElement {
  connectedCallback() {
    this.stop = topics.watch(this.getAttribute("topic"), (figures) => this.#show(figures));
  }

  disconnectedCallback() {
    this.stop();
  }

  #show(figures) {
    for (const cell of this.querySelectorAll("[data-figure]")) cell.textContent = number.format(figures[cell.dataset.figure]);
    this.querySelector("[data-as-of]").textContent = new Date(figures.as_of_ms).toLocaleTimeString();
  }
}

customElements.define("live-figures", LiveFigures);
