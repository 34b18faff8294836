// The panel after a run: points, best before, rank and gain per period, neighbours. DOM only.

import { gapIn, pointsIn } from "points";
import { gettext, ngettext, number } from "words";

const TITLES = { day: gettext("Today"), week: gettext("This week"), month: gettext("This month"), all: gettext("All time") };

// `board` says how results are written (format, unit), and which are better (order).
export function fillResult(panel, { run, points, report, counts = true, coins = 0 }, board) {
  const put = (name, ...content) => panel.querySelector(`[data-result-${name}]`).replaceChildren(...content);
  const all = report.changes.at(-1);
  put("points", pointsIn(board.format, points));
  put("words", all ? words(points, all, board) : unranked(points, board, counts));
  put("periods", ...report.changes.map((change) => periodRow(change, board)));
  const day = report.changes[0];
  put("neighbours", ...(day?.rows ?? []).map((row) => neighbour(row, row.rank === day.rank, board)));
  for (const part of panel.querySelectorAll("[data-result-ranked]")) part.hidden = !all;
  put("earned", ...(coins ? [element("li", ngettext("+{count} coin", "+{count} coins", coins))] : []));
  const watch = panel.querySelector("[data-result-replay]");
  if (watch) Object.assign(watch, { href: `/replays/${encodeURIComponent(run)}/`, hidden: !all });
}

function unranked(points, { beat, order, format, unranked: isUnranked }, counts) {
  if (!counts) return gettext("Only a run that is played to its end counts.");
  if (beat !== undefined) {
    const other = Number(beat);
    if (points === other) return gettext("As much as the run to beat.");
    const isBetter = order === "asc" ? points < other : points > other;
    const stood = { points: pointsIn(format, other) };
    return isBetter ? gettext("You beat {points}!", stood) : gettext("{points} stands. Try again.", stood);
  }
  if (isUnranked !== undefined) return gettext("Played for fun: not ranked.");
  return gettext("A run counts from 1 point.");
}

function words(points, { points_before }, { format, order, daily }) {
  if (daily !== undefined) return gettext("That was your try for today.");
  if (points_before === null) return gettext("Your first ranked run. Welcome to the board!");
  const isBetter = order === "asc" ? points < points_before : points > points_before;
  if (isBetter) return gettext("Your new best! It was {points} before.", { points: pointsIn(format, points_before) });
  return gettext("Your best stays {points}.", { points: pointsIn(format, points_before) });
}

function periodRow({ kind, rank, rank_before, size, to_next }, { format }) {
  const row = document.createElement("tr");
  const title = element("th", TITLES[kind]);
  title.scope = "row";
  const gained = rank_before ? rank_before - rank : 0;
  const gain = element("td", rank_before === null ? gettext("new") : gained ? `▲ ${number.format(gained)}` : "–");
  if (gained || rank_before === null) gain.className = "result-gained";
  const next = to_next === null ? gettext("leading") : gapIn(format, to_next);
  row.append(title, element("td", gettext("{rank} of {size}", { rank: number.format(rank), size: number.format(size) })), gain, element("td", next));
  return row;
}

function neighbour({ rank, points, card }, own, { format }) {
  const item = document.createElement("li");
  if (own) item.dataset.own = "";
  const name = element("span", card.name);
  name.translate = false;
  item.append(element("span", `#${number.format(rank)}`), name, element("span", pointsIn(format, points)));
  return item;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
