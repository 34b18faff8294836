// What changed among those who are here. Pure.

// "Ada came. Bob left."; counts instead of names when it is a crowd, and nothing about oneself.
export function arrivals(before, after, self) {
  const crowd = before.count > before.order.length || after.count > after.order.length;
  if (crowd) return "";
  const names = (from, to) => to.order.filter((id) => id !== self && !from.order.includes(id)).map((id) => to[`player:${id}`].name);
  return [sentence(names(before, after), "came"), sentence(names(after, before), "left")].filter(Boolean).join(" ");
}

function sentence(names, did) {
  if (!names.length) return "";
  return names.length > 3 ? `${names.length} players ${did}.` : `${names.join(", ")} ${did}.`;
}
