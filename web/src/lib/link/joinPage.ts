/** A page that was opened by a join link: its token and what the server wrote into it. */
import type { MediaPlan } from '$lib/wire';

/** Beginning of a join link's path; what follows is its token. */
const JOIN = '/join/';

/**
 * The token of the link that led here. At the link itself it moves behind the `#` of the page's own address, which is never sent to
 * any server. There it stays: a join link survives reload and reboot with the page's address.
 */
export function linkToken(page: '/site' | '/screen'): string | null {
  if (location.pathname.startsWith(JOIN))
    history.replaceState(null, '', `${page}#${location.pathname.slice(JOIN.length)}`);
  return decodeURIComponent(location.hash.slice(1)) || null;
}

/** The media lines that the server wrote into the page at a join link; none at any other address. */
export function expectedPlan(): MediaPlan | null {
  const written = document.querySelector<HTMLMetaElement>('meta[name="media-plan"]')?.content;
  return written ? (JSON.parse(written) as MediaPlan) : null;
}
