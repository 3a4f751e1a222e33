/** Address bar, clipboard and full screen: what a page asks of the browser around it. */

/** The token after `#`, removed from the address bar so that nobody photographs or forwards it. */
export function takeHashToken(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token') ?? decodeURIComponent(location.hash.slice(1));
  if (!token) return null;
  history.replaceState(null, '', location.pathname + location.search);
  return token;
}

/** The token after `#`, left where it is: a join link survives reload and reboot with the page's address. */
export function hashToken(): string | null {
  return decodeURIComponent(location.hash.slice(1)) || null;
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
