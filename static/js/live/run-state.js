// The state of a run as the browser has it: the server's last answer, and the inputs sent since. Pure.

export function initial() {
  return { run: null, seq: 0, points: 0, over: false, view: null, pending: [] };
}

// After an input: it takes the next number and waits for its answer.
export function played(state, input) {
  const seq = (state.pending.at(-1)?.seq ?? state.seq) + 1;
  const message = { type: "move", run: state.run, seq, input };
  return { state: { ...state, pending: [...state.pending, { seq, input }] }, message };
}

// After a `run` or `moved` message: the server's word stands, and what it has answered waits no more.
export function received(state, { run, seq, points, over, view }) {
  const same = run === state.run;
  if (same && seq < state.seq) return state;
  const waiting = same && !over ? state.pending.filter((each) => each.seq > seq) : [];
  // A gap means those inputs belong to a past that did not happen.
  const pending = waiting[0]?.seq === seq + 1 ? waiting : [];
  return { run, seq, points, over, view, pending };
}

// The view with the waiting inputs played on it, as far as the browser can tell.
export function shown(state, predict) {
  return state.pending.reduce((view, { input }) => predict(view, input), state.view);
}
