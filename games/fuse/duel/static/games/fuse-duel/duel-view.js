// Draws both boards of Fuse Duel: tiles slide and fuse, stones fall. DOM only.

import { same, slide } from "games/fuse/fuse-state";
import { FuseView } from "games/fuse/fuse-view";
import { ngettext, number } from "words";

const FLIES_MS = 900;

export class DuelView {
  constructor(root) {
    this.boards = [...root.querySelectorAll("[data-board]")].map((element) => ({ element, view: new FuseView(element), cells: null, stones: 0 }));
  }

  // `moves` has for each side the way it slid since the last drawing, or nothing.
  draw(view, moves = []) {
    view.sides.forEach((side, seat) => {
      const board = this.boards[seat];
      if (moves[seat] && board.cells) board.view.slide(slide(board.cells, moves[seat]).journeys);
      if (!board.cells || !same(board.cells, side.cells)) board.view.settle(side.cells);
      if (side.stones > board.stones) this.#flies(board.element);
      board.cells = side.cells;
      board.stones = side.stones;
      const part = board.element.closest("[data-seat]");
      part.querySelector("[data-points]").textContent = number.format(side.points);
      const stones = part.querySelector("[data-stones]");
      stones.hidden = !side.stones;
      stones.textContent = ngettext("{count} stone falls next", "{count} stones fall next", side.stones);
    });
  }

  #flies(element) {
    element.dataset.hit = "";
    setTimeout(() => delete element.dataset.hit, FLIES_MS);
  }
}
