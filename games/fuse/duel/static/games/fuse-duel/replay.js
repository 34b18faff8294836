// A match of Fuse Duel, watched again: both boards, scrubbed together.

import { slide } from "games/fuse/fuse-state";
import { DuelView } from "games/fuse-duel/duel-view";
import { ReplayView } from "replay-view";

const view = new DuelView(document.querySelector("[data-room]"));
const WAYS = ["left", "right", "up", "down"];

// Which way a board went from one view to the next: the way whose slide leads there, but for what appeared.
function way(before, after) {
  if (before.moves === after.moves) return "";
  return WAYS.find((each) => slide(before.cells, each).cells.every((value, cell) => value <= 0 || value === after.cells[cell])) ?? "";
}

new ReplayView(document.querySelector("[data-replay]"), (frame, before) => {
  view.draw(frame.view, before ? frame.view.sides.map((side, seat) => way(before.view.sides[seat], side)) : []);
});
