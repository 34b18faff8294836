// A run of Lights, watched.

import { words } from "games/lights/lights-state";
import { LightsView } from "games/lights/lights-view";
import { ReplayView } from "replay-view";

const root = document.querySelector("[data-lights]");
const view = new LightsView(root);

new ReplayView(document.querySelector("[data-replay]"), (frame) => {
  view.draw(frame.view);
  for (const light of view.lights) light.toggleAttribute("data-last", light.dataset.input === frame.input);
  document.querySelector("[data-words]").textContent = words(frame.view);
});
