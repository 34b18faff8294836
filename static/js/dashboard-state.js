// The dashboard's numbers as text and lines. Pure.

const number = new Intl.NumberFormat();
const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function written(value, unit) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number") return String(value);
  if (unit === "bytes") return bytes(value);
  if (unit === "moment") return new Date(value).toLocaleString();
  return unit ? `${number.format(value)} ${unit}` : number.format(value);
}

function bytes(value) {
  const power = value ? Math.min(UNITS.length - 1, Math.floor(Math.log10(value) / 3)) : 0;
  return `${number.format(Math.round((10 * value) / 1000 ** power) / 10)} ${UNITS[power]}`;
}

// A cell of a table: moments are told by their size, since nothing else here is that large and whole.
export function cell(value) {
  return typeof value === "number" && value > 1e12 ? written(value, "moment") : written(value);
}

// The points of an SVG polyline through the values of one column of the rows; column 0 is the label.
export function line(rows, column, most, width, height) {
  const step = rows.length > 1 ? width / (rows.length - 1) : 0;
  return rows.map((row, index) => `${(index * step).toFixed(1)},${(height - (height * row[column]) / Math.max(1, most)).toFixed(1)}`).join(" ");
}
