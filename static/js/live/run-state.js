// The state of a run as the browser has it: the server's last answer, and the inputs sent since. Pure.

export function initial() {
  return { run: null, seq: 0, points: 0, over: false, view: null, started_ms: 0, pending: [] };
}

// After an input: it gets the next number and is pending until the server answers.
export function played(state, input) {
  const seq = (state.pending.at(-1)?.seq ?? state.seq) + 1;
  const message = { type: "move", run: state.run, seq, input };
  return { state: { ...state, pending: [...state.pending, { seq, input }] }, message };
}

// After a `run` or `moved` message: the server's state wins, and inputs it has answered are no longer pending.
export function received(state, { run, seq, points, over, view, started_ms }) {
  const same = run === state.run;
  if (same && seq < state.seq) return state;
  const waiting = same && !over ? state.pending.filter((each) => each.seq > seq) : [];
  // After a gap the pending inputs do not follow on the server's state, so they are dropped.
  const pending = waiting[0]?.seq === seq + 1 ? waiting : [];
  return { run, seq, points, over, view, started_ms: started_ms ?? (same ? state.started_ms : 0), pending };
}

// The view with the pending inputs applied, as the browser predicts it.
export function shown(state, predict) {
  return state.pending.reduce((view, { input }) => predict(view, input), state.view);
}
