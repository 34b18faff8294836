// Claim in the browser: turns in, the field on the stage.

import * as claim from "games/claim/claim-state";
import { ClaimView } from "games/claim/claim-view";
import { PlayersView } from "games/claim/players-view";
import { inputs } from "inputs";
import { LiveRoom } from "live/room";
import { isOwn } from "live/room-state";
import { player, socket } from "live/site";
import { RoomView } from "room-view";
import { put } from "speak";
import { gettext } from "words";

const KEYS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  KeyA: "left", KeyD: "right", KeyW: "up", KeyS: "down",
};
const LIST_MS = 500;

const root = document.querySelector("[data-room]");
const room = new LiveRoom(socket, claim, player);
const field = new ClaimView(root.querySelector("[data-field]"));
const players = new PlayersView(root.querySelector("[data-players]"));
const region = root.querySelector("[data-words]");
const back = root.querySelector("[data-back]");

new RoomView(room, root, {
  moments: ({ seats, results }) => {
    const of = (mark) => results.map(({ marks }, seat) => [marks[mark], seats[seat]?.card.name]).sort(([one], [other]) => other - one)[0];
    const [[cells, holder], [kills, cutter]] = [of("best_cells"), of("kills")];
    return [gettext("Most land at once: {name}, {count} cells.", { name: holder, count: cells }), ...(kills ? [gettext("Most lines cut: {name}, {count}.", { name: cutter, count: kills })] : [])];
  },
});

inputs({ keys: KEYS, swipe: root, steer: true, buttons: root.querySelectorAll("[data-input]"), play: (input) => room.play(input), going: () => room.phase === "playing" });

const seats = () => room.state.key?.seats ?? [];
const own = () => (isOwn(room.state) ? room.state.seat : null);

function who(seat) {
  const { card, bot } = seats()[seat] ?? { card: { name: "" }, bot: false };
  return { name: card.name, bot, own: seat === own(), href: `/players/${encodeURIComponent(card.name)}/` };
}

room.addEventListener("change", ({ detail: { before, after, cause } }) => {
  if (!after) return;
  field.seat = own();
  field.names = seats().map((each) => each?.card.name ?? "");
  field.show(after, { step: Boolean(cause.frame) });
  const mine = own();
  back.hidden = mine === null || after.heads[mine] >= 0 || room.phase !== "playing";
  if (mine !== null && cause.frame && before) {
    const text = claim.news(before, after, mine, field.names);
    if (text) put(region, text);
  }
});

// On a low screen the page's head is above the field: the whole field is shown once the round begins.
let seen = false;
room.addEventListener("change", () => {
  if (seen || own() === null || room.phase !== "playing") return;
  seen = true;
  const stage = field.canvas.parentElement;
  if (stage.getBoundingClientRect().bottom > innerHeight) stage.scrollIntoView({ block: "start" });
});

setInterval(() => room.view && players.draw(room.view, who), LIST_MS);
