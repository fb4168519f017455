// The service worker: keeps the files of a version, and the last page of today, for times without a
// network. Its first lines, VERSION and FILES, are written by the gateway. A new version waits until
// no page of the old one is open.
const CACHE = `ritmo-${VERSION}`;
const KEPT = new Set(["/", "/offline"]);

addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([...FILES, "/offline"]);
    const today = await fetch("/", { headers: { Accept: "text/html" }, credentials: "same-origin" }).catch(() => null);
    if (today?.ok && !today.redirected) await cache.put("/", today);
  })());
});

addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== CACHE) await caches.delete(name);
    await clients.claim();
  })());
});

async function page(request, url) {
  const cache = await caches.open(CACHE);
  const own = KEPT.has(url.pathname) && !url.searchParams.has("day");
  let answer;
  try {
    answer = await fetch(request);
    if (own && answer.ok && !answer.redirected && answer.type === "basic") {
      await cache.put(url.pathname, answer.clone());
    }
  } catch {
    answer = null;
  }
  if (answer && answer.status < 502) return answer;
  const kept = url.pathname === "/" ? await cache.match("/") : null;
  return kept || answer || (await cache.match("/offline")) || Response.error();
}

addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/files/")) {
    event.respondWith((async () => (await caches.match(request)) || fetch(request))());
  } else if (request.mode === "navigate" || request.headers.has("X-Ritmo-Part")) {
    event.respondWith(page(request, url));
  }
});

addEventListener("message", (event) => {
  if (event.data === "forget") event.waitUntil(caches.delete(CACHE));
});
