// Keys, swipes and buttons as inputs of a game. DOM only.

const SWIPE_MIN_PX = 24;

// `keys` maps KeyboardEvent.code to an input; `buttons` carry theirs in data-input; `swipe` is the element to swipe on.
// `going` says whether a run is under way, even if it takes no inputs right now.
export function inputs({ keys, swipe, buttons, play, going = () => false }) {
  document.addEventListener("keydown", (event) => {
    const input = keys[event.code];
    if (!input || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    // After the end of a run the keys scroll the page as ever; while the line is away they must not.
    if (play(input) || going()) event.preventDefault();
  });
  for (const button of buttons) button.addEventListener("click", () => play(button.dataset.input));
  let start = null;
  swipe.addEventListener("pointerdown", (event) => (start = event));
  swipe.addEventListener("pointercancel", () => (start = null));
  swipe.addEventListener("pointerup", (event) => {
    const input = start && direction(event.clientX - start.clientX, event.clientY - start.clientY);
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
