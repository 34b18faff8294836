// What a live board shows, worked out from its topic's state. Pure.

import { withUnit } from "points";
import { gettext } from "words";

// The lines in order, at most `limit`: [{ id, rank, points, at_ms, name, country, guest, demo }]
export function lines(state, limit) {
  return state.order.slice(0, limit).map((id, index) => ({ id, rank: index + 1, ...state[`row:${id}`] }));
}

// The ids of players whose lines are new or whose points have changed.
export function changedIds(before, after) {
  const points = new Map(before.map((line) => [line.id, line.points]));
  return after.filter((line) => points.get(line.id) !== line.points).map((line) => line.id);
}

// One sentence for people who cannot see the rows move; empty if there is nothing to say. `written` says how the board
// writes points: { format, unit }.
export function summary(before, after, written) {
  const changed = changedIds(before, after);
  if (!changed.length) return "";
  const first = after[0];
  const [only] = after.filter((line) => line.id === changed[0]);
  if (changed.length === 1) return gettext("{name}: {points}, place {rank}.", { name: only.name, points: withUnit(written, only.points), rank: only.rank });
  return gettext("{count} places changed. {name} leads with {points}.", { count: changed.length, name: first.name, points: withUnit(written, first.points) });
}

// " (up 2)", " (down 1)"; empty when the place is the same or was not known.
export function moved(before, now) {
  if (!before || before === now) return "";
  return before > now ? ` ${gettext("(up {count})", { count: before - now })}` : ` ${gettext("(down {count})", { count: now - before })}`;
}
