// The tools of a replay: play, pause, speed, step, bar and keys. The game draws the frames. DOM only.

import { still } from "motion";
import { pointsIn, withUnit } from "points";
import { Replay } from "replay-state";
import { speak } from "speak";
import { gettext, number } from "words";


// `draw(frame, before)` shows a frame; `before` is the frame before that move, or null after a jump.
export class ReplayView {
  #timer = 0;

  constructor(element, draw) {
    this.element = element;
    this.draw = draw;
    const find = (name) => element.querySelector(`[data-${name}]`);
    this.parts = { at: find("at"), points: find("replay-points"), bar: find("bar"), play: find("play"), back: find("back"), forward: find("forward"), trouble: find("trouble") };
    this.written = element.dataset; // How results are written: format, unit.
    this.replay = new Replay(Number(this.parts.bar.max) + 1);
    this.parts.play.addEventListener("click", () => this.#toggle());
    this.parts.back.addEventListener("click", () => this.#step(-1));
    this.parts.forward.addEventListener("click", () => this.#step(1));
    this.parts.bar.addEventListener("input", () => this.#jump(Number(this.parts.bar.value)));
    find("speed").addEventListener("change", ({ target }) => (this.replay.speed = Number(target.value)));
    document.addEventListener("keydown", (event) => this.#key(event));
    this.#load();
  }

  async #load() {
    const start = this.replay.frames.length;
    const answer = await fetch(`${this.element.dataset.frames}?from=${start}`).catch(() => null);
    if (!answer?.ok) return this.#say(answer?.status === 429 ? gettext("Too many replays at once. Wait a minute, then reload.") : gettext("The run could not be loaded. Reload to try again."));
    const more = this.replay.add(await answer.json());
    if (start === 0) {
      for (const part of ["bar", "play", "back", "forward"]) this.parts[part].disabled = false;
      this.#show(null);
      if (!still()) this.#toggle();
    }
    if (more) this.#load();
  }

  #say(text) {
    this.parts.trouble.textContent = text;
    this.parts.trouble.hidden = false;
  }

  #toggle() {
    if (!this.replay.playing && this.replay.ended) this.#jump(0);
    this.replay.playing = !this.replay.playing;
    this.#tick();
    this.#label();
  }

  #tick() {
    clearTimeout(this.#timer);
    if (!this.replay.playing) return;
    this.#timer = setTimeout(() => {
      this.#move(1);
      if (this.replay.ended) {
        this.replay.playing = false;
        speak(gettext("It ended with {points}.", { points: this.#points((each) => withUnit(this.written, each)) }));
      }
      this.#label();
      this.#tick();
    }, this.replay.pauseMs);
  }

  #step(by) {
    this.replay.playing = false;
    this.#move(by);
    this.#label();
  }

  #jump(at) {
    if (this.replay.go(at)) this.#show(null);
    this.#label();
  }

  #move(by) {
    const before = this.replay.frame;
    if (this.replay.go(this.replay.at + by)) this.#show(by === 1 ? before : null);
  }

  #show(before) {
    const { frame, at } = this.replay;
    this.parts.at.textContent = number.format(at);
    this.parts.points.textContent = this.#points((each) => pointsIn(this.written.format, each));
    this.parts.bar.value = at;
    this.parts.bar.setAttribute("aria-valuetext", gettext("Move {at} of {count}, {points}", { at: number.format(at), count: number.format(this.replay.total - 1), points: this.#points((each) => withUnit(this.written, each)) }));
    this.draw(frame, before);
  }

  // A run has points, a match those of each seat.
  #points(write) {
    return [this.replay.frame.points].flat().map(write).join(" : ");
  }

  #label() {
    this.parts.play.textContent = this.replay.playing ? gettext("Pause") : this.replay.ended ? gettext("Again") : gettext("Play");
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, button, a, summary")) return;
    const does = { Space: () => this.#toggle(), ArrowLeft: () => this.#step(-1), ArrowRight: () => this.#step(1), Home: () => this.#jump(0), End: () => this.#jump(this.replay.total - 1) }[event.code];
    if (!does || this.parts.play.disabled) return;
    event.preventDefault();
    does();
  }
}
