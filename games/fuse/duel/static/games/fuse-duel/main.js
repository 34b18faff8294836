// Fuse Duel in the browser: inputs in, the room on the stage.

import { same, words } from "games/fuse/fuse-state";
import * as duel from "games/fuse-duel/duel-state";
import { DuelView } from "games/fuse-duel/duel-view";
import { inputs } from "inputs";
import { LiveRoom } from "live/room";
import { player, socket } from "live/site";
import { RoomView } from "room-view";
import { put } from "speak";
import { gettext } from "words";

const KEYS = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down",
  KeyA: "left", KeyD: "right", KeyW: "up", KeyS: "down",
};

const root = document.querySelector("[data-room]");
const room = new LiveRoom(socket, duel, player);
const view = new DuelView(root);
new RoomView(room, root, {
  moments: ({ seats, results }) =>
    results.map(({ marks }, place) => gettext("{name}: largest tile {tile}, stones sent: {stones}, moves: {moves}.", { name: seats[place].card.name, tile: marks.best_tile, stones: marks.stones_sent, moves: marks.moves })),
});

const stage = root.querySelector("[data-stage]");
if (stage) inputs({ keys: KEYS, swipe: stage, buttons: root.querySelectorAll("[data-input]"), play: (input) => room.play(input), going: () => room.phase === "playing" });

room.addEventListener("change", ({ detail: { before, after, cause } }) => {
  if (!after) return;
  const { seat } = room.state;
  const moves = after.sides.map((side, place) => {
    if (place === seat) return cause.input;
    return before && side.moves !== before.sides[place].moves ? side.way : "";
  });
  view.draw(after, moves);
  const region = root.querySelector("[data-words]");
  if (seat !== null && cause.frame && !room.state.pending.length && before && !same(before.sides[seat].cells, after.sides[seat].cells)) {
    put(region, words(after.sides[seat].cells.map((value) => (value < 0 ? gettext("stone") : value)), after.sides[seat].points));
  }
});
