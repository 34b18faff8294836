// A run of Sprint, watched.

import { draw } from "games/sprint/sprint-view";
import { ReplayView } from "replay-view";

const board = document.querySelector("[data-sprint]");
new ReplayView(document.querySelector("[data-replay]"), (frame) => draw(board, frame.view));
