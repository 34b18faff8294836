// <live-notices>: messages to this player alone: passed by somebody, an achievement, or an operators' notice. DOM only.

import { socket } from "live/site";
import { gapIn } from "points";
import { speak } from "speak";
import { gettext, number } from "words";

const STAYS_MS = 12_000;
const SHOWN_MAX = 3;
const READ_MS = 2_500;
const PERIODS = { day: gettext("today"), week: gettext("this week"), month: gettext("this month"), all: gettext("all time") };

class LiveNotices extends HTMLElement {
  connectedCallback() {
    socket.addEventListener("passed", (event) => this.#passed(event.detail));
    socket.addEventListener("achieved", ({ detail }) => this.#achieved(gettext("Achievement: {title}. +{coins} coins.", { title: gettext(detail.title), coins: number.format(detail.coins) })));
    socket.addEventListener("challenged", ({ detail }) => this.#challenged(detail));
    socket.addEventListener("notice", (event) => this.#show(event.detail.text));
  }

  #passed({ title, period, by, points, format, rank }) {
    const values = { by, board: gettext(title), period: PERIODS[period], gap: gapIn(format, points), rank: number.format(rank) };
    this.#passing(gettext("{by} passed you on {board} {period}, by {gap}. You are #{rank}.", values));
  }

  // After a run it stands in the panel with the result. Who plays on before they can have read it is told again.
  #achieved(text) {
    const panel = document.querySelector("[data-result]:not([hidden]) [data-result-earned]");
    if (!panel) return this.#passing(text, "notice-award");
    const line = Object.assign(document.createElement("li"), { className: "notice-award", textContent: text });
    panel.append(line);
    setTimeout(() => line.checkVisibility() || this.#passing(text, "notice-award"), READ_MS);
  }

  #challenged({ room, by, title, seconds }) {
    const toast = this.#show(gettext("{by} challenges you to {game}.", { by, game: title }));
    const link = document.createElement("a");
    link.className = "button";
    link.href = `/rooms/${room}/`;
    link.textContent = gettext("See it");
    toast.insertBefore(link, toast.lastElementChild);
    setTimeout(() => toast.remove(), seconds * 1000);
  }

  #passing(text, kind = "notice-toast") {
    const toast = this.#show(text, kind);
    toast.dataset.passing = "";
    // It disappears by itself, unless it is hovered or focused.
    const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, STAYS_MS / 4) : toast.remove());
    setTimeout(leave, STAYS_MS);
  }

  #show(text, kind = "notice-toast") {
    const toast = document.createElement("div");
    toast.className = kind;
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.className = "button button-quiet";
    close.type = "button";
    close.textContent = gettext("Close");
    close.addEventListener("click", () => {
      toast.remove();
      (this.querySelector("button") ?? document.querySelector("[data-stage], main")).focus({ preventScroll: true });
    });
    toast.append(words, close);
    this.append(toast);
    // A notice from the operators stays until it is closed.
    const passing = [...this.querySelectorAll("[data-passing]")];
    for (const old of passing.slice(0, Math.max(0, passing.length - SHOWN_MAX))) old.remove();
    speak(text, { personal: true });
    return toast;
  }
}

customElements.define("live-notices", LiveNotices);
