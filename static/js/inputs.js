// Keys, swipes and buttons as inputs of a game. DOM only.

const SWIPE_MIN_PX = 24;
// Keys of the number pad count as arrows, whether or not they type digits.
const PAD = { Numpad4: "ArrowLeft", Numpad6: "ArrowRight", Numpad8: "ArrowUp", Numpad2: "ArrowDown" };

// `keys` maps a KeyboardEvent.key or .code to an input; `buttons` carry theirs in data-input; `swipe` is the element to
// swipe on. `going` says whether a run is under way, even if it accepts no inputs now. With `steer` a stroke counts as
// soon as its direction is clear, and again at each corner, while the finger stays down.
export function inputs({ keys, swipe, buttons, play, going = () => false, steer = false }) {
  document.addEventListener("keydown", (event) => {
    const input = meant(keys, event);
    if (!input || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    // After a run the keys scroll the page as usual. During a run they must not, even while the connection is down.
    if (play(input) || going()) event.preventDefault();
  });
  for (const button of buttons) button.addEventListener("click", () => play(button.dataset.input));
  swipes(swipe, play, steer);
  // On phones, pulling the page down reloads it. That must not happen during a run.
  document.documentElement.dataset.playing = "";
}

// Arrows are found by `key`. Letters are found by `code`, so that W, A, S and D lie together on every keyboard layout.
// Screen keyboards may send no `code`: then letters are found by `key`, too.
function meant(keys, { key, code }) {
  const place = code || (key?.length === 1 ? `Key${key.toUpperCase()}` : "");
  return keys[key] ?? keys[PAD[place] ?? place];
}

// A swipe is one stroke of the first finger or the main button that begins on the element. A second finger cancels it.
function swipes(element, play, steer) {
  let start = null;
  let last = "";
  element.addEventListener("pointerdown", (event) => {
    const counts = event.isPrimary && event.button === 0 && !event.target.closest("button, a, input, select, summary");
    start = counts ? event : null;
    last = "";
    if (counts) element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    if (!steer || start === null || event.pointerId !== start.pointerId) return;
    const input = direction(event.clientX - start.clientX, event.clientY - start.clientY);
    if (!input) return;
    start = event;
    if (input !== last) play(input);
    last = input;
  });
  element.addEventListener("pointercancel", () => (start = null));
  element.addEventListener("pointerup", (event) => {
    if (steer) return (start = null);
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
