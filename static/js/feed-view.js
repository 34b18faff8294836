// <activity-feed>: the newest lines of what happened. DOM only.

import { topics } from "live/site";
import { glide, positions } from "glide";
import { joined } from "feed-state";
import { Pause } from "pause";

const number = new Intl.NumberFormat();

class ActivityFeed extends HTMLElement {
  connectedCallback() {
    this.list = this.querySelector("[data-lines]");
    this.limit = Number(this.getAttribute("limit"));
    const pause = new Pause(this.querySelector("[data-pause]"), (message) => this.#show(message), {
      merge: joined,
      news: (_, { lines }) => lines.length,
    });
    // The page came with lines: only what happened after them is asked for.
    this.stop = topics.follow("feed", this.list.firstElementChild?.dataset.id ?? "", (message) => pause.take(message));
  }

  disconnectedCallback() {
    this.stop();
  }

  #show({ lines, drop, order }) {
    const gone = order ? (id) => !order.includes(id) : (id) => drop.includes(id);
    for (const shown of [...this.list.children]) if (gone(shown.dataset.id)) shown.remove();
    const from = positions(this.list.children);
    for (const line of lines.slice(-this.limit)) {
      const before = this.list.querySelector(`[data-id="${line.id}"]`);
      if (before) before.replaceWith(item(line));
      else this.list.prepend(item(line));
    }
    while (this.list.children.length > this.limit) this.list.lastElementChild.remove();
    glide([...this.list.children], from);
    this.querySelector("[data-empty]").hidden = this.list.children.length > 0;
  }
}

function item(line) {
  const [who, what] = words(line);
  const made = document.createElement("li");
  made.dataset.id = line.id;
  const name = document.createElement("strong");
  name.textContent = who;
  const when = document.createElement("relative-time");
  when.setAttribute("at-ms", line.at_ms);
  made.append(name, ` ${what} `, when);
  return made;
}

// The same words as in templates/leaderboard/_feed.html.
function words({ kind, board, card, points, rank, period, winners }) {
  if (kind === "season") return [winners.join(", "), `won ${period} on ${board}`];
  if (kind === "place") return [card.name, `took place ${rank} on ${board} with ${number.format(points)}`];
  return [card.name, `beat their own best on ${board}: ${number.format(points)}`];
}

customElements.define("activity-feed", ActivityFeed);
