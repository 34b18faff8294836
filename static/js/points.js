// Results in words, as their board writes them; the same as leaderboard/words.py. Pure.

const number = new Intl.NumberFormat();

// "12,345", or milliseconds as "1:05.250".
export function pointsIn(format, points) {
  if (format !== "time") return number.format(points);
  const seconds = String(Math.floor(points / 1000) % 60).padStart(2, "0");
  return `${Math.floor(points / 60_000)}:${seconds}.${String(points % 1000).padStart(3, "0")}`;
}

// "12,345 points"; a time needs no unit.
export function withUnit({ format, unit }, points) {
  return format === "time" ? pointsIn(format, points) : `${pointsIn(format, points)} ${unit}`;
}
