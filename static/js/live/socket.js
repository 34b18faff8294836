// One WebSocket that reconnects by itself. Knows the protocol and no DOM.
// Events: "state" (detail: connecting | live | waiting | reconnecting | offline), and one per message type (detail: the
// message). Waiting: the connection is open, but the site's store is away; the page keeps its content and catches up.

import { heard } from "live/clock";

const BEAT_S = 15; // The default; `hello` leaves it out.
const EARLY_S = 1; // The server sends a beat of its own to a page that is late.
// A beat is answered at once. If nothing comes for this long, the connection is dead, whatever the browser says.
const SILENCE_MS = 10_000;
const RETRY_MIN_MS = 400;
const RETRY_MAX_MS = 15_000;
// The server restarts, or its store is away: all clients reconnect, and spreading them out shortens their wait.
const RESTARTS = new Set([1012, 1013, 4012, 4013]);
const RESTART_SPREAD_MS = 3_000;
const SIGNED_OUT = 4401;
const AWAY_AFTER_MS = 5 * 60_000;

export class LiveSocket extends EventTarget {
  #url;
  #socket = null;
  #attempt = 0;
  #retry = 0;
  #beat = 0;
  #silence = 0;
  #beatSentAt = 0;
  #unseen = null; // The number of the last beat that is not acknowledged yet.
  #hiddenSince = null;
  state = "connecting";
  latencyMs = null;

  constructor(url) {
    super();
    this.#url = url;
    globalThis.addEventListener("online", () => this.#open());
    globalThis.addEventListener("offline", () => this.#socket?.close());
    // Back from the page cache or from sleep: check at once whether the connection is alive.
    globalThis.addEventListener("pageshow", () => this.#probe());
    document.addEventListener("visibilitychange", () => this.#seenOrHidden());
    this.#hiddenSince = document.hidden ? Date.now() : null;
  }

  get live() {
    return this.state === "live" || this.state === "waiting";
  }

  open() {
    this.#open();
  }

  // Returns false when not connected; nothing is queued here.
  send(message) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  #open() {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return;
    clearTimeout(this.#retry);
    this.#beatSentAt = 0;
    this.#unseen = null;
    const socket = (this.#socket = new WebSocket(this.#url));
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => this.#closed(socket, event.code);
    // A handshake that hangs would block every later try.
    this.#silence = setTimeout(() => this.#drop(), SILENCE_MS);
  }

  #receive(message) {
    clearTimeout(this.#silence);
    if (message.type === "hello") {
      this.#attempt = 0;
      this.#become(message.store_away ? "waiting" : "live");
      clearInterval(this.#beat);
      this.#beat = setInterval(() => this.#probe(), ((message.beat_s ?? BEAT_S) - EARLY_S) * 1000);
      this.#probe();
    }
    if (message.type === "beat") this.#beaten(message);
    if (message.type === "store") this.#become(message.away ? "waiting" : "live");
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  // Sending the number back acknowledges everything before it. For an answer to our beat, that waits for the next beat.
  // The server also beats by itself, when it needs to know now or a page is late: then it is acknowledged at once.
  #beaten({ sent, at_ms }) {
    this.#unseen = sent;
    if (!this.#beatSentAt) return this.#acknowledge();
    this.latencyMs = Math.round(performance.now() - this.#beatSentAt);
    this.#beatSentAt = 0;
    heard(at_ms, this.latencyMs);
  }

  #away() {
    return this.#hiddenSince !== null && Date.now() - this.#hiddenSince >= AWAY_AFTER_MS ? { away: true } : {};
  }

  #acknowledge(more = {}) {
    const seen = this.#unseen === null ? {} : { seen: this.#unseen };
    if (!this.send({ type: "beat", ...seen, ...more, ...this.#away() })) return false;
    this.#unseen = null;
    return true;
  }

  #probe() {
    if (!this.live || !this.#acknowledge({ ask: true })) return;
    this.#beatSentAt = performance.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#drop(), SILENCE_MS);
  }

  #seenOrHidden() {
    this.#hiddenSince = document.hidden ? Date.now() : null;
    if (document.hidden) return;
    if (this.live) this.#probe();
    else this.#open();
  }

  // Closing a dead connection may take minutes, so treat it as closed now.
  #drop() {
    const socket = this.#socket;
    socket?.close();
    this.#closed(socket, 1006);
  }

  #closed(socket, code) {
    if (socket !== this.#socket) return;
    this.#socket = null;
    clearInterval(this.#beat);
    clearTimeout(this.#silence);
    if (code === SIGNED_OUT) return this.#become("offline");
    this.#become(navigator.onLine === false ? "offline" : "reconnecting");
    // Full jitter: after a restart of the server its browsers come back spread out, not as a storm.
    const spread = RESTARTS.has(code) ? RESTART_SPREAD_MS : RETRY_MIN_MS;
    const ceiling = Math.min(RETRY_MAX_MS, Math.max(spread, RETRY_MIN_MS * 2 ** this.#attempt++));
    this.#retry = setTimeout(() => this.#open(), RETRY_MIN_MS / 2 + Math.random() * ceiling);
  }

  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: state }));
  }
}
