// Results in words, as their board writes them; the same as leaderboard/words.py. Pure.

import { ngettext, number } from "words";

const MOVE = 10_000_000;

// "12,345", milliseconds as "1:05.250", or moves as "12 moves · 1:05.250".
export function pointsIn(format, points) {
  if (format === "time") return timeIn(points);
  if (format !== "moves") return number.format(points);
  const [moves, ms] = [Math.floor(points / MOVE), points % MOVE];
  return ms ? `${movesIn(moves)} · ${timeIn(ms)}` : movesIn(moves);
}

export function timeIn(ms) {
  const seconds = String(Math.floor(ms / 1000) % 60).padStart(2, "0");
  return `${Math.floor(ms / 60_000)}:${seconds}.${String(ms % 1000).padStart(3, "0")}`;
}

const movesIn = (moves) => ngettext("{count} move", "{count} moves", moves);

// How far two results are apart. Of moves, the time says nothing unless they are equal.
export function gapIn(format, points) {
  if (format !== "moves") return pointsIn(format, points);
  return points < MOVE / 2 ? timeIn(points) : movesIn(Math.round(points / MOVE));
}

// "12,345 points"; times and moves need no unit.
export function withUnit({ format, unit }, points) {
  return format === "points" ? `${pointsIn(format, points)} ${unit}` : pointsIn(format, points);
}
