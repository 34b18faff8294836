// <activity-feed>: the newest lines of what happened. DOM only.

import { topics } from "live/site";
import { glide, positions } from "glide";
import { joined } from "feed-state";
import { isNewer } from "live/topic-state";
import { Pause } from "pause";
import { pointsIn } from "points";
import { periodIn } from "time-words";
import { gettext } from "words";

class ActivityFeed extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("[data-lines]");
    this.limit = Number(this.getAttribute("limit"));
    const pause = new Pause(this.querySelector("[data-pause]"), (message) => this.#show(message), {
      merge: joined,
      news: (_, { lines }) => lines.filter(({ id }) => isNewer(id, this.list.firstElementChild?.dataset.id ?? "0-0")).length,
    });
    // The page was rendered with lines, so only newer ones are requested.
    this.stop = topics.follow("feed", this.list.firstElementChild?.dataset.id ?? "", (message) => pause.take(message));
  }

  disconnectedCallback() {
    this.stop();
  }

  #show({ lines, drop, order }) {
    const gone = order ? (id) => !order.includes(id) : (id) => drop.includes(id);
    for (const shown of [...this.list.children]) if (gone(shown.dataset.id)) shown.remove();
    const from = positions(this.list.children);
    for (const line of lines) this.#place(item(line));
    while (this.list.children.length > this.limit) this.list.lastElementChild.remove();
    glide([...this.list.children], from);
    this.querySelector("[data-empty]").hidden = this.list.children.length > 0;
  }

  // Lines are ordered by id, so a line that was taken back and then restored does not appear on top.
  #place(made) {
    const shown = [...this.list.children];
    const same = shown.find((each) => each.dataset.id === made.dataset.id);
    if (same) return same.replaceWith(made);
    this.list.insertBefore(made, shown.find((each) => isNewer(made.dataset.id, each.dataset.id)) ?? null);
  }
}

function item(line) {
  const made = document.createElement("li");
  made.dataset.id = line.id;
  const when = document.createElement("relative-time");
  when.setAttribute("at-ms", line.at_ms);
  const name = document.createElement("strong");
  name.textContent = line.kind === "season" ? line.winners[0] : line.card.name;
  name.translate = false;
  // The name is an element, wherever the language puts it.
  const [before, after] = words(line).split("{name}");
  made.append(before, name, after, " ", when);
  return made;
}

// The same words as in templates/leaderboard/_feed.html.
function words({ kind, board, points, format, rank, period }) {
  const values = { name: "{name}", board: gettext(board), points: pointsIn(format, points), rank, period: period && periodIn(period) };
  if (kind === "season") return gettext("{name} won {period} on {board}", values);
  if (kind === "place") return gettext("{name} took place {rank} on {board} with {points}", values);
  return gettext("{name} set a personal best in {board}: {points}", values);
}

customElements.define("activity-feed", ActivityFeed);
