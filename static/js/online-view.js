// <online-count> and <online-list>: who is here now. DOM only.

import { player, topics } from "live/site";
import { arrivals } from "online-state";
import { Pause } from "pause";
import { speak } from "speak";

const number = new Intl.NumberFormat();

class OnlineCount extends HTMLElement {
  connectedCallback() {
    this.stop = topics.watch("online", ({ count }) => {
      this.hidden = false;
      this.querySelector("[data-count]").textContent = number.format(count);
    });
  }

  disconnectedCallback() {
    this.stop();
  }
}

class OnlineList extends HTMLElement {
  #shown = null;

  connectedCallback() {
    const pause = new Pause(this.querySelector("[data-pause]"), (state) => this.#show(state));
    this.stop = topics.watch("online", (state) => pause.take(state));
  }

  disconnectedCallback() {
    this.stop();
  }

  #show(state) {
    const items = state.order.map((id) => this.#item(id, state[`player:${id}`]));
    this.querySelector("[data-names]").replaceChildren(...items);
    this.querySelector("[data-empty]").hidden = state.count > 0;
    const more = this.querySelector("[data-more]");
    more.hidden = state.count <= items.length;
    more.textContent = `and ${number.format(state.count - items.length)} more`;
    if (this.#shown) speak(arrivals(this.#shown, state, player));
    this.#shown = state;
  }

  #item(id, { name, guest, state }) {
    const item = document.createElement("li");
    item.dataset.state = state === "online" || state === "away" ? state : "playing";
    item.append(name);
    if (id === player) item.append(this.#word("you"));
    else if (guest) item.append(this.#word("guest"));
    if (state !== "online") {
      const doing = document.createElement("span");
      doing.className = "online-doing";
      doing.textContent = state;
      item.append(doing);
    }
    return item;
  }

  #word(text) {
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.textContent = text;
    return mark;
  }
}

customElements.define("online-count", OnlineCount);
customElements.define("online-list", OnlineList);
