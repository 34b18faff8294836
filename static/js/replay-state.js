// The state of a replay: the frames loaded so far, the position, and the speed. Pure.

const MOVES_PER_S = 3;

export class Replay {
  frames = [];
  at = 0;
  playing = false;
  speed = 2;

  constructor(total) {
    this.total = total;
  }

  // Adds frames from the server, which come in order; returns whether there are more to load.
  add({ start, frames }) {
    if (start === this.frames.length) this.frames.push(...frames);
    return this.frames.length < this.total;
  }

  get frame() {
    return this.frames[this.at];
  }

  get ended() {
    return this.at >= this.total - 1;
  }

  get pauseMs() {
    return 1000 / (MOVES_PER_S * this.speed);
  }

  // Goes to a position, as far as the frames are loaded; returns whether it moved.
  go(at) {
    const before = this.at;
    this.at = Math.min(Math.max(0, at), Math.max(0, this.frames.length - 1));
    return this.at !== before;
  }
}
