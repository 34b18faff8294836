// The list of those on the field, with points and share of the land, as text. DOM only.

import { standing } from "games/claim/claim-state";
import { COLORS } from "games/claim/claim-view";
import { gettext, language, number } from "words";

const percent = new Intl.NumberFormat(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

export class PlayersView {
  #rows = new Map();

  constructor(list) {
    this.list = list;
  }

  // `who` gives a seat's card: { name, bot, own, href }.
  draw(view, who) {
    const shown = standing(view);
    const rows = shown.map((each) => this.#filled(each, who(each.seat)));
    if (rows.some((row, at) => this.list.children[at] !== row) || rows.length !== this.list.children.length) this.list.replaceChildren(...rows);
  }

  #filled({ seat, points, share, away }, { name = "", bot = false, own = false, href = "" }) {
    const row = this.#rows.get(seat) ?? made(seat);
    this.#rows.set(seat, row);
    const put = (part, text) => {
      const found = row.querySelector(`[data-${part}]`);
      if (found.textContent !== text) found.textContent = text;
    };
    put("name", name);
    put("share", percent.format(share));
    put("points", number.format(points));
    const link = row.querySelector("[data-name]");
    if (href && !bot) link.setAttribute("href", href);
    else link.removeAttribute("href");
    row.querySelector("[data-bot]").hidden = !bot;
    row.toggleAttribute("data-own", own);
    row.toggleAttribute("data-away", away);
    return row;
  }
}

function made(seat) {
  const row = document.createElement("li");
  const color = element("i", "claim-color");
  color.ariaHidden = "true";
  color.style.backgroundColor = COLORS[seat];
  const name = element("a", "player-link", "name");
  name.translate = false;
  const bot = element("span", "mark", "bot");
  bot.textContent = gettext("bot");
  row.append(color, name, bot, element("span", "claim-share", "share"), element("strong", "claim-points", "points"));
  return row;
}

function element(tag, kind, part = "") {
  const made = document.createElement(tag);
  made.className = kind;
  if (part) made.dataset[part] = "";
  return made;
}
