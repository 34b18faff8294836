// What every page runs.

import "avatar-view";
import "board-view";
import "feed-view";
import "fresh-view";
import "notices-view";
import "online-view";
import "status-view";
import "time-view";
import { keepForNext, keptForThis } from "kept";
import { socket } from "live/site";
import { gettext } from "words";

// The page may already be leaving, with the form that ended the session; a reload would cancel that.
const LEAVING_MS = 5_000;
let leaving = false;
addEventListener("beforeunload", () => (leaving = true));
addEventListener("pageshow", () => (leaving = false));
socket.addEventListener("signed_out", ({ detail }) => {
  if (detail.why) keepForNext(detail.why);
  setTimeout(() => location.reload(), leaving ? LEAVING_MS : 0);
});

// Somebody who was banned meanwhile is told so on the next page, which is that of a stranger.
if (keptForThis() === "banned") {
  const notice = Object.assign(document.createElement("p"), { className: "notice" });
  notice.dataset.kind = "error";
  document.querySelector("main").before(notice);
  notice.setAttribute("role", "alert");
  notice.textContent = gettext("This account is banned. The operators of this site can tell you why.");
}

socket.open();

// For when the site cannot be reached. Nobody waits for it, so it comes when all else is done and the site is there.
const REGISTERS_MS = 5_000;
const register = () => socket.live && navigator.serviceWorker?.register(document.body.dataset.worker).catch(() => {});
addEventListener("load", () => setTimeout(register, REGISTERS_MS));
