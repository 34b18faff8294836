// What there is to reach, beside the points: one's best of today, and the next place. Where fewer are better, the best only.

import { socket } from "live/site";
import { pointsIn } from "points";
import { speak } from "speak";
import { gettext, number } from "words";


export class GoalView {
  #told = false;
  #points = 0;

  // `stage` has the board in its dataset: topic, format, order, and one's own standing: best, rank, next (points to it).
  // `onBest` is called once a run, when it passes the best.
  constructor(part, stage, onBest = () => {}) {
    this.part = part;
    this.onBest = onBest;
    this.board = stage;
    const read = (text) => (text ? Number(text) : null);
    this.standing = { points: read(stage.best), rank: read(stage.rank), to_next: read(stage.next) };
    socket.addEventListener("standing", ({ detail }) => detail.topic === stage.topic && this.#became(detail));
    this.show(0, true);
  }

  #became({ points = null, rank = null, to_next = 0 }) {
    this.standing = { points: rank ? points : null, rank, to_next };
    this.show(this.#points);
  }

  show(points, isNew = false) {
    this.#points = points;
    if (isNew) this.#told = false;
    const { points: best, rank, to_next } = this.standing;
    const isHigher = this.board.order !== "asc";
    const beaten = isHigher && best !== null && points > best;
    this.part.toggleAttribute("data-beaten", beaten);
    const words = [];
    if (beaten) words.push(gettext("New best today"));
    else if (best !== null) words.push(gettext("Best today {points}", { points: pointsIn(this.board.format, best) }));
    const left = best + to_next - points;
    if (isHigher && rank > 1 && to_next && left > 0) words.push(gettext("{gap} to #{rank}", { gap: pointsIn(this.board.format, left), rank: number.format(rank - 1) }));
    const text = words.join(" · ");
    if (this.part.textContent !== text) this.part.textContent = text;
    if (beaten && !this.#told) {
      this.#told = true;
      speak(gettext("New best today"));
      this.onBest();
    }
  }
}
