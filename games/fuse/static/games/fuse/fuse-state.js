// The slide of Fuse, as in games/fuse/rules.py, so that tiles move before the server answers. Pure.
// Where new tiles appear only the server knows.

import { gettext } from "words";

const ROWS = [0, 4, 8, 12].map((first) => [0, 1, 2, 3].map((column) => first + column));
const COLUMNS = [0, 1, 2, 3].map((first) => [0, 4, 8, 12].map((row) => first + row));
const reversed = (lines) => lines.map((line) => line.toReversed());

// The cells of each line, from the wall that tiles slide towards.
const LINES = { left: ROWS, right: reversed(ROWS), up: COLUMNS, down: reversed(COLUMNS) };

// { cells, journeys: [{ from, to, value, fused }] }: the cells after sliding, and where each tile went.
export function slide(cells, input) {
  const after = Array(16).fill(0);
  const journeys = [];
  for (const line of LINES[input]) {
    let next = 0;
    let open = false;
    for (const [place, from] of line.entries()) {
      const value = cells[from];
      if (!value) continue;
      if (value < 0) {
        // A stone of Fuse Duel stands still, and nothing slides past it.
        after[from] = value;
        journeys.push({ from, to: from, value, fused: false });
        next = place + 1;
        open = false;
        continue;
      }
      const before = line[next - 1];
      if (open && after[before] === value) {
        after[before] = 2 * value;
        open = false;
        journeys.push({ from, to: before, value, fused: true });
      } else {
        after[line[next]] = value;
        journeys.push({ from, to: line[next], value, fused: false });
        next += 1;
        open = true;
      }
    }
  }
  return { cells: after, journeys };
}

export function predicted(view, input) {
  return { ...view, cells: slide(view.cells, input).cells };
}

export function same(one, other) {
  return one.every((value, cell) => value === other[cell]);
}

// The board in words, row by row, for screen readers.
export function words(cells, points) {
  const rows = ROWS.map((row) => row.map((cell) => cells[cell] || gettext("empty")).join(", "));
  return gettext("{points} points. {rows}.", { points, rows: rows.join("; ") });
}
