// Short tones, off unless the player's settings say otherwise; the button's choice is remembered in this browser.

import { keep, kept } from "kept";
import { gettext } from "words";

const KEY = "sound";

export function forget() {
  keep(KEY, null);
}

export class Sound {
  #context = null;

  constructor(button) {
    this.button = button;
    this.on = (kept(KEY) ?? document.body.dataset.sound) === "on";
    button.addEventListener("click", () => this.toggle());
    this.#show();
  }

  // A soft tone of this pitch (Hz).
  play(pitch) {
    if (!this.on) return;
    this.#context ??= new AudioContext();
    const now = this.#context.currentTime;
    const tone = new OscillatorNode(this.#context, { type: "triangle", frequency: pitch });
    const loudness = new GainNode(this.#context, { gain: 0.12 });
    loudness.gain.exponentialRampToValueAtTime(0.001, now + 0.16);
    tone.connect(loudness).connect(this.#context.destination);
    tone.start(now);
    tone.stop(now + 0.17);
  }

  toggle() {
    this.on = !this.on;
    keep(KEY, this.on ? "on" : "off");
    this.#show();
    this.play(440);
  }

  #show() {
    this.button.textContent = this.on ? gettext("Turn sound off") : gettext("Turn sound on");
  }
}
