// Draws the tiles of Fuse: they slide, pop when they fuse, and appear. DOM only.

import { still } from "motion";

const SLIDE_MS = 110;
const POP_MS = 140;

export class FuseView {
  #tiles = new Map();

  constructor(element) {
    this.element = element;
    this.layer = element.querySelector("[data-tiles]");
  }

  // Move the tiles along their journeys; a fused pair becomes one tile of twice the value.
  slide(journeys) {
    const moved = new Map();
    for (const { from, to, value, fused } of journeys) {
      const tile = this.#tiles.get(from);
      if (!tile) continue;
      this.#place(tile, to, from);
      if (!fused) {
        moved.set(to, tile);
        continue;
      }
      const kept = moved.get(to);
      this.#discard(tile);
      if (kept) {
        this.#value(kept, 2 * value);
        this.#pop(kept);
      }
    }
    this.#tiles = moved;
  }

  // Make the tiles show exactly these cells; what is missing appears, what differs is put right.
  settle(cells) {
    cells.forEach((value, cell) => {
      const tile = this.#tiles.get(cell);
      if (tile && Number(tile.dataset.value) === value) return;
      if (!value) {
        tile?.remove();
        this.#tiles.delete(cell);
      } else if (tile) {
        this.#value(tile, value);
      } else {
        this.#tiles.set(cell, this.#newTile(cell, value));
      }
    });
  }

  #newTile(cell, value) {
    const tile = document.createElement("div");
    tile.className = "fuse-tile";
    this.#value(tile, value);
    this.#place(tile, cell, cell);
    this.layer.append(tile);
    if (!still()) tile.animate([{ opacity: 0, scale: 0.4 }, { opacity: 1, scale: 1 }], { duration: POP_MS, easing: "ease-out" });
    return tile;
  }

  #value(tile, value) {
    tile.dataset.value = value;
    tile.dataset.digits = String(value).length;
    // Below zero it is a stone: how many moves until it crumbles.
    if (value < 0) tile.dataset.stone = -value;
    else delete tile.dataset.stone;
  }

  #place(tile, to, from) {
    const at = (cell) => `translate(${(cell % 4) * 100}%, ${Math.floor(cell / 4) * 100}%)`;
    tile.style.transform = at(to);
    if (to !== from && !still()) tile.animate([{ transform: at(from) }, { transform: at(to) }], { duration: SLIDE_MS, easing: "ease-out" });
  }

  #pop(tile) {
    if (!still()) tile.animate([{ scale: 1 }, { scale: 1.14 }, { scale: 1 }], { duration: POP_MS, delay: SLIDE_MS / 2 });
  }

  #discard(tile) {
    if (still()) return tile.remove();
    setTimeout(() => tile.remove(), SLIDE_MS);
  }
}
