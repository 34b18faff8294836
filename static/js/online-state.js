// Who is here, and what changed among them. Pure.

import { gettext } from "words";

// Followed players first, then the newest of the others: [{ id, friend, name, … }]
export function listed(state, friends) {
  const known = new Set(friends.map((each) => each.id));
  const others = state.order.filter((id) => !known.has(id)).map((id) => ({ id, ...state[`player:${id}`] }));
  return [...friends.map((each) => ({ ...each, friend: true })), ...others];
}

// "Ada came. Bob left."; a count instead of more than three names. Nothing about oneself, or if not all are listed.
export function arrivals(before, after, self) {
  const crowd = before.count > before.order.length || after.count > after.order.length;
  if (crowd) return "";
  const names = (from, to) => to.order.filter((id) => id !== self && !from.order.includes(id)).map((id) => to[`player:${id}`].name);
  return [came(names(before, after)), left(names(after, before))].filter(Boolean).join(" ");
}

function came(names) {
  if (!names.length) return "";
  return names.length > 3 ? gettext("{count} players came.", { count: names.length }) : gettext("{names} came.", { names: names.join(", ") });
}

function left(names) {
  if (!names.length) return "";
  return names.length > 3 ? gettext("{count} players left.", { count: names.length }) : gettext("{names} left.", { names: names.join(", ") });
}

// What somebody does: "online", "away" or "playing <game>".
export function inWords(state) {
  const [, game] = state.match(/^playing (.*)$/) ?? [];
  return game ? gettext("playing {game}", { game }) : { online: gettext("online"), away: gettext("away") }[state] ?? state;
}
