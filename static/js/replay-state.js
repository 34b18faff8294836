// A replay: frames as they come, where it stands, and how fast it goes. Pure.

const MOVES_PER_S = 3;

export class Replay {
  frames = [];
  at = 0;
  playing = false;
  speed = 2;

  constructor(total) {
    this.total = total;
  }

  // Frames from the server, which come in order; returns whether more are to be asked for.
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

  // To a place, as far as its frames are here; returns whether it moved.
  go(at) {
    const before = this.at;
    this.at = Math.min(Math.max(0, at), Math.max(0, this.frames.length - 1));
    return this.at !== before;
  }
}
