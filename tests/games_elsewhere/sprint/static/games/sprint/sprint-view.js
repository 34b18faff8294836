// Draws the numbers of Sprint; those that were pressed are marked. DOM only.

export function draw(board, { numbers, next }) {
  board.querySelectorAll("[data-place]").forEach((place, index) => {
    place.textContent = numbers[index];
    place.toggleAttribute("data-done", numbers[index] < next);
  });
}
