// Moments in words. Pure.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const format = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "narrow" });

export function relative(at, now) {
  const ago = Math.max(0, now - at);
  if (ago < 10_000) return "just now";
  if (ago < MINUTE) return format.format(-Math.floor(ago / 1000), "second");
  if (ago < HOUR) return format.format(-Math.floor(ago / MINUTE), "minute");
  if (ago < DAY) return format.format(-Math.floor(ago / HOUR), "hour");
  return format.format(-Math.floor(ago / DAY), "day");
}

// "2 d 4 h", "3 h 05 min", "4:07"
export function countdown(left) {
  const ms = Math.max(0, left);
  const days = Math.floor(ms / DAY);
  const hours = Math.floor((ms % DAY) / HOUR);
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  const two = (value) => String(value).padStart(2, "0");
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${two(minutes)} min`;
  return `${minutes}:${two(Math.floor((ms % MINUTE) / 1000))}`;
}
