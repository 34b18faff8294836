// <live-board topic limit>: keeps the table that the server rendered up to date. DOM only.

import { changedIds, lines, moved, summary } from "board-state";
import { glide, positions } from "glide";
import { player, socket, topics } from "live/site";
import { dress } from "looks";
import { Pause } from "pause";
import { gapIn, pointsIn } from "points";
import { speak } from "speak";
import { gettext, ngettext, number } from "words";

const MARKED_MS = 2_000;

class LiveBoard extends HTMLElement {
  #shown = null;

  connectedCallback() {
    this.limit = Number(this.getAttribute("limit"));
    this.written = { format: this.getAttribute("points-format"), unit: this.getAttribute("unit") };
    this.pause = new Pause(this.querySelector("[data-pause]"), (state) => this.#show(state), {
      news: (held, state) => changedIds(lines(held ?? state, this.limit), lines(state, this.limit)).length,
    });
    this.stop = topics.watch(this.getAttribute("topic"), (state) => this.pause.take(state));
    this.onStanding = (event) => this.#showStanding(event.detail);
    socket.addEventListener("standing", this.onStanding);
  }

  disconnectedCallback() {
    this.stop();
    socket.removeEventListener("standing", this.onStanding);
  }

  #show(state) {
    const after = lines(state, this.limit);
    const before = this.#shown;
    this.#shown = after;
    this.#showRows(after, before ? new Set(changedIds(before, after)) : new Set());
    this.querySelector("[data-empty]").hidden = after.length > 0;
    this.querySelector("[data-size]").textContent = ngettext("{count} player", "{count} players", state.size);
    for (const size of this.querySelectorAll("[data-own-size]")) size.textContent = number.format(state.size);
    if (state.ends_ms) this.querySelector("count-down")?.setAttribute("to-ms", state.ends_ms);
    if (before) speak(summary(before, after, this.written));
  }

  #showRows(after, changed) {
    const body = this.querySelector("[data-rows]");
    const rows = new Map([...body.children].map((row) => [Number(row.dataset.id), row]));
    const from = positions(rows.values());
    const ordered = after.map((line) => this.#fill(rows.get(line.id) ?? this.#newRow(line.id), line));
    // Rows that stay in place are not touched, so that focus and selection survive.
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    ordered.forEach((row, index) => body.children[index] === row || body.insertBefore(row, body.children[index] ?? null));
    while (body.children.length > ordered.length) body.lastElementChild.remove();
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
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
      return cell;
    };
    set("rank", number.format(line.rank));
    dress(set("name", line.name ?? ""), row.querySelector("player-avatar"), line.id, line);
    set("country", line.country ?? "");
    set("points", pointsIn(this.written.format, line.points));
    row.querySelector("[data-guest]").hidden = !line.guest;
    row.querySelector("[data-demo]").hidden = !line.demo;
    row.querySelector("[data-at]").setAttribute("at-ms", line.at_ms);
    const watch = row.querySelector("[data-watch]");
    if (watch) {
      watch.href = watch.getAttribute("href").replace(/record\/\d+\//, `record/${line.id}/`);
      watch.setAttribute("aria-label", gettext("Watch the run of {name}", { name: line.name }));
    }
    const challenge = row.querySelector("[data-challenge]");
    if (challenge) {
      challenge.href = `/players/${encodeURIComponent(line.name ?? "")}/challenge/`;
      challenge.setAttribute("aria-label", gettext("Challenge {name}", { name: line.name }));
      challenge.hidden = line.demo || line.id === player;
    }
    return row;
  }

  #mark(row) {
    row.dataset.changed = "";
    clearTimeout(row.marked);
    row.marked = setTimeout(() => delete row.dataset.changed, MARKED_MS);
  }

  #showStanding({ topic, rank = null, points, size, to_next = 0, rank_before = null }) {
    const own = this.querySelector("[data-own-place]");
    if (!own || topic !== this.getAttribute("topic")) return;
    own.hidden = !rank;
    if (!rank) return;
    own.querySelector("[data-own-rank]").textContent = number.format(rank);
    own.querySelector("[data-own-size]").textContent = number.format(size);
    own.querySelector("[data-own-points]").textContent = pointsIn(this.written.format, points);
    own.querySelector("[data-own-moved]").textContent = moved(rank_before, rank);
    own.querySelector("[data-own-next]").textContent = to_next ? ` · ${gettext("{gap} to #{rank}", { gap: gapIn(this.written.format, to_next), rank: number.format(rank - 1) })}` : "";
  }
}

customElements.define("live-board", LiveBoard);
