// Keeps the pages of sites and screens while the server is away: a reload or a reboot then still shows "lost", the support
// phone and the automatic retry. Pages: network first. Files with a hash in their name never change: what is kept is right.

const SHELL = 'dienhong-shell-1';
const PAGES = ['/site', '/screen'];
const ASSETS = '/assets/';
const JOIN = '/join/';
/** A server that has not answered by then is away, whatever TCP believes (ms). */
const ANSWER_TIMEOUT_MS = 3000;
/** Files kept, oldest out first: several builds' worth, so that updates do not fill the disk. */
const MAX_KEPT = 300;

self.addEventListener('install', () => self.skipWaiting());

self.addEventListener('activate', (event) => {
  event.waitUntil(
    (async () => {
      for (const name of await caches.keys()) if (name !== SHELL) await caches.delete(name);
      await self.clients.claim();
    })(),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (PAGES.includes(pathname)) event.respondWith(page(pathname));
  else if (request.mode === 'navigate' && pathname.startsWith(JOIN)) event.respondWith(joinLink(request, pathname));
  else if (pathname.startsWith(ASSETS)) event.respondWith(asset(request));
});

/** The first visit's page and files were loaded before this worker: the page names them. */
self.addEventListener('message', (event) => {
  const { page, link, assets } = event.data ?? {};
  if (!PAGES.includes(page) || typeof link !== 'string' || !Array.isArray(assets)) return;
  event.waitUntil(
    (async () => {
      const shell = await caches.open(SHELL);
      await shell.put(JOIN + link, Response.redirect(`${page}#${link}`, 302));
      const missing = [];
      for (const path of assets.filter((path) => String(path).startsWith(ASSETS))) {
        if (!(await shell.match(path))) missing.push(path);
      }
      await Promise.allSettled([page, ...missing].map((path) => shell.add(path)));
      const kept = await shell.keys();
      const files = kept.filter((request) => new URL(request.url).pathname.startsWith(ASSETS));
      await Promise.all(files.slice(0, Math.max(0, files.length - MAX_KEPT)).map((request) => shell.delete(request)));
    })(),
  );
});

async function page(pathname) {
  const shell = await caches.open(SHELL);
  try {
    const answer = await fetch(pathname, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    if (answer.ok) await shell.put(pathname, answer.clone());
    if (answer.status < 500) return answer;
    return (await shell.match(pathname)) ?? answer;
  } catch {
    return (await shell.match(pathname)) ?? Response.error();
  }
}

/** A kiosk starts from its join link: while the server is away, the page that the link led to last time. */
async function joinLink(request, pathname) {
  try {
    return await fetch(request);
  } catch {
    const shell = await caches.open(SHELL);
    return (await shell.match(pathname)) ?? Response.error();
  }
}

async function asset(request) {
  const shell = await caches.open(SHELL);
  const kept = await shell.match(request.url);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await shell.put(request.url, answer.clone());
  return answer;
}
