// Keeps a list of live rooms up to date while somebody looks at it: the server draws it, every two seconds. DOM only.

const EVERY_MS = 2_000;
const list = document.querySelector("[data-live-rooms]");

async function look() {
  // Not under somebody's finger or keyboard.
  if (!document.hidden && !list.matches(":hover, :focus-within")) {
    const answer = await fetch(list.dataset.liveRooms).catch(() => null);
    const html = answer?.ok ? await answer.text() : null;
    if (html !== null && html !== list.dataset.shown) {
      list.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
      list.dataset.shown = html;
    }
  }
  setTimeout(look, EVERY_MS);
}

if (list) setTimeout(look, EVERY_MS);
