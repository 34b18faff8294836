// The page's one polite live region: short summaries for those who do not see things move. The latest one wins.

const EVERY_MS = 5_000;
let spokenAt = -EVERY_MS;
let waiting = 0;
let next = "";

export function speak(text) {
  if (!text) return;
  next = text;
  waiting ||= setTimeout(say, Math.max(0, spokenAt + EVERY_MS - performance.now()));
}

function say() {
  waiting = 0;
  spokenAt = performance.now();
  document.querySelector("[data-spoken]").textContent = next;
}
