// The service worker, which the site's build writes to the site's root: what the play page needs is kept, so that it
// opens without a network; lessons are kept as they were last read.

const VERSION = "lessons-$version";
const FILES = $files;
const HERE = new URL("./", self.location).href;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(VERSION)
      .then((kept) => kept.addAll(FILES))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  const old = (names) => names.filter((name) => name.startsWith("lessons-") && name !== VERSION);
  const clean = caches.keys().then((names) => Promise.all(old(names).map((name) => caches.delete(name))));
  event.waitUntil(clean.then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(HERE)) event.respondWith(answer(request));
});

/** What belongs to this version from what is kept; anything else from the network, or as it was last read. */
async function answer(request) {
  const kept = await caches.open(VERSION),
    address = new URL(request.url);
  if (address.pathname.endsWith("/")) address.pathname += "index.html";
  address.search = address.hash = "";
  if (FILES.includes(address.href.slice(HERE.length))) {
    const known = await kept.match(address.href);
    if (known) return known;
  }
  try {
    const response = await fetch(request);
    if (response.ok && response.status === 200) await kept.put(address.href, response.clone());
    return response;
  } catch (error) {
    const known = await kept.match(address.href);
    if (known) return known;
    throw error;
  }
}
