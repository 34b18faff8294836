// The frame around every game: points, banner, sound, end and result. The game itself draws its stage. DOM only.

import { GoalView } from "goal-view";
import { socket } from "live/site";
import { playKeys } from "play-keys";
import { pointsIn } from "points";
import { fillResult } from "result-view";
import { share } from "share";
import { Sound } from "sound";
import { gettext } from "words";

const END_ASKED_MS = 3_000;
const AWAY = {
  connecting: gettext("Connecting…"),
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
    this.board = document.querySelector(".play-stage").dataset; // How the board writes results: format, unit, order.
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
    this.goal = goal && new GoalView(goal, this.board);
    playKeys({ again: () => this.#restart(), mute: () => this.sound.toggle(), list: document.querySelector("[data-keys]") });
    socket.addEventListener("state", () => this.#showLine());
    run.addEventListener("change", () => this.#show());
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
    this.points.textContent = pointsIn(this.board.format, points);
    this.goal?.show(points);
    this.endButton.disabled = !this.run.playable;
    if (!over) this.result.hidden = true;
    this.#showLine();
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
    this.result.hidden = false;
    if (this.share) this.share.hidden = !message.report.changes.length;
    (this.again ?? this.result).focus({ preventScroll: true });
    this.sound.play(180);
  }
}
