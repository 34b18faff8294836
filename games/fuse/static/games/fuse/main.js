// Fuse in the browser: inputs in, the server's run on the stage.

import { predicted, same, slide, words } from "games/fuse/fuse-state";
import { FuseView } from "games/fuse/fuse-view";
import { inputs } from "inputs";
import { mode, socket } from "live/site";
import { LiveRun } from "live/run";
import { PlayView } from "play-view";
import { put } from "speak";
import { gettext, number } from "words";

const KEYS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  KeyA: "left", KeyD: "right", KeyW: "up", KeyS: "down",
};

const MILESTONE_MIN = 32;

const board = document.querySelector("[data-fuse]");
const view = new FuseView(board);
const run = new LiveRun(socket, predicted, mode);
const frame = new PlayView(run);

inputs({ keys: KEYS, swipe: board, buttons: document.querySelectorAll("[data-input]"), play: (input) => run.play(input), going: () => run.state.run !== null && !run.state.over });

// The largest tile so far. A larger one is a milestone, but for the small ones, and for what a page finds when it opens.
let largest = 0;
function reached(value, moves) {
  if (largest && value > largest && value >= MILESTONE_MIN) frame.milestone(number.format(value));
  return moves || value > largest ? Math.max(largest, value) : value;
}

run.addEventListener("change", ({ detail: { before, after, cause } }) => {
  if (cause.input) {
    const { journeys } = slide(before.cells, cause.input);
    view.slide(journeys);
    const fused = journeys.filter((journey) => journey.fused).map((journey) => journey.value);
    if (fused.length) frame.sound.play("join", Math.log2(Math.max(...fused)));
    else if (journeys.some(({ from, to }) => from !== to)) frame.sound.play("slide");
  }
  view.settle(after.cells);
  largest = reached(Math.max(...after.cells), run.state.seq);
  const region = board.querySelector("[data-words]");
  if (cause.input && same(before.cells, after.cells)) put(region, gettext("Nothing moves that way."));
  else if (cause.message && !run.state.pending.length && !(before && same(before.cells, after.cells))) {
    put(region, words(after.cells, run.state.points));
  }
});

const showLine = () => {
  board.toggleAttribute("data-away", !socket.live);
  for (const button of document.querySelectorAll("[data-input]")) button.disabled = !run.playable;
};
socket.addEventListener("state", showLine);
run.addEventListener("change", showLine);
showLine();
