// Sprint in the browser: presses in, the server's run on the stage.

import { draw } from "games/sprint/sprint-view";
import { mode, socket } from "live/site";
import { LiveRun } from "live/run";
import { PlayView } from "play-view";

const board = document.querySelector("[data-sprint]");
const run = new LiveRun(socket, (view) => view, mode);
new PlayView(run);

run.addEventListener("change", ({ detail: { after } }) => after && draw(board, after));
for (const place of board.querySelectorAll("[data-place]")) place.addEventListener("click", () => run.play(place.textContent));
document.addEventListener("keydown", ({ key }) => /^[1-6]$/.test(key) && run.play(key));
