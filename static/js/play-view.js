// The frame around every game: points, banner, sound, end and result. The game itself draws its stage. DOM only.

import { GoalView } from "goal-view";
import { buzz } from "haptics";
import { Hints } from "hints";
import { socket } from "live/site";
import { still } from "motion";
import { playKeys } from "play-keys";
import { pointsIn } from "points";
import { fillResult } from "result-view";
import { share } from "share";
import { Sound } from "sound";
import { gettext } from "words";

const END_ASKED_MS = 3_000;
const RISES_MS = 900;
const MILESTONE_MS = 1_400;
const AWAY = {
  connecting: "", // The header says so; a banner that comes and goes would push the board about.
  live: "",
  waiting: gettext("The site is catching up. Your run is safe."),
  reconnecting: gettext("Reconnecting… Your run is safe."),
  offline: gettext("You are offline. Your run is safe."),
};

export class PlayView {
  #asked = 0;

  constructor(run) {
    this.run = run;
    this.sound = new Sound(document.querySelector("[data-sound-button]"));
    this.points = document.querySelector("[data-points]");
    this.frame = document.querySelector(".play-stage");
    this.board = this.frame.dataset; // How the board writes results: format, unit, order.
    this.banner = document.querySelector("[data-banner]");
    this.endButton = document.querySelector("[data-end]");
    this.result = document.querySelector("[data-result]");
    this.stage = document.querySelector("[data-stage]");
    this.endButton.addEventListener("click", () => this.#askEnd());
    this.again = this.result.querySelector("[data-again]"); // A puzzle of the day has one try.
    this.again?.addEventListener("click", () => this.#again());
    this.share = this.result.querySelector("[data-share]");
    this.share?.addEventListener("click", () => share(run.state.run, this.share));
    const ghost = document.getElementById("ghost-points");
    this.ghost = ghost && { points: JSON.parse(ghost.textContent), part: document.querySelector("[data-ghost]") };
    const goal = document.querySelector("[data-goal]");
    this.goal = goal && new GoalView(goal, this.board, () => this.sound.play("best"));
    const hints = document.querySelector("[data-hints]");
    this.hints = hints && new Hints(hints, this.board.game);
    playKeys({ again: () => this.#restart(), mute: () => this.sound.toggle(), list: document.querySelector("[data-keys]") });
    socket.addEventListener("state", () => this.#showLine());
    run.addEventListener("change", ({ detail }) => {
      if (detail.cause.input) this.hints?.done();
      this.#show();
    });
    run.addEventListener("finished", (event) => this.#finished(event.detail));
    run.addEventListener("refused", ({ detail }) => (detail.retry ? this.#say(AWAY.waiting) : this.#say(detail.message)));
    this.#showLine();
  }

  // By a key: at once when nothing is lost, else as with two clicks on End run.
  #restart() {
    if (this.run.state.over) return this.again && this.#again();
    if (!this.run.playable || !this.again) return;
    if (!this.run.state.points || this.#asked) this.restarts = true;
    if (!this.run.state.points) return this.run.end();
    this.#askEnd();
  }

  #again() {
    this.restarts = false;
    this.goal?.show(0, true);
    this.run.again();
    this.stage.focus({ preventScroll: true });
  }

  #show() {
    const { points, over, seq } = this.run.state;
    if (this.ghost) this.ghost.part.textContent = pointsIn(this.board.format, this.ghost.points[Math.min(seq, this.ghost.points.length - 1)]);
    this.#rise(points);
    this.points.textContent = pointsIn(this.board.format, points);
    this.goal?.show(points);
    this.endButton.disabled = !this.run.playable;
    if (!over) this.#open(false);
    this.#showLine();
  }

  // What a move brought rises beside the points.
  #rise(points) {
    const gained = points - (this.shown ?? points);
    this.shown = points;
    if (gained <= 0 || this.board.order === "asc" || still()) return;
    const part = Object.assign(document.createElement("span"), { className: "points-rise", ariaHidden: "true", textContent: `+${pointsIn(this.board.format, gained)}` });
    this.points.parentElement.append(part);
    part.animate([{ opacity: 1 }, { opacity: 0, transform: "translateY(-1.6rem)" }], { duration: RISES_MS, easing: "ease-out" }).finished.finally(() => part.remove());
  }

  // Something was reached for the first time in this run, such as a larger tile.
  milestone(text) {
    this.sound.play("milestone");
    buzz(20);
    if (still()) return;
    const part = Object.assign(document.createElement("p"), { className: "milestone", ariaHidden: "true", textContent: text });
    this.frame.append(part);
    part.animate([{ opacity: 0, scale: 0.5 }, { opacity: 1, scale: 1.1, offset: 0.25 }, { opacity: 1, scale: 1, offset: 0.6 }, { opacity: 0, scale: 1 }], { duration: MILESTONE_MS, easing: "ease-out" }).finished.finally(() => part.remove());
  }

  // The panel stands below the last board, which is small meanwhile.
  #open(isOpen) {
    this.result.hidden = !isOpen;
    this.frame.toggleAttribute("data-over", isOpen);
  }

  #showLine() {
    this.#say(AWAY[socket.state]);
    this.endButton.disabled = !this.run.playable;
  }

  #say(text) {
    this.banner.hidden = !text;
    if (this.banner.textContent !== text) this.banner.textContent = text;
  }

  // Only a second click within three seconds ends the run, so that a slip of the finger does not.
  #askEnd() {
    if (this.#asked) {
      this.run.end();
      return this.#unaskEnd();
    }
    this.endButton.textContent = gettext("Really end?");
    this.#asked = setTimeout(() => this.#unaskEnd(), END_ASKED_MS);
  }

  #unaskEnd() {
    clearTimeout(this.#asked);
    this.#asked = 0;
    this.endButton.textContent = gettext("End run");
  }

  #finished(message) {
    if (this.restarts) return this.#again();
    fillResult(this.result, message, this.board);
    this.#open(true);
    if (this.share) this.share.hidden = !message.report.changes.length;
    (this.again ?? this.result).focus({ preventScroll: true });
    if (this.result.getBoundingClientRect().bottom > innerHeight) this.frame.scrollIntoView({ block: "start", behavior: still() ? "auto" : "smooth" });
    this.sound.play("over");
    buzz([30, 60, 30]);
  }
}
