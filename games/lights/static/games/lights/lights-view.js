// Draws the lights: buttons that are on or off. DOM only.

import { ngettext } from "words";

export class LightsView {
  constructor(root) {
    this.lights = [...root.querySelectorAll("[data-input]")];
    this.words = root.querySelector("[data-par]");
  }

  draw({ lit, par }) {
    this.lights.forEach((light, cell) => {
      light.setAttribute("aria-pressed", String(Boolean(lit[cell])));
    });
    this.words.textContent = ngettext("It can be done in {count} move.", "It can be done in {count} moves.", par);
  }
}
