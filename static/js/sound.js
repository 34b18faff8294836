// Sounds: few, short and quiet. Off unless the player's settings say otherwise; the choice beside a game is remembered
// in this browser.

import { keep, kept } from "kept";
import { gettext } from "words";

const KEY = "sound";
const ATTACK_S = 0.008; // Without one a tone begins with a click.

// What is heard: tones of { at, hz, s, loud }: after how many seconds, how high, how long and how loud. `step` is how far
// something has come, such as how large a tile is.
const run = (notes, s = 0.14, apart = 0.075) => notes.map((hz, index) => ({ at: index * apart, hz, s, loud: 0.1 }));
const CUES = {
  slide: () => [{ at: 0, hz: 140, s: 0.05, loud: 0.03 }],
  join: (step) => [
    { at: 0, hz: 196 * 2 ** (step / 6), s: 0.14, loud: 0.1 },
    { at: 0.02, hz: 392 * 2 ** (step / 6), s: 0.1, loud: 0.03 },
  ],
  press: (step) => [{ at: 0, hz: 240 + 24 * step, s: 0.1, loud: 0.09 }],
  milestone: () => run([523, 659, 784]),
  best: () => run([523, 659, 784, 1047], 0.18),
  over: () => run([330, 247], 0.22, 0.13),
  begin: () => run([392, 587], 0.16, 0.1),
  win: () => run([523, 659, 784, 1047, 1319], 0.2),
  lose: () => run([294, 247, 196], 0.24, 0.13),
  on: () => [{ at: 0, hz: 440, s: 0.14, loud: 0.1 }],
};

export function forget() {
  keep(KEY, null);
}

export class Sound {
  #context = null;

  // Without a button, as for somebody who only watches, all is quiet.
  constructor(button) {
    this.button = button;
    this.on = button !== null && (kept(KEY) ?? document.body.dataset.sound) === "on";
    button?.addEventListener("click", () => this.toggle());
    this.#show();
  }

  play(cue, step = 0) {
    if (!this.on) return;
    this.#context ??= new AudioContext();
    for (const tone of CUES[cue](step)) this.#tone(tone);
  }

  #tone({ at, hz, s, loud }) {
    const from = this.#context.currentTime + at;
    const tone = new OscillatorNode(this.#context, { type: "triangle", frequency: hz });
    const loudness = new GainNode(this.#context, { gain: 0 });
    loudness.gain.setValueAtTime(0, from);
    loudness.gain.linearRampToValueAtTime(loud, from + ATTACK_S);
    loudness.gain.exponentialRampToValueAtTime(0.0005, from + s);
    tone.connect(loudness).connect(this.#context.destination);
    tone.start(from);
    tone.stop(from + s);
  }

  toggle() {
    this.on = !this.on;
    keep(KEY, this.on ? "on" : "off");
    this.#show();
    this.play("on");
  }

  #show() {
    if (this.button) this.button.textContent = this.on ? gettext("Turn sound off") : gettext("Turn sound on");
  }
}
