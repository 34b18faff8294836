// Passes a result on: by the device's own sheet, or as text that is copied. DOM only.

import { speak } from "speak";
import { gettext } from "words";

const TRIES = 6;
const AGAIN_MS = 700;
const SAID_MS = 3_000;

// A run reaches the archive a moment after it ends.
async function lines(run) {
  for (let left = TRIES; left; left -= 1) {
    const answer = await fetch(`/replays/${encodeURIComponent(run)}/share.json`).catch(() => null);
    if (answer?.ok) return answer.json();
    await new Promise((done) => setTimeout(done, AGAIN_MS));
  }
  return null;
}

// Where a page may not copy by itself, as without HTTPS: the text is there, and selected.
function show(text, button) {
  const shown = document.querySelector("[data-shared]") ?? document.createElement("textarea");
  Object.assign(shown, { readOnly: true, rows: 3, value: text, className: "share-text", ariaLabel: gettext("Result to copy") });
  shown.dataset.shared = "";
  button.closest("p").after(shown);
  shown.focus();
  shown.select();
}

export async function share(run, button) {
  const say = (text) => {
    const before = (button.dataset.label ??= button.textContent);
    button.textContent = text;
    speak(text, { personal: true });
    setTimeout(() => (button.textContent = before), SAID_MS);
  };
  const found = await lines(run);
  if (!found) return say(gettext("Not saved yet. Try again."));
  if (navigator.share) {
    const ended = await navigator.share({ text: found.text }).then(() => "shared", (error) => error.name);
    if (ended === "shared" || ended === "AbortError") return;
  }
  const copied = await navigator.clipboard?.writeText(found.text).then(() => true, () => false);
  if (copied) return say(gettext("Copied"));
  show(found.text, button);
}
