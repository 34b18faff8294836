// The page of the daily puzzles: shares results. DOM only.

import { share } from "share";

for (const button of document.querySelectorAll("[data-share]")) button.addEventListener("click", () => share(button.dataset.share, button));
