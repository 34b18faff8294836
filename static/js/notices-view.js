// <live-notices>: messages to this player alone: passed by somebody, an achievement, or an operators' notice. DOM only.

import { socket } from "live/site";
import { gapIn } from "points";
import { speak } from "speak";

const STAYS_MS = 12_000;
const SHOWN_MAX = 3;
const number = new Intl.NumberFormat();

class LiveNotices extends HTMLElement {
  connectedCallback() {
    socket.addEventListener("passed", (event) => this.#passed(event.detail));
    socket.addEventListener("achieved", ({ detail }) => this.#passing(`Achievement: ${detail.title}. +${number.format(detail.coins)} coins.`, "notice-award"));
    socket.addEventListener("challenged", ({ detail }) => this.#challenged(detail));
    socket.addEventListener("notice", (event) => this.#show(event.detail.text));
  }

  #passed({ title, period, by, points, format, rank }) {
    const text = `${by} passed you on ${title} ${period.toLowerCase()}, by ${gapIn(format, points)}. You are #${number.format(rank)}.`;
    this.#passing(text);
  }

  #challenged({ room, by, title, seconds }) {
    const toast = this.#show(`${by} challenges you to ${title}.`);
    const link = document.createElement("a");
    link.className = "button";
    link.href = `/rooms/${room}/`;
    link.textContent = "See it";
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
    close.textContent = "Close";
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
