// A run of Fuse, watched: the same tiles as in the game.

import { slide, words } from "games/fuse/fuse-state";
import { FuseView } from "games/fuse/fuse-view";
import { ReplayView } from "replay-view";

const board = document.querySelector("[data-fuse]");
const view = new FuseView(board);

new ReplayView(document.querySelector("[data-replay]"), (frame, before) => {
  if (before) view.slide(slide(before.view.cells, frame.input).journeys);
  view.settle(frame.view.cells);
  document.querySelector("[data-words]").textContent = words(frame.view.cells, frame.points);
});
