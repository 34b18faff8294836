// On the settings page: saving the form discards the sound choice remembered in this browser. DOM only.

import { forget } from "sound";

document.querySelector("[data-settings]").addEventListener("submit", forget);
