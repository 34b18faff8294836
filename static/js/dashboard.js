// <live-figures topic>: the operators' figures, tables and charts, kept current. DOM only.

import { along, cell, lines, moment, ticks, written } from "dashboard-state";
import { topics } from "live/site";
import { Pause } from "pause";
import { gettext } from "words";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600;
const HEIGHT = 140;

class LiveFigures extends HTMLElement {
  #drawn = new Map();
  #figures = null;

  connectedCallback() {
    this.#tabs();
    for (const button of this.querySelectorAll("[data-range]")) button.addEventListener("click", () => this.#choose(button));
    const pause = new Pause(this.querySelector("[data-pause]"), (figures) => this.#show(figures));
    this.stop = topics.watch(this.getAttribute("topic"), (figures) => pause.take(figures));
  }

  disconnectedCallback() {
    this.stop();
  }

  // One part at a time; the address keeps which. Without scripts all parts are there.
  #tabs() {
    const links = [...this.querySelectorAll("[data-tabs] a")];
    const open = () => {
      const name = links.some(({ hash }) => hash === location.hash) ? location.hash : links[0].hash;
      for (const link of links) {
        if (link.hash === name) link.setAttribute("aria-current", "page");
        else link.removeAttribute("aria-current");
      }
      for (const part of this.querySelectorAll("[data-tab]")) part.hidden = `#${part.dataset.tab}` !== name;
    };
    addEventListener("hashchange", open);
    open();
  }

  #choose(button) {
    for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
    const chart = button.closest("[data-chart]");
    if (this.#figures) draw(chart, this.#figures[chart.dataset.chart] ?? [], this.#figures.as_of_ms);
  }

  #judge(wrong) {
    const part = this.querySelector("[data-verdict]");
    part.dataset.state = wrong.length ? "wrong" : "well";
    set(part.querySelector("[data-verdict-words]"), wrong.length ? gettext("Something is wrong") : gettext("All is well"));
    part.querySelector("[data-verdict-list]").replaceChildren(...wrong.map(([what, words]) => {
      const line = element("li", `: ${words}`);
      line.prepend(element("strong", what));
      return line;
    }));
  }

  #show(figures) {
    this.#figures = figures;
    this.#ifNew("t_wrong", figures, (wrong) => this.#judge(wrong));
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

// Draws a chart of rows: [label, value, …]. Its buttons choose how much of it, in hours or days.
function draw(chart, rows, now) {
  const range = Number(chart.querySelector('[data-range][aria-pressed="true"]').dataset.range);
  const span = chart.dataset.hours ? [now - range * 3_600_000, now] : null;
  const seen = span ? rows.filter(([at]) => at >= span[0]) : rows.slice(-range);
  const columns = seen.length ? seen[0].length - 1 : 0;
  const steps = ticks(Math.max(1, ...seen.flatMap((row) => row.slice(1))));
  const most = steps.at(-1);
  const grid = steps.map((step) => made("line", { x1: 0, x2: WIDTH, y1: HEIGHT - (HEIGHT * step) / most, y2: HEIGHT - (HEIGHT * step) / most, class: "chart-grid" }));
  const shapes = Array.from({ length: columns }, (_, index) => lines(seen, index + 1, most, WIDTH, HEIGHT, span).map((points) => shape(points, index))).reverse();
  chart.querySelector("svg").replaceChildren(...grid, ...shapes.flat());
  chart.querySelector("[data-up]").replaceChildren(...steps.toReversed().map((step) => element("span", written(step))));
  chart.querySelector("[data-along]").replaceChildren(...along(seen, span).map((text) => element("span", text)));
  fill(chart.querySelector("tbody"), seen.toReversed());
}

// A line through the points; one point alone makes no line and is a dot.
function shape(points, index) {
  const [[x, y]] = points;
  if (points.length === 1) return made("circle", { cx: x, cy: y, r: 4, class: "chart-dot" });
  return made("polyline", { points: points.map((point) => point.map((each) => each.toFixed(1)).join(",")).join(" "), class: index ? "chart-line chart-before" : "chart-line" });
}

function made(tag, attributes) {
  const found = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  return found;
}

function element(tag, text, kind = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

customElements.define("live-figures", LiveFigures);
