// The state of a topic after a diff; the same as `live.topics.apply` on the server.

export function applied(state, set = {}, drop = []) {
  const after = { ...state, ...set };
  for (const key of drop) delete after[key];
  return after;
}
