// Draws the field of Claim on a canvas, sharp on every screen. Others are drawn one step late, from where they were to
// where they are; the own head is drawn ahead of the last step, the way that it was told to go. DOM only.

import { SIDE, beyond } from "games/claim/claim-state";

export const STEP_MS = 100;
const CELL_MIN_PX = 6.5; // With less room for a cell only a part of the field is shown, around the own head.
const CELL_NEAR_PX = 13;
const FAR_CELLS = 2.5; // A head that is further away than this jumps there.
const EASE_MS = 45;

// Told apart by how light they are as well, for eyes that see some hues alike.
const CLEAR = [
  "#0072b2", "#e69f00", "#56b4e9", "#d55e00", "#f0e442", "#009e73", "#cc79a7", "#f5f5f5",
  "#004c78", "#8f6300", "#a5d8f5", "#8a3d00", "#9c9420", "#5fd0ac", "#7d3f64", "#8a8a8a",
];
// Far apart in hue, and by turns lighter and darker.
export const COLORS = document.documentElement.dataset.colors === "clear" ? CLEAR : [
  "#3f8cff", "#ff9f1c", "#2ec27e", "#ff5d73", "#b57bff", "#e6d23c", "#19c7d6", "#d9672e",
  "#7ee05a", "#ff86d1", "#6f7dff", "#b9a37a", "#0fa184", "#d94f9e", "#a4c639", "#8c9ab5",
];

export class ClaimView {
  #image = new OffscreenCanvas(SIDE, SIDE);
  #drawnLand = null;
  #before = null;
  #after = null;
  #at = 0;
  #own = null; // Where the own head was drawn last: { x, y }.
  #last = 0;

  constructor(canvas) {
    this.canvas = canvas;
    this.seat = null;
    this.names = [];
    this.pen = canvas.getContext("2d");
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
    const loop = (time) => {
      this.#draw(time);
      requestAnimationFrame(loop);
    };
    requestAnimationFrame(loop);
  }

  // `step`: the server has stepped; without it the view was read anew, or a turn was predicted.
  show(view, { step = false } = {}) {
    if (step) [this.#before, this.#at] = [this.#after, performance.now()];
    else if (this.#after?.tick !== view.tick) [this.#before, this.#own] = [null, null];
    this.#after = view;
  }

  #fit() {
    const sharp = Math.round(this.canvas.clientWidth * devicePixelRatio);
    if (sharp && sharp !== this.canvas.width) this.canvas.width = this.canvas.height = sharp;
  }

  #draw(time) {
    const passed = Math.min(100, time - this.#last);
    this.#last = time;
    const view = this.#after;
    if (!view || document.hidden) return;
    const part = Math.min(1, (performance.now() - this.#at) / STEP_MS);
    const heads = view.heads.map((cell, seat) => (cell < 0 ? null : seat === this.seat ? this.#ahead(view, part, passed) : this.#late(view, seat, part)));
    if (this.seat === null || !heads[this.seat]) this.#own = null;
    const { pen, canvas } = this;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const cell = this.#look(heads);
    this.#drawGrid(cell);
    this.#drawLand(view.land);
    view.trails.forEach((trail, seat) => trail.length && this.#drawTrail(trail, heads[seat], COLORS[seat]));
    heads.forEach((head, seat) => head && this.#drawHead(head, seat, cell));
  }

  // Sets what part of the field is seen; returns how many pixels a cell has.
  #look(heads) {
    const { pen, canvas } = this;
    const whole = canvas.clientWidth / SIDE;
    const near = this.seat !== null && whole < CELL_MIN_PX;
    const cells = near ? canvas.clientWidth / CELL_NEAR_PX : SIDE;
    const cell = canvas.width / cells;
    if (near && heads[this.seat]) this.middle = heads[this.seat];
    const corner = (at) => (near ? Math.min(SIDE - cells, Math.max(0, at + 0.5 - cells / 2)) : 0);
    const middle = this.middle ?? { x: SIDE / 2, y: SIDE / 2 };
    pen.setTransform(cell, 0, 0, cell, -corner(middle.x) * cell, -corner(middle.y) * cell);
    return cell;
  }

  #late(view, seat, part) {
    const [from, to] = [this.#before?.heads[seat] ?? -1, view.heads[seat]];
    if (from < 0) return place(to);
    return between(from, to, part);
  }

  #ahead(view, part, passed) {
    const from = view.heads[this.seat];
    const target = between(from, beyond(from, view.ways[this.seat]), part);
    const own = this.#own;
    const far = !own || Math.hypot(target.x - own.x, target.y - own.y) > FAR_CELLS;
    const share = far ? 1 : Math.min(1, passed / EASE_MS);
    this.#own = far ? target : { x: own.x + (target.x - own.x) * share, y: own.y + (target.y - own.y) * share };
    return this.#own;
  }

  // A thin line every eight cells, and the edge of the field.
  #drawGrid(cell) {
    const { pen } = this;
    pen.strokeStyle = this.#ink();
    pen.globalAlpha = 0.09;
    pen.lineWidth = devicePixelRatio / cell;
    pen.beginPath();
    for (let at = 0; at <= SIDE; at += 8) {
      pen.moveTo(at, 0);
      pen.lineTo(at, SIDE);
      pen.moveTo(0, at);
      pen.lineTo(SIDE, at);
    }
    pen.stroke();
    pen.globalAlpha = 1;
  }

  #drawLand(land) {
    if (land !== this.#drawnLand) {
      const pixels = new ImageData(SIDE, SIDE);
      land.forEach((owner, at) => owner && pixels.data.set(RGB[owner - 1], 4 * at));
      this.#image.getContext("2d").putImageData(pixels, 0, 0);
      this.#drawnLand = land;
    }
    this.pen.imageSmoothingEnabled = false;
    this.pen.globalAlpha = 0.62;
    this.pen.drawImage(this.#image, 0, 0);
    this.pen.globalAlpha = 1;
  }

  #drawTrail(trail, head, color) {
    const { pen } = this;
    pen.strokeStyle = color;
    pen.globalAlpha = 0.85;
    pen.lineWidth = 0.5;
    pen.lineCap = pen.lineJoin = "round";
    pen.beginPath();
    for (const cell of trail.slice(0, -1)) pen.lineTo((cell % SIDE) + 0.5, Math.floor(cell / SIDE) + 0.5);
    if (head) pen.lineTo(head.x + 0.5, head.y + 0.5);
    pen.stroke();
    pen.globalAlpha = 1;
  }

  #drawHead({ x, y }, seat, cell) {
    const { pen } = this;
    const own = seat === this.seat;
    pen.fillStyle = COLORS[seat];
    pen.strokeStyle = own ? this.#ink() : "rgb(0 0 0 / 0.55)";
    pen.lineWidth = own ? 0.28 : 0.14;
    pen.beginPath();
    pen.roundRect(x - 0.15, y - 0.15, 1.3, 1.3, 0.4);
    pen.fill();
    pen.stroke();
    const name = this.names[seat];
    if (!name) return;
    // Text in pixels: a font of one cell would be blurred.
    pen.save();
    const { e, f } = pen.getTransform();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.font = `${own ? 700 : 500} ${Math.round(11 * devicePixelRatio)}px system-ui, sans-serif`;
    pen.textAlign = "center";
    pen.fillStyle = this.#ink();
    const half = pen.measureText(name).width / 2 + 3;
    const [left, above] = [e + (x + 0.5) * cell, f + (y - 0.5) * cell];
    const isSeen = left > 0 && left < this.canvas.width && above > -cell && above < this.canvas.height;
    if (isSeen) pen.fillText(name, Math.min(this.canvas.width - half, Math.max(half, left)), Math.max(12 * devicePixelRatio, above));
    pen.restore();
  }

  #ink() {
    return getComputedStyle(this.canvas).color;
  }
}

const RGB = COLORS.map((color) => [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16)).concat(255));
const place = (cell) => ({ x: cell % SIDE, y: Math.floor(cell / SIDE) });

function between(from, to, part) {
  const [one, other] = [place(from), place(to)];
  if (Math.abs(one.x - other.x) + Math.abs(one.y - other.y) > 1) return other;
  return { x: one.x + (other.x - one.x) * part, y: one.y + (other.y - one.y) * part };
}
