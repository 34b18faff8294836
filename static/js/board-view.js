// <live-board topic limit>: keeps the table that the server rendered up to date. DOM only.

import { changedIds, lines, pointsIn, summary } from "board-state";
import { glide, positions } from "glide";
import { player, socket, topics } from "live/site";

const MARKED_MS = 2_000;
const SUMMARY_EVERY_MS = 5_000;
const STANDING_EVERY_MS = 2_000;
const number = new Intl.NumberFormat();

class LiveBoard extends HTMLElement {
  #state = null;
  #shown = null;
  #held = null;
  #heldCount = 0;
  #paused = false;
  #asking = 0;
  #askedAt = 0;
  #spokenAt = 0;

  connectedCallback() {
    this.limit = Number(this.getAttribute("limit"));
    this.pause = this.querySelector("[data-pause]");
    this.pause.addEventListener("click", () => this.#togglePause());
    this.stop = topics.watch(this.getAttribute("topic"), (state) => this.#changed(state));
    this.onStanding = (event) => this.#showStanding(event.detail);
    socket.addEventListener("standing", this.onStanding);
  }

  disconnectedCallback() {
    this.stop();
    socket.removeEventListener("standing", this.onStanding);
  }

  #changed(state) {
    if (this.#paused) {
      this.#heldCount += changedIds(lines(this.#held ?? state, this.limit), lines(state, this.limit)).length;
      this.#held = state;
      this.pause.textContent = `Resume (${this.#heldCount} new)`;
      return;
    }
    this.#show(state);
  }

  #togglePause() {
    this.#paused = !this.#paused;
    this.pause.setAttribute("aria-pressed", String(this.#paused));
    this.pause.textContent = this.#paused ? "Resume" : "Pause";
    if (this.#paused) this.#held = this.#state;
    else if (this.#held) this.#show(this.#held);
    this.#heldCount = 0;
  }

  #show(state) {
    this.#state = state;
    const after = lines(state, this.limit);
    const before = this.#shown;
    this.#shown = after;
    this.#showRows(after, before ? new Set(changedIds(before, after)) : new Set());
    this.querySelector("[data-empty]").hidden = after.length > 0;
    this.querySelector("[data-size]").textContent = number.format(state.size);
    this.querySelector("[data-size-word]").textContent = state.size === 1 ? "player" : "players";
    if (state.ends_ms) this.querySelector("count-down")?.setAttribute("to-ms", state.ends_ms);
    if (before) this.#speak(summary(before, after));
    this.#askStanding();
  }

  #showRows(after, changed) {
    const body = this.querySelector("[data-rows]");
    const rows = new Map([...body.children].map((row) => [Number(row.dataset.id), row]));
    const from = positions(rows.values());
    const ordered = after.map((line) => this.#fill(rows.get(line.id) ?? this.#newRow(line.id), line));
    // Rows that stay in place are not touched, so that focus and selection survive.
    ordered.forEach((row, index) => body.children[index] === row || body.insertBefore(row, body.children[index] ?? null));
    while (body.children.length > ordered.length) body.lastElementChild.remove();
    glide(ordered, from);
    for (const row of ordered) if (changed.has(Number(row.dataset.id))) this.#mark(row);
  }

  #newRow(id) {
    const row = this.querySelector("[data-row-template]").content.querySelector("tr").cloneNode(true);
    row.dataset.id = id;
    if (id === player) row.dataset.own = "";
    return row;
  }

  #fill(row, line) {
    const set = (name, text) => {
      const cell = row.querySelector(`[data-${name}]`);
      if (cell.textContent !== text) cell.textContent = text;
    };
    set("rank", number.format(line.rank));
    set("name", line.name ?? "");
    set("country", line.country ?? "");
    set("points", pointsIn(this.getAttribute("points-format"), line.points));
    row.querySelector("[data-guest]").hidden = !line.guest;
    row.querySelector("[data-demo]").hidden = !line.demo;
    row.querySelector("[data-at]").setAttribute("at-ms", line.at_ms);
    return row;
  }

  #mark(row) {
    row.dataset.changed = "";
    clearTimeout(row.marked);
    row.marked = setTimeout(() => delete row.dataset.changed, MARKED_MS);
  }

  #speak(text) {
    if (!text || Date.now() - this.#spokenAt < SUMMARY_EVERY_MS) return;
    this.#spokenAt = Date.now();
    this.querySelector("[data-summary]").textContent = text;
  }

  #askStanding() {
    if (!player) return;
    // At most every two seconds, and always after the last change.
    this.#asking ||= setTimeout(() => {
      this.#asking = 0;
      this.#askedAt = Date.now();
      socket.send({ type: "standing", topic: this.getAttribute("topic") });
    }, Math.max(0, this.#askedAt + STANDING_EVERY_MS - Date.now()));
  }

  #showStanding({ topic, rank, points, size, to_next }) {
    const own = this.querySelector("[data-own-place]");
    if (!own || topic !== this.getAttribute("topic")) return;
    own.hidden = !rank;
    if (!rank) return;
    own.querySelector("[data-own-rank]").textContent = number.format(rank);
    own.querySelector("[data-own-size]").textContent = number.format(size);
    own.querySelector("[data-own-points]").textContent = pointsIn(this.getAttribute("points-format"), points);
    own.querySelector("[data-own-next]").textContent = to_next ? ` · ${number.format(to_next)} to the next place` : "";
  }
}

customElements.define("live-board", LiveBoard);
