// The state of a topic after a diff; the same as `live.topics.apply` on the server.

export function applied(state, set = {}, drop = []) {
  const after = { ...state, ...set };
  for (const key of drop) delete after[key];
  return after;
}

// Ids of events are Redis stream ids: "<milliseconds>-<number>".
export function isNewer(id, than) {
  const [ms, number] = id.split("-").map(Number);
  const [otherMs, otherNumber] = than.split("-").map(Number);
  return ms !== otherMs ? ms > otherMs : number > otherNumber;
}

export function newest(ids) {
  return ids.filter(Boolean).reduce((found, id) => (!found || isNewer(id, found) ? id : found), "");
}
