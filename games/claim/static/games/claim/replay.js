// A round of Claim, watched again.

import * as claim from "games/claim/claim-state";
import { ClaimView } from "games/claim/claim-view";
import { PlayersView } from "games/claim/players-view";
import { ReplayView } from "replay-view";

const root = document.querySelector("[data-room]");
const field = new ClaimView(root.querySelector("[data-field]"));
const players = new PlayersView(root.querySelector("[data-players]"));
const names = JSON.parse(document.getElementById("seat-names").textContent);
field.names = names.map(({ name }) => name);

new ReplayView(document.querySelector("[data-replay]"), (frame) => {
  const view = claim.read(frame.view);
  field.show(view);
  players.draw(view, (seat) => ({ ...names[seat], href: names[seat].bot ? "" : `/players/${encodeURIComponent(names[seat].name)}/` }));
});
