// Moments in words. Pure.

import { gettext, language } from "words";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: language === "en" ? "narrow" : "short" });

export function relative(at, now) {
  const ago = Math.max(0, now - at);
  if (ago < 10_000) return gettext("just now");
  if (ago < MINUTE) return format.format(-Math.floor(ago / 1000), "second");
  if (ago < HOUR) return format.format(-Math.floor(ago / MINUTE), "minute");
  if (ago < DAY) return format.format(-Math.floor(ago / HOUR), "hour");
  return format.format(-Math.floor(ago / DAY), "day");
}

const dates = (options) => new Intl.DateTimeFormat(language, options);
const LOCAL = dates({ dateStyle: "medium", timeStyle: "short" });
const DAY_UTC = dates({ dateStyle: "medium", timeZone: "UTC" });
const MONTH_UTC = dates({ month: "long", year: "numeric", timeZone: "UTC" });

// A moment in the reader's own time zone.
export const local = (at) => LOCAL.format(at);

// The id of a period, such as "week:2026-W47", as pages of the server say it.
export function periodIn(id) {
  const [known, reset] = id.split("~");
  const [kind, name] = known.split(":");
  const [year, week] = (name ?? "").split("-W");
  const text = { day: () => DAY_UTC.format(new Date(name)), week: () => gettext("Week {week}, {year}", { week: Number(week), year }), month: () => MONTH_UTC.format(new Date(name)) }[kind]?.() ?? gettext("all time");
  return reset ? gettext("{period}, before reset {count}", { period: text, count: reset }) : text;
}

// "2 d 4 h", "3 h 05 min", "4:07"
export function countdown(left) {
  const ms = Math.max(0, left);
  const days = Math.floor(ms / DAY);
  const hours = Math.floor((ms % DAY) / HOUR);
  const minutes = Math.floor((ms % HOUR) / MINUTE);
  const two = (value) => String(value).padStart(2, "0");
  if (days) return gettext("{days} d {hours} h", { days, hours });
  if (hours) return gettext("{hours} h {minutes} min", { hours, minutes: two(minutes) });
  return `${minutes}:${two(Math.floor((ms % MINUTE) / 1000))}`;
}
