// <player-avatar player variant frame>: draws a player's picture. It is decorative: the name is beside it. DOM only.

import { identicon } from "identicon";

const SVG = "http://www.w3.org/2000/svg";

class PlayerAvatar extends HTMLElement {
  static observedAttributes = ["player", "variant"];

  connectedCallback() {
    this.setAttribute("aria-hidden", "true");
    this.#draw();
  }

  attributeChangedCallback() {
    if (this.isConnected) this.#draw();
  }

  #draw() {
    const { hue, cells } = identicon(this.getAttribute("player"), this.getAttribute("variant") || "0");
    const picture = shape("svg", { viewBox: "-1 -1 7 7" });
    picture.append(shape("rect", { x: -1, y: -1, width: 7, height: 7, fill: `hsl(${hue} 45% 22%)` }));
    for (const [x, y] of cells) picture.append(shape("rect", { x, y, width: 1.02, height: 1.02, fill: `hsl(${hue} 85% 70%)` }));
    this.replaceChildren(picture);
  }
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

customElements.define("player-avatar", PlayerAvatar);
