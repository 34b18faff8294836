// The dashboard's numbers as text and lines. Pure.

import { language, number } from "words";

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function written(value, unit) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (unit === "bytes") return bytes(value);
  if (unit === "moment") return moment(value);
  if (Math.abs(value) >= 100) value = Math.round(value);
  return unit ? `${number.format(value)}\u00a0${unit}` : number.format(value);
}

const moments = (timeStyle) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle, timeZone: "UTC", hourCycle: "h23" });
const [MINUTES, SECONDS] = [moments("short"), moments("medium")];

// All days and times here are in UTC.
export function moment(ms, seconds = false) {
  return `${(seconds ? SECONDS : MINUTES).format(ms)} UTC`;
}

function bytes(value) {
  const power = value ? Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3)) : 0;
  return `${number.format(Math.round((10 * value) / 1000 ** power) / 10)}\u00a0${UNITS[power]}`;
}

// A table cell. A number this large is a time in ms: no other figure here gets that large.
export function cell(value) {
  return typeof value === "number" && value > 1e12 ? written(value, "moment") : written(value);
}

const GAP_MS = 3 * 60_000;

// The points of SVG polylines for one column of the rows. Column 0 is a label; with `span`, [from, to], it is a time
// (UTC ms), and a gap of more than three minutes starts a new line.
export function lines(rows, column, most, width, height, span) {
  const found = [[]];
  rows.forEach((row, index) => {
    if (span && index && row[0] - rows[index - 1][0] > GAP_MS) found.push([]);
    const x = span ? (width * (row[0] - span[0])) / (span[1] - span[0]) : (index * width) / Math.max(1, rows.length - 1);
    found.at(-1).push([Math.max(0, x), height - (height * row[column]) / Math.max(1, most)]);
  });
  return found.filter((points) => points.length);
}

// Round numbers from 0 to at least `most`, two to five of them.
export function ticks(most) {
  const power = 10 ** Math.floor(Math.log10(most));
  const step = [0.25, 0.5, 1, 2, 5].map((each) => Math.max(1, each * power)).find((each) => most / each <= 4) ?? power * 5;
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, index) => index * step);
}

const CLOCK = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", timeZone: "UTC", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(language, { day: "numeric", month: "short", timeZone: "UTC" });
const ALONG = 4;

// What stands below a chart: five times of its span, or five of its days, in UTC.
export function along(rows, span) {
  const parts = Array.from({ length: ALONG + 1 }, (_, index) => index / ALONG);
  if (span) return parts.map((part) => CLOCK.format(span[0] + part * (span[1] - span[0])));
  return rows.length ? parts.map((part) => DAY.format(new Date(rows[Math.round(part * (rows.length - 1))][0]))) : [];
}
