// What a paused feed holds back. Pure.

const LINES_MAX = 100;

// Merges two `lines` messages; where they differ, the later one wins.
export function joined(held, { lines, drop, order }) {
  const gone = (id) => (order ? !order.includes(id) : drop.includes(id));
  const kept = held.lines.filter(({ id }) => !gone(id) && !lines.some((line) => line.id === id));
  const standing = order ?? held.order?.filter((id) => !drop.includes(id)).concat(lines.map(({ id }) => id)) ?? null;
  return { lines: [...kept, ...lines].slice(-LINES_MAX), drop: [...held.drop, ...drop], order: standing };
}
