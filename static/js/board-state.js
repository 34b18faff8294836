// What a live board shows, worked out from its topic's state. Pure.

// The lines in order, at most `limit`: [{ id, rank, points, at_ms, name, country, guest, demo }]
export function lines(state, limit) {
  return state.order.slice(0, limit).map((id, index) => ({ id, rank: index + 1, ...state[`row:${id}`] }));
}

// The players whose lines are new or have other points than before.
export function changedIds(before, after) {
  const points = new Map(before.map((line) => [line.id, line.points]));
  return after.filter((line) => points.get(line.id) !== line.points).map((line) => line.id);
}

// One sentence for those who do not see the rows glide; empty when nothing is worth saying.
export function summary(before, after) {
  const changed = changedIds(before, after);
  if (!changed.length) return "";
  const first = after[0];
  const [only] = after.filter((line) => line.id === changed[0]);
  if (changed.length === 1) return `${only.name}: ${only.points} points, place ${only.rank}.`;
  return `${changed.length} places changed. ${first.name} leads with ${first.points} points.`;
}

// " (up 2)", " (down 1)"; empty when the place is the same or was not known.
export function moved(before, now) {
  if (!before || before === now) return "";
  return before > now ? ` (up ${before - now})` : ` (down ${now - before})`;
}

const number = new Intl.NumberFormat();

// Points as their board writes them: "12,345", or milliseconds as "1:05.250".
export function pointsIn(format, points) {
  if (format !== "time") return number.format(points);
  const seconds = String(Math.floor(points / 1000) % 60).padStart(2, "0");
  return `${Math.floor(points / 60_000)}:${seconds}.${String(points % 1000).padStart(3, "0")}`;
}
