/* The worker of an applicant's page (/t): it answers with what the page was made of last when nothing reaches the hall.
 *
 * It keeps files and public facts, never a person's number: that is the page's own to keep (js/last-state.js), and the key is
 * behind the # and so in no request. What is asked over the network first is waited for only a moment: in a lift a request
 * neither arrives nor fails. A new version of the pages is a new worker with a new cache; the old one is deleted.
 *
 * It shows the notices that the hall has sealed for this browser (js/push.js); touched, one leads to the page of the number. */

const CACHE = "hallcall-{{version}}";
const OURS = "hallcall-";
const PATIENCE_MS = 3_000; // for the network, where there is something kept to show instead
const AS_KEPT = { ignoreVary: true, ignoreSearch: true }; // one answer a path, however it was packed
const FOR_EVER = /^\/assets\//; // files whose address names their content
const ASK_FIRST = /^\/(t|items\/[^/]+\.json|hall\.json|wire\.json)$/;

self.addEventListener("install", () => self.skipWaiting());

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

async function takeOver() {
  const old = (await caches.keys()).filter((name) => name.startsWith(OURS) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** A page says what it was made of before this worker was there; the browser has most of it at hand. */
self.addEventListener("message", (event) => {
  const paths = event.data?.keep;
  if (Array.isArray(paths)) event.waitUntil(keepAll(paths));
});

async function keepAll(paths) {
  const cache = await caches.open(CACHE);
  await Promise.all(paths.map(async (path) => (await cache.match(path, AS_KEPT)) || cache.add(path).catch(() => {})));
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (FOR_EVER.test(url.pathname)) event.respondWith(keptFirst(url.pathname, event.request));
  else if (ASK_FIRST.test(url.pathname)) event.respondWith(networkFirst(url.pathname, event));
});

async function keptFirst(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path, AS_KEPT)) ?? fetched(cache, path, request);
}

async function networkFirst(path, event) {
  const cache = await caches.open(CACHE);
  const asked = fetched(cache, path, event.request);
  event.waitUntil(asked.catch(() => {})); // one that arrives late is for the next time
  const kept = await cache.match(path, AS_KEPT);
  if (!kept) return asked;
  const waited = new Promise((resume) => setTimeout(resume, PATIENCE_MS, kept.clone()));
  return Promise.race([asked.catch(() => kept.clone()), waited]);
}

/** What the network answers, kept where it is a whole answer. */
async function fetched(cache, path, request) {
  const answer = await fetch(request);
  if (answer.status === 200) await cache.put(path, answer.clone()).catch(() => {});
  return answer;
}

self.addEventListener("push", (event) => {
  const told = readable(event.data);
  if (told) event.waitUntil(self.registration.showNotification(told.title, shown(told)));
});

/** What the hall has written, null where it is nothing of ours. */
function readable(data) {
  try {
    return data.json();
  } catch {
    return null;
  }
}

/** A newer notice about the same takes its place, and rings again; a call stays until it is seen. */
const shown = ({ body, tag, kind, lang }) => ({ body, tag, lang, renotify: Boolean(tag), requireInteraction: kind === "called", icon: "/icon-192.png" });

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(toPage());
});

/** The page that is open, else a new one, which knows the number that this phone saw last. */
async function toPage() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find(({ url }) => new URL(url).pathname === "/t");
  return open ? open.focus() : self.clients.openWindow("/t");
}
