// On the page for when the site cannot be reached: looks every few seconds, and loads the page that was wanted. DOM only.

const EVERY_MS = 4_000;

async function look() {
  const answer = await fetch("/livez", { cache: "no-store" }).catch(() => null);
  if (answer?.ok) location.reload();
}

addEventListener("online", look);
document.querySelector("[data-again]").addEventListener("click", () => location.reload());
setInterval(look, EVERY_MS);
