/** Address bar, clipboard and full screen: what a page asks of the browser around it. */

/** The token after `#`, removed from the address bar so that nobody photographs or forwards it. */
export function takeHashToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? decodeURIComponent(location.hash.slice(1));
  if (!token) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** Goes to another page of this server without leaving an entry to come back to. */
export function goTo(path: string): void {
  location.replace(path);
}

/** This server's address with a path. */
export function absolute(path: string): string {
  return new URL(path, location.origin).href;
}

/** Copies a text; false if the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** What stands behind `#` in the address; it is never sent to any server. */
export function readHash(): string {
  return decodeURIComponent(location.hash.slice(1));
}

/** Notes where the person is behind `#`, so that a reload comes back to it. Leaves no entry to go back to. */
export function keepHash(text: string): void {
  history.replaceState(null, '', `${location.pathname}${location.search}#${encodeURIComponent(text)}`);
}

/** Notes the same, where it is a list of names and values that must stay readable: `site=cao-bang`. The values are encoded already. */
export function keepFragment(text: string): void {
  history.replaceState(null, '', `${location.pathname}${location.search}${text === '' ? '' : `#${text}`}`);
}

/** Tells when somebody goes to another place behind `#`; the returned function ends that. */
export function watchHash(changed: (hash: string) => void): () => void {
  const tell = () => changed(readHash());
  window.addEventListener('hashchange', tell);
  return () => window.removeEventListener('hashchange', tell);
}

/** True if only this machine understands the address that the page was opened by: links made of it lead nowhere elsewhere. */
export function isLocalAddress(address: string): boolean {
  const host = URL.canParse(address) ? new URL(address).hostname : '';
  return host === 'localhost' || host === '[::1]' || host.startsWith('127.') || host.endsWith('.localhost');
}

/** This server's address as the page was opened by, without a path. */
export function ownOrigin(): string {
  return location.origin;
}

/** Opens the browser's print dialog. */
export function printPage(): void {
  window.print();
}
