// Whether things should stand still: the device asks for it, or the player's settings do.

const device = matchMedia("(prefers-reduced-motion: reduce)");

export const still = () => device.matches || document.documentElement.dataset.motion === "less";
