// Claim in the browser: deltas applied, the own turn predicted; as in games/claim/room_rules.py. Pure.

import { gettext } from "words";

export const SIDE = 64;
const OPPOSITE = { l: "r", r: "l", u: "d", d: "u" };

// The view with its land as one number for each cell: 0, or 1 + the seat that holds it.
export function read(view) {
  const land = new Uint8Array(SIDE * SIDE);
  let at = 0;
  for (const [, letter, count] of view.land.matchAll(/(\D)(\d+)/g)) {
    const end = at + Number(count);
    land.fill(letter.charCodeAt(0) - 65, at, end);
    at = end;
  }
  return { ...view, land, kills: [] };
}

export function apply(view, { h, w, l, p, k }) {
  const land = l ? changed(view.land, l) : view.land;
  const trails = view.trails.map((trail, seat) => grown(trail, h[seat], land[h[seat]] === seat + 1));
  return { ...view, heads: h, ways: w, land, trails, points: p ?? view.points, kills: k ?? [], turned: false };
}

function changed(before, runs) {
  const land = before.slice();
  for (let at = 0; at < runs.length; at += 3) land.fill(runs[at + 2], runs[at], runs[at] + runs[at + 1]);
  return land;
}

function grown(trail, cell, home) {
  if (cell < 0 || home) return trail.length ? [] : trail;
  return trail.at(-1) === cell ? trail : [...trail, cell];
}

// Only the first turn is played in the next step; a second one waits for the step after.
export function predict(view, seat, input) {
  const way = input[0];
  if (view.turned || view.heads[seat] < 0 || way === OPPOSITE[view.ways[seat]]) return view;
  return { ...view, ways: view.ways.slice(0, seat) + way + view.ways.slice(seat + 1), turned: true };
}

// The next cell that way; the same one at the edge.
export function beyond(cell, way) {
  const x = cell % SIDE;
  if (way === "l") return x ? cell - 1 : cell;
  if (way === "r") return x < SIDE - 1 ? cell + 1 : cell;
  if (way === "u") return cell >= SIDE ? cell - SIDE : cell;
  return cell < SIDE * (SIDE - 1) ? cell + SIDE : cell;
}

// How many cells each seat holds.
export function held(land, seats) {
  const counts = new Array(seats).fill(0);
  for (const owner of land) if (owner) counts[owner - 1] += 1;
  return counts;
}

// The seats that take part, the most points first: { seat, points, share (0 to 1), away (not on the field now) }.
export function standing(view) {
  const cells = held(view.land, view.heads.length);
  return view.heads
    .map((cell, seat) => ({ seat, points: view.points[seat], share: cells[seat] / view.land.length, away: cell === -1, out: cell === -2 }))
    .filter(({ out }) => !out)
    .sort((one, other) => other.points - one.points || one.seat - other.seat);
}

// What has happened to a seat between two views, in words for people who cannot see it; empty when nothing has.
export function news(before, after, seat, names) {
  const [was, is] = [before.heads[seat], after.heads[seat]];
  if (was >= 0 && is === -1) {
    const killer = after.kills.find(([, of]) => of === seat);
    return killer ? gettext("{name} cut your line. You are back in 3 seconds.", { name: names[killer[0]] }) : gettext("Your life has ended. You are back in 3 seconds.");
  }
  if (was < 0 && is >= 0) return gettext("You are on the field.");
  const cut = after.kills.find(([by]) => by === seat);
  if (cut) return gettext("You cut the line of {name}.", { name: names[cut[1]] });
  if (before.land === after.land) return "";
  const [had, has] = [before, after].map(({ land }) => held(land, after.heads.length)[seat]);
  return has > had ? gettext("You claimed {count} cells. You hold {percent} %.", { count: has - had, percent: ((has / after.land.length) * 100).toFixed(1) }) : "";
}
