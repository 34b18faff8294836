// In the shop: trying something on before buying it. It is seen on this page only, until the page is left. DOM only.

const you = document.querySelector("[data-you]");
const parts = { name_color: [you.querySelector("[data-name]"), "data-color"], avatar_frame: [you.querySelector("player-avatar"), "frame"] };
const worn = Object.fromEntries(Object.entries(parts).map(([kind, [part, attribute]]) => [kind, part.getAttribute(attribute) ?? ""]));
const buttons = [...document.querySelectorAll("[data-try]")];

for (const button of buttons) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const { try: kind, item } = button.dataset;
    const [part, attribute] = parts[kind];
    const tries = button.getAttribute("aria-pressed") !== "true";
    part.setAttribute(attribute, tries ? item : worn[kind]);
    for (const other of buttons) if (other.dataset.try === kind) other.setAttribute("aria-pressed", String(tries && other === button));
  });
}
