// Keys of the frame around a game: R plays again, M mutes, ? lists all keys. A room has the second only. DOM only.

export function playKeys({ again, mute, list = null }) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select, dialog")) return;
    const does = { r: again, m: mute, "?": list && (() => list.showModal()) }[event.key.toLowerCase()];
    if (!does) return;
    event.preventDefault();
    does();
  });
  list?.querySelector("[data-close]").addEventListener("click", () => list.close());
  document.querySelector("[data-keys-open]")?.addEventListener("click", () => list.showModal());
}
