// How a player's name and picture are shown: colour, frame, and the link to their page. DOM only.

// `link` gets the name's colour and address, `avatar` the picture; `look` is a card: { name, color, frame, avatar }.
export function dress(link, avatar, id, { name = "", color = "", frame = "", avatar: variant = 0 }) {
  set(link, "href", `/players/${encodeURIComponent(name)}/`);
  if (color) set(link, "data-color", color);
  else link.removeAttribute("data-color");
  set(avatar, "player", id);
  set(avatar, "variant", variant);
  set(avatar, "frame", frame);
}

function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}
