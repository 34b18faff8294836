// Lights in the browser: presses in, the server's run on the stage.

import { SIDE, pressed, words } from "games/lights/lights-state";
import { LightsView } from "games/lights/lights-view";
import { now } from "live/clock";
import { mode, socket } from "live/site";
import { LiveRun } from "live/run";
import { PlayView } from "play-view";
import { put } from "speak";
import { gettext } from "words";

const TICK_MS = 250;
const root = document.querySelector("[data-lights]");
const view = new LightsView(root);
const run = new LiveRun(socket, pressed, mode);
const frame = new PlayView(run);
const clock = root.querySelector("[data-clock]");

view.lights.forEach((light, cell) => {
  light.addEventListener("click", () => run.play(light.dataset.input));
  light.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -SIDE, ArrowDown: SIDE }[event.key];
    if (!by) return;
    event.preventDefault();
    const to = view.lights[cell + by];
    if (to && (Math.abs(by) === SIDE || Math.floor(cell / SIDE) === Math.floor((cell + by) / SIDE))) to.focus();
  });
});

run.addEventListener("change", ({ detail: { before, after, cause } }) => {
  view.draw(after);
  if (cause.input) frame.sound.play("press", after.lit.reduce((sum, each) => sum + each, 0));
  if (cause.input && !after.lit.includes(1)) frame.milestone(gettext("Solved!"));
  if (cause.message && !run.state.pending.length && before) put(root.querySelector("[data-words]"), words(after));
});

setInterval(() => {
  const { started_ms: started, over } = run.state;
  if (!started || over) return;
  const s = Math.max(0, Math.floor((now() - started) / 1000));
  clock.textContent = `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
}, TICK_MS);

const showLine = () => {
  root.toggleAttribute("data-away", !socket.live);
  for (const light of view.lights) light.disabled = !run.playable && !run.state.over;
};
socket.addEventListener("state", showLine);
run.addEventListener("change", showLine);
showLine();
