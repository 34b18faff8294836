// On the settings page: a theme is seen as soon as it is chosen; saving discards the sound choice that this browser
// remembers. DOM only.

import { forget } from "sound";

const form = document.querySelector("[data-settings]");
const root = document.documentElement;

form.addEventListener("submit", forget);
form.addEventListener("change", ({ target }) => {
  if (target.name === "theme" && target.value === "system") delete root.dataset.theme;
  else if (target.name === "theme") root.dataset.theme = target.value;
});
