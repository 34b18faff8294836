// <online-count> and <online-list>: who is here now, those whom the player follows first. DOM only.

import { player, socket, topics } from "live/site";
import { dress } from "looks";
import { arrivals, inWords, listed } from "online-state";
import { Pause } from "pause";
import { speak } from "speak";
import { gettext, number } from "words";


class OnlineCount extends HTMLElement {
  connectedCallback() {
    this.stop = topics.watch("online", ({ count }) => {
      this.hidden = count === 0;
      this.querySelector("[data-count]").textContent = number.format(count);
    });
  }

  disconnectedCallback() {
    this.stop();
  }
}

class OnlineList extends HTMLElement {
  #shown = null;
  #state = { count: 0, order: [] };
  #friends = [];

  connectedCallback() {
    const pause = new Pause(this.querySelector("[data-pause]"), (state) => this.#show(state));
    this.stop = topics.watch("online", (state) => pause.take((this.#state = state)));
    this.onFriends = ({ detail }) => {
      this.#friends = detail.players;
      pause.take(this.#state);
    };
    socket.addEventListener("friends", this.onFriends);
  }

  disconnectedCallback() {
    this.stop();
    socket.removeEventListener("friends", this.onFriends);
  }

  #show(state) {
    const shown = listed(state, this.#friends);
    const items = shown.map((each) => this.#item(each.id, each));
    this.querySelector("[data-names]").replaceChildren(...items);
    this.querySelector("[data-empty]").hidden = items.length > 0;
    const more = this.querySelector("[data-more]");
    const others = state.count - state.order.length;
    more.hidden = others <= 0;
    more.textContent = gettext("and {count} more", { count: number.format(others) });
    if (this.#shown) speak(arrivals(this.#shown, state, player));
    this.#shown = state;
  }

  #item(id, { name, guest, state, friend, ...look }) {
    const item = document.createElement("li");
    item.dataset.state = state === "online" || state === "away" ? state : "playing";
    const link = document.createElement("a");
    const avatar = document.createElement("player-avatar");
    link.className = "player-link";
    link.textContent = name;
    link.translate = false;
    dress(link, avatar, id, { name, ...look });
    item.append(avatar, link);
    if (friend) item.append(this.#word(gettext("following")));
    if (id === player) item.append(this.#word(gettext("you")));
    else if (guest) item.append(this.#word(gettext("guest")));
    if (id !== player) item.append(this.#challenge(name));
    if (state !== "online") {
      const doing = document.createElement("span");
      doing.className = "online-doing";
      doing.textContent = inWords(state);
      item.append(doing);
    }
    return item;
  }

  #challenge(name) {
    const link = document.createElement("a");
    link.className = "online-challenge";
    link.href = `/players/${encodeURIComponent(name)}/challenge/`;
    link.rel = "nofollow";
    link.title = gettext("Challenge to a match");
    link.textContent = "⚔";
    link.setAttribute("aria-label", gettext("Challenge {name}", { name }));
    return link;
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
