/** The kept shell of a page (`public/sw.js`): a reload while the server is away still shows the page. */

/** Where the build puts files with a hash in their name. */
const ASSETS = '/assets/';

/** Registers the worker and tells it what this page is made of; without a secure context there is no worker. */
export async function keepShell(link: string): Promise<void> {
  if (!('serviceWorker' in navigator) || !navigator.serviceWorker) return;
  try {
    await navigator.serviceWorker.register('/sw.js');
    const { active } = await navigator.serviceWorker.ready;
    const loaded = performance.getEntriesByType('resource').map((entry) => new URL(entry.name).pathname);
    const assets = [...new Set(loaded.filter((path) => path.startsWith(ASSETS)))];
    active?.postMessage({ page: location.pathname, link, assets });
  } catch (fault) {
    // Denied by the browser's policy: the page works as before, a reload then needs the server.
    console.warn('the page is not kept for times without the server:', fault);
  }
}
