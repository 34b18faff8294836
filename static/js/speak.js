// The page's one polite live region: short summaries for people who cannot see things move. Of several messages only
// the latest is spoken, but a summary never replaces a message to the player (`personal`).

const EVERY_MS = 5_000;
let spokenAt = -EVERY_MS;
let waiting = 0;
let next = { text: "", personal: false };

export function speak(text, { personal = false } = {}) {
  if (!text || (next.personal && !personal)) return;
  // Two messages to the player are joined, so that both are spoken.
  next = { text: next.personal && next.text !== text ? `${next.text} ${text}` : text, personal };
  waiting ||= setTimeout(say, Math.max(0, spokenAt + EVERY_MS - performance.now()));
}

function say() {
  waiting = 0;
  spokenAt = performance.now();
  put(document.querySelector("[data-spoken]"), next.text);
  next = { text: "", personal: false };
}

// Write into a live region. Screen readers skip a text that has not changed, so a repeated text gets an extra space.
export function put(region, text) {
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
