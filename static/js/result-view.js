// The panel after a run: points, best before, rank and gain per period, neighbours. DOM only.

const number = new Intl.NumberFormat();
const TITLES = { day: "Today", week: "This week", month: "This month", all: "All time" };

export function fillResult(panel, { points, report }) {
  const put = (name, ...content) => panel.querySelector(`[data-result-${name}]`).replaceChildren(...content);
  const all = report.changes.at(-1);
  put("points", number.format(points));
  put("words", all ? words(points, all) : "A run counts from 1 point.");
  put("periods", ...report.changes.map(periodRow));
  const day = report.changes[0];
  put("neighbours", ...(day?.rows ?? []).map((row) => neighbour(row, row.rank === day.rank)));
  for (const part of panel.querySelectorAll("[data-result-ranked]")) part.hidden = !all;
}

function words(points, { points_before }) {
  if (points_before === null) return "Your first ranked run. Welcome to the board!";
  if (points > points_before) return `Your new best! It was ${number.format(points_before)} before.`;
  return `Your best stays ${number.format(points_before)}.`;
}

function periodRow({ kind, rank, rank_before, size, to_next }) {
  const row = document.createElement("tr");
  const title = element("th", TITLES[kind]);
  title.scope = "row";
  const gained = rank_before ? rank_before - rank : 0;
  const gain = element("td", rank_before === null ? "new" : gained ? `▲ ${number.format(gained)}` : "–");
  if (gained || rank_before === null) gain.className = "result-gained";
  const next = to_next === null ? "leading" : number.format(to_next);
  row.append(title, element("td", `${number.format(rank)} of ${number.format(size)}`), gain, element("td", next));
  return row;
}

function neighbour({ rank, points, card }, own) {
  const item = document.createElement("li");
  if (own) item.dataset.own = "";
  const name = element("span", card.name);
  name.translate = false;
  item.append(element("span", `#${number.format(rank)}`), name, element("span", number.format(points)));
  return item;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
