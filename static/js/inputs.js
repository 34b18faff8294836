// Keys, swipes and buttons as inputs of a game. DOM only.

const SWIPE_MIN_PX = 24;
// The number pad means its arrows, whether or not it types digits.
const PAD = { Numpad4: "ArrowLeft", Numpad6: "ArrowRight", Numpad8: "ArrowUp", Numpad2: "ArrowDown" };

// `keys` maps what a key means or where it lies (KeyboardEvent.key or .code) to an input; `buttons` carry theirs in
// data-input; `swipe` is the element to swipe on. `going` says whether a run is under way, even if it takes no inputs now.
export function inputs({ keys, swipe, buttons, play, going = () => false }) {
  document.addEventListener("keydown", (event) => {
    const input = meant(keys, event);
    if (!input || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    // After the end of a run the keys scroll the page as ever; while the line is away they must not.
    if (play(input) || going()) event.preventDefault();
  });
  for (const button of buttons) button.addEventListener("click", () => play(button.dataset.input));
  swipes(swipe, play);
  // Pulling a page down reloads it on phones: not in the middle of a run.
  document.documentElement.dataset.playing = "";
}

// An arrow is one wherever it lies; a letter counts by its place, so that W, A, S and D lie together on every keyboard,
// and by what it means where a screen keyboard tells no place.
function meant(keys, { key, code }) {
  const place = code || (key?.length === 1 ? `Key${key.toUpperCase()}` : "");
  return keys[key] ?? keys[PAD[place] ?? place];
}

// One stroke of the first finger or the main button, begun on the element; a second finger ends it.
function swipes(element, play) {
  let start = null;
  element.addEventListener("pointerdown", (event) => {
    const counts = event.isPrimary && event.button === 0;
    start = counts ? event : null;
    if (counts) element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointercancel", () => (start = null));
  element.addEventListener("pointerup", (event) => {
    if (start === null || event.pointerId !== start.pointerId || event.button !== 0) return;
    const input = direction(event.clientX - start.clientX, event.clientY - start.clientY);
    start = null;
    if (input) play(input);
  });
}

function direction(x, y) {
  if (Math.max(Math.abs(x), Math.abs(y)) < SWIPE_MIN_PX) return null;
  if (Math.abs(x) > Math.abs(y)) return x < 0 ? "left" : "right";
  return y < 0 ? "up" : "down";
}

function typing(target) {
  return target instanceof Element && target.closest("input, textarea, select, [contenteditable]") !== null;
}
