/** What the pages of a join link do first: who they are stands in their address. */
import { expectedPlan, linkToken } from '$lib/link/joinPage';
import { Session } from './session';

/** A page that came by a join link, and the session that has begun. */
export type Joined = { token: string; session: Session };

/** Before a page whose scripts did not come is loaded again, ms: as long again by chance, so that 63 do not come at once. */
const AGAIN_MS = 3_000;

/**
 * Shows the view of a session when its scripts are there. If they do not come (a cut, a new version of the server in between), the
 * session ends, so that nobody takes a blank page for a site that sees, and the page is loaded again: nobody may be there to do it.
 */
export async function showView(
  joined: Joined | null,
  view: () => Promise<{ show: (joined: Joined | null) => void }>,
  reload: () => void = () => location.reload(),
): Promise<void> {
  try {
    const { show } = await view();
    if (joined?.session.ended) throw new Error('the view came too late');
    show(joined);
  } catch (fault) {
    console.error('the scripts of the view did not come', fault);
    joined?.session.end();
    setTimeout(reload, AGAIN_MS * (1 + Math.random()));
  }
}

/** Begins the session of the link that led here; none: no link did. */
export function join(client: 'site' | 'screen'): Joined | null {
  const token = linkToken(`/${client}`);
  if (!token) return null;
  const session = new Session({ client, token });
  session.start(expectedPlan());
  return { token, session };
}
