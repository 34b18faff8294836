// Looks for an opponent: a ticket that stands while this page is open. DOM only.

import { socket } from "live/site";
import { speak } from "speak";
import { gettext, number } from "words";

const AGAIN_MS = 4_000;
const BOT_AFTER_MS = 10_000;
const root = document.querySelector("[data-seek]");
const words = root.querySelector("[data-words]");
const bot = root.querySelector("[data-bot]");
const started = performance.now();

const seek = () => socket.send({ type: "seek" });
socket.addEventListener("hello", seek);
setInterval(seek, AGAIN_MS);
if (socket.live) seek();

setInterval(() => {
  const seconds = Math.floor((performance.now() - started) / 1000);
  root.querySelector("[data-seconds]").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  if (bot.hidden && performance.now() - started >= BOT_AFTER_MS) {
    bot.hidden = false;
    speak(gettext("A bot would play with you."));
  }
}, 500);

socket.addEventListener("seeking", ({ detail }) => {
  words.textContent = detail.waiting > 1 ? gettext("{count} players are looking, you among them.", { count: number.format(detail.waiting) }) : gettext("You are the first. Somebody will come.");
});
socket.addEventListener("matched", ({ detail }) => {
  words.textContent = gettext("Found somebody. Here you go…");
  location.assign(`/rooms/${detail.room}/`);
});
socket.addEventListener("error", ({ detail }) => (words.textContent = detail.message));
