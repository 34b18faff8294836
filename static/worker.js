// The service worker: when the site cannot be reached, a page that says so and tries again. The server writes FILES above.

const NAME = "offline";
const PAGE = "/offline/";

self.addEventListener("install", (event) => event.waitUntil(kept().then(() => self.skipWaiting())));
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

async function kept() {
  const cache = await caches.open(NAME);
  await Promise.all((await cache.keys()).map((each) => cache.delete(each)));
  await cache.addAll([PAGE, ...FILES].map((each) => new Request(each, { cache: "reload" })));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const path = new URL(request.url).pathname;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => caches.match(PAGE)));
  else if (FILES.includes(path)) event.respondWith(fetch(request).catch(() => caches.match(request)));
});
