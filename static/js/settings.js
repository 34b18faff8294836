// On the settings page: what this browser remembered of the sound gives way to what is saved. DOM only.

import { forget } from "sound";

document.querySelector("[data-settings]").addEventListener("submit", forget);
