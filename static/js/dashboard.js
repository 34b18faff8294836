// <live-figures topic>: the operators' figures, tables and charts, kept current. DOM only.

import { cell, lines, moment, written } from "dashboard-state";
import { topics } from "live/site";
import { Pause } from "pause";
import { gettext } from "words";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 130;

class LiveFigures extends HTMLElement {
  #drawn = new Map();

  connectedCallback() {
    const pause = new Pause(this.querySelector("[data-pause]"), (figures) => this.#show(figures));
    this.stop = topics.watch(this.getAttribute("topic"), (figures) => pause.take(figures));
  }

  disconnectedCallback() {
    this.stop();
  }

  #show(figures) {
    for (const each of this.querySelectorAll("[data-figure]")) set(each, written(figures[each.dataset.figure], each.dataset.unit));
    for (const body of this.querySelectorAll("[data-table]")) this.#ifNew(body.dataset.table, figures, (rows) => fill(body, rows));
    for (const chart of this.querySelectorAll("[data-chart]")) this.#ifNew(chart.dataset.chart, figures, (rows) => draw(chart, rows, figures.as_of_ms));
    this.querySelector("[data-as-of]").textContent = moment(figures.as_of_ms, true);
  }

  // What has not changed is left alone, so that a table can be read and scrolled.
  #ifNew(name, figures, show) {
    const rows = figures[name] ?? [];
    const text = JSON.stringify(rows);
    if (this.#drawn.get(name) === text) return;
    this.#drawn.set(name, text);
    show(rows);
  }
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function fill(body, rows) {
  const lines = rows.map((row) => {
    const made = document.createElement("tr");
    made.append(...row.map((value, index) => element(index ? "td" : "th", cell(value), index && typeof value === "number" ? "figure-number" : "")));
    made.firstElementChild.scope = "row";
    return made;
  });
  // Align each column's head with its numbers.
  body.closest("table").querySelectorAll("thead th").forEach((head, index) => head.classList.toggle("figure-number", index > 0 && typeof rows[0]?.[index] === "number"));
  if (!lines.length && body.dataset.empty) {
    const made = document.createElement("tr");
    const only = element("td", body.dataset.empty);
    only.colSpan = body.closest("table").querySelectorAll("th[scope=col]").length;
    only.className = "figure-none";
    made.append(only);
    lines.push(made);
  }
  body.replaceChildren(...lines);
}

function draw(chart, rows, now) {
  const columns = rows.length ? rows[0].length - 1 : 0;
  const most = Math.max(1, ...rows.flatMap((row) => row.slice(1)));
  const span = chart.dataset.hours ? [now - chart.dataset.hours * 3_600_000, now] : null;
  const shapes = Array.from({ length: columns }, (_, index) => lines(rows, index + 1, most, WIDTH, HEIGHT, span).map((points) => shape(points, index))).reverse();
  chart.querySelector("svg").replaceChildren(...shapes.flat());
  const labels = chart.querySelectorAll("[data-scale]");
  const ends = span ?? [rows[0]?.[0] ?? "", rows.at(-1)?.[0] ?? ""];
  [gettext("at most {count}", { count: cell(most) }), cell(ends[0]), cell(ends[1])].forEach((text, index) => set(labels[index], text));
  fill(chart.querySelector("tbody"), rows.toReversed());
}

// A line through the points; one point alone makes no line and is a dot.
function shape(points, index) {
  const made = document.createElementNS(SVG, points.length > 1 ? "polyline" : "circle");
  const [[x, y]] = points;
  const given = points.length > 1 ? { points: points.map((point) => point.map((each) => each.toFixed(1)).join(",")).join(" "), class: index ? "chart-line chart-before" : "chart-line" } : { cx: x, cy: y, r: 4, class: "chart-dot" };
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  return made;
}

function element(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

customElements.define("live-figures", LiveFigures);
