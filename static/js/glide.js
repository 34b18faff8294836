// Lets elements glide from where they were to where they are (FLIP). They stand still under reduced motion.

import { still } from "motion";

const DURATION_MS = 450;

export function positions(elements) {
  return new Map([...elements].map((element) => [element, element.getBoundingClientRect().top]));
}

export function glide(elements, from) {
  if (still() || document.hidden) return;
  const now = elements.map((element) => [element, element.getBoundingClientRect().top]);
  for (const [element, top] of now) {
    const distance = (from.get(element) ?? top + 24) - top;
    if (Math.abs(distance) < 1) continue;
    const start = { transform: `translateY(${distance}px)`, opacity: from.has(element) ? 1 : 0 };
    element.animate([start, { transform: "none", opacity: 1 }], { duration: DURATION_MS, easing: "cubic-bezier(.2,.8,.2,1)" });
  }
}
