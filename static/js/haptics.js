// Short buzzes on phones, where the device allows them and nobody has asked for less motion.

import { still } from "motion";

const touch = matchMedia("(pointer: coarse)");

// `pattern` is in milliseconds: buzz, or buzz, pause, buzz.
export function buzz(pattern) {
  if (touch.matches && !still()) navigator.vibrate?.(pattern);
}
