// A room as the browser has it: the server's last word, and the own inputs sent since. Pure.
// `game` is the game's own: apply(view, delta) → view, predict(view, seat, input) → view, perhaps read(view) → view.

export function initial(connection, player = null) {
  return { connection, player, key: null, view: null, v: 0, acked: [], seat: null, n: 0, pending: [], again: [] };
}

// After `room_shown`: a keyframe and the frames since. No keyframe: nobody runs the room yet.
export function shown(state, { key, frames }, game) {
  const after = key ? keyed(state, key, game) : { ...state, key: null, view: null };
  return frames.reduce((each, frame) => (frame.type === "frame" ? stepped(each, frame, game) : each), after);
}

// After a `room` keyframe. A game may have a `read` that makes its view of what was sent.
export function keyed(state, key, game) {
  return acknowledged({ ...state, key, view: game.read ? game.read(key.view) : key.view, v: key.v, acked: key.a });
}

// After a `frame`; null when one before it is missing.
export function stepped(state, { v, t, a, d }, game) {
  if (v <= state.v) return state;
  if (!state.view || v !== state.v + 1) return null;
  return acknowledged({ ...state, view: { ...game.apply(state.view, d), tick: t }, v, acked: a });
}

function acknowledged(state) {
  const last = state.seat === null ? 0 : (state.acked[state.seat] ?? 0);
  return { ...state, pending: state.pending.filter(({ n }) => n > last) };
}

// After `seat`: which one is ours, and the number of its last input that arrived. `elsewhere`: another page plays it, and
// what this one sent since is lost.
export function seated(state, { seat = null, n = 0, elsewhere = false }) {
  const pending = seat === state.seat && !elsewhere && !isElsewhere({ ...state, seat }) ? state.pending : [];
  return acknowledged({ ...state, seat, pending, n: Math.max(n, pending.at(-1)?.n ?? 0) });
}

// What of our inputs did not arrive: numbers after the last one that did.
export function missing(state, n) {
  return state.pending.filter((each) => each.n > n);
}

export function played(state, input) {
  const n = state.n + 1;
  return { state: { ...state, n, pending: [...state.pending, { n, input }] }, message: { type: "input", n, input } };
}

// The view with the own inputs that wait for their answer played on it, as far as the browser can tell.
export function predicted(state, game) {
  if (!state.view || state.seat === null) return state.view;
  return state.pending.reduce((view, { input }) => game.predict(view, state.seat, input), state.view);
}

// Whether the seat is still ours: in an arena who was away for too long has lost it.
export function isOwn({ key, seat, player }) {
  const held = key?.seats[seat];
  return Boolean(held) && !held.bot && held.player === player;
}

function isElsewhere({ key, seat, connection }) {
  const plays = key?.seats[seat]?.connection;
  return Boolean(plays) && plays !== connection;
}

// connecting, open (a seat is free), waiting, countdown, playing, elsewhere, watching, over
export function phase(state, nowMs) {
  if (!state.key) return "open";
  if (state.key.status === "over") return "over";
  const own = isOwn(state);
  if (own && isElsewhere(state)) return "elsewhere";
  if (state.key.status === "waiting") return "waiting";
  if (nowMs < state.key.starts_ms) return "countdown";
  return own ? "playing" : "watching";
}
