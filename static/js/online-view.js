// <online-count> and <online-list>: who is here now. DOM only.

import { player, topics } from "live/site";

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
  connectedCallback() {
    this.stop = topics.watch("online", (state) => this.#show(state));
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
  }

  #item(id, { name, guest }) {
    const item = document.createElement("li");
    item.append(name);
    if (id === player) item.append(this.#word("you"));
    else if (guest) item.append(this.#word("guest"));
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
