// <live-figures topic>: the operators' figures, tables and charts, kept current. DOM only.

import { cell, line, written } from "dashboard-state";
import { topics } from "live/site";
import { Pause } from "pause";

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
    for (const chart of this.querySelectorAll("[data-chart]")) this.#ifNew(chart.dataset.chart, figures, (rows) => draw(chart, rows));
    this.querySelector("[data-as-of]").textContent = new Date(figures.as_of_ms).toLocaleTimeString();
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
    made.append(...row.map((value, index) => element(index ? "td" : "th", cell(value))));
    made.firstElementChild.scope = "row";
    return made;
  });
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

function draw(chart, rows) {
  const columns = rows.length ? rows[0].length - 1 : 0;
  const most = Math.max(1, ...rows.flatMap((row) => row.slice(1)));
  const lines = Array.from({ length: columns }, (_, index) => {
    const made = document.createElementNS(SVG, "polyline");
    made.setAttribute("points", line(rows, index + 1, most, WIDTH, HEIGHT));
    made.setAttribute("class", index ? "chart-line chart-before" : "chart-line");
    return made;
  });
  if (rows.length === 1) lines.push(dot(0, HEIGHT - (HEIGHT * rows[0][1]) / most)); // One point makes no line.
  chart.querySelector("svg").replaceChildren(...lines.reverse());
  fill(chart.querySelector("tbody"), rows.toReversed());
}

function dot(x, y) {
  const made = document.createElementNS(SVG, "circle");
  for (const [name, value] of Object.entries({ cx: x, cy: y, r: 4, class: "chart-dot" })) made.setAttribute(name, value);
  return made;
}

function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

customElements.define("live-figures", LiveFigures);
