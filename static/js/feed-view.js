// <activity-feed>: the newest lines of what happened. DOM only.

import { topics } from "live/site";

const number = new Intl.NumberFormat();

class ActivityFeed extends HTMLElement {
  connectedCallback() {
    this.stop = topics.watch("feed", (state) => this.#show(state));
  }

  disconnectedCallback() {
    this.stop();
  }

  #show(state) {
    this.querySelector("[data-lines]").replaceChildren(...state.order.map((id) => item(state[`line:${id}`])));
    this.querySelector("[data-empty]").hidden = state.order.length > 0;
  }
}

function item(line) {
  const [who, what] = words(line);
  const made = document.createElement("li");
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
