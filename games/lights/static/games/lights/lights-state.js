// Lights in the browser: a press as in games/lights/rules.py. Pure.

import { ngettext } from "words";

export const SIDE = 5;
export const NAMES = Array.from({ length: SIDE * SIDE }, (_, cell) => `${"abcde"[cell % SIDE]}${Math.floor(cell / SIDE) + 1}`);

export function pressed(view, input) {
  if (!view.lit.includes(1)) return view;
  const at = NAMES.indexOf(input);
  const [x, y] = [at % SIDE, Math.floor(at / SIDE)];
  const lit = view.lit.map((on, cell) => {
    const [across, down] = [Math.abs((cell % SIDE) - x), Math.abs(Math.floor(cell / SIDE) - y)];
    return across + down <= 1 ? 1 - on : on;
  });
  return { ...view, lit, presses: view.presses + 1 };
}

export function words({ lit, presses }) {
  const on = lit.reduce((sum, each) => sum + each, 0);
  if (!on) return ngettext("All lights are off after {count} move.", "All lights are off after {count} moves.", presses);
  return ngettext("{count} light is on. Moves: {moves}.", "{count} lights are on. Moves: {moves}.", on, { moves: presses });
}
