// Fuse Duel in the browser: deltas applied, own moves predicted; as in games/fuse/duel/room_rules.py. Pure.

import { slide } from "games/fuse/fuse-state";

const WAYS = { l: "left", r: "right", u: "up", d: "down" };

// The cells after a slide; stones stand still, and crumble a little.
export function moved(cells, way) {
  const after = slide(cells, way).cells;
  return after.every((value, cell) => value === cells[cell]) ? cells : after.map((value) => (value < 0 ? value + 1 : value));
}

export function apply(view, [sides, lost]) {
  const after = view.sides.slice();
  for (const [seat, way, placed, points, stones] of sides) {
    const side = after[seat];
    const cells = (way ? moved(side.cells, WAYS[way]) : side.cells).slice();
    for (let at = 0; at < placed.length; at += 2) cells[placed[at]] = placed[at + 1];
    after[seat] = { ...side, cells, points, stones, moves: side.moves + (way ? 1 : 0), way: way ? WAYS[way] : "" };
  }
  return { ...view, sides: after, lost: lost ?? view.lost };
}

export function predict(view, seat, input) {
  const sides = view.sides.slice();
  sides[seat] = { ...sides[seat], cells: moved(sides[seat].cells, input) };
  return { ...view, sides };
}
