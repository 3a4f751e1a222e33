/** Where a person goes who has just signed in. Pure. */
import type { Role } from '$lib/wire';

/** The page of a role. */
const HOME: Record<Role, string> = {
  lead: '/console',
  assistant: '/console',
  technician: '/health',
  chair: '/chair',
  secretary: '/chair',
  // They come by join links and never sign in.
  site: '/console',
  screen: '/console',
};

/** Pages of this server to which a sign-in leads, in `?next=`. Anything else there is somebody's trick and leads nowhere. */
const PAGES: ReadonlySet<string> = new Set(['/console', '/chair', '/plan', '/health', '/buttons']);

/** The page that the person wanted, by the address of the sign-in page, else the page of the role. */
export function destination(role: Role, search: string): string {
  const next = new URLSearchParams(search).get('next');
  return next !== null && PAGES.has(next) ? next : HOME[role];
}
