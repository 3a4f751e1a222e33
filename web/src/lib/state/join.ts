/** What the pages of a join link do first: who they are stands in their address. */
import { expectedPlan, linkToken } from '$lib/link/navigation';
import { Session } from './session';

/** A page that came by a join link, and the session that has begun. */
export type Joined = { token: string; session: Session };

/** Begins the session of the link that led here; none: no link did. */
export function join(client: 'site' | 'screen'): Joined | null {
  const token = linkToken(`/${client}`);
  if (!token) return null;
  const session = new Session({ client, token });
  session.start(expectedPlan());
  return { token, session };
}
