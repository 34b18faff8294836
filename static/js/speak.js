// The page's one polite live region: short summaries for those who do not see things move. Of several the latest is
// said, but what is addressed to the player (`personal`) is never passed over for a summary.

const EVERY_MS = 5_000;
let spokenAt = -EVERY_MS;
let waiting = 0;
let next = { text: "", personal: false };

export function speak(text, { personal = false } = {}) {
  if (!text || (next.personal && !personal)) return;
  // Two words to the player are both said.
  next = { text: next.personal && next.text !== text ? `${next.text} ${text}` : text, personal };
  waiting ||= setTimeout(say, Math.max(0, spokenAt + EVERY_MS - performance.now()));
}

function say() {
  waiting = 0;
  spokenAt = performance.now();
  put(document.querySelector("[data-spoken]"), next.text);
  next = { text: "", personal: false };
}

// Write into a live region. A reader of screens passes over a text that has not changed: said again, it differs by a blank.
export function put(region, text) {
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
