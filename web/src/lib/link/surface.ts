/** A control surface: actions by HTTP, lamps by a WebSocket. The page of buttons uses it; so could any other panel. */
import type { CommandAccepted, Problem, TallyView } from '$lib/wire';

/** What a surface is known by. */
export type SurfaceAccess = { conference: string; token: string };
/** How an action ended. */
export type ActionResult = { ok: true } | { ok: false; problem: Problem | null };
/** What the lamps' feed tells. */
export type TallyListener = {
  tally(tally: TallyView): void;
  /** The feed is up, or it is not and is tried again. */
  connected(up: boolean): void;
  /** The token opens nothing: no attempt is made any more. */
  refused(problem: Problem): void;
};

/** A page that waits longer than this for an answer tells the person instead. */
const ANSWER_WITHIN_MS = 5_000;
/** Between two attempts to reach the server. */
const RETRY_MS = 1_000;
const STORED = 'dienhong.surface';

/** Does an action: `POST …/actions/{action}` with its fields in the query. */
export async function act(
  { conference, token }: SurfaceAccess,
  action: string,
  fields: Record<string, string> = {},
): Promise<ActionResult> {
  const query = new URLSearchParams(fields).toString();
  const path = `/api/v1/conferences/${encodeURIComponent(conference)}/actions/${action}${query && `?${query}`}`;
  try {
    const answer = await fetch(path, {
      method: 'POST',
      // The surface acts, not whoever happens to be signed in with this browser.
      credentials: 'omit',
      headers: { authorization: `Bearer ${token}`, accept: 'application/json' },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const body = (await answer.json().catch(() => null)) as CommandAccepted | Problem | null;
    return answer.ok ? { ok: true } : { ok: false, problem: body as Problem | null };
  } catch {
    return { ok: false, problem: null };
  }
}

/** Follows the lamps until the returned function is called. A browser cannot send headers here: the token is the first text. */
export function followTally({ conference, token }: SurfaceAccess, listener: TallyListener): () => void {
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let ended = false;

  function open() {
    socket = new WebSocket(`/api/v1/conferences/${encodeURIComponent(conference)}/tally/ws`);
    socket.onopen = () => socket?.send(token);
    socket.onmessage = ({ data }) => hear(String(data));
    socket.onclose = () => {
      if (ended) return;
      listener.connected(false);
      timer = setTimeout(open, RETRY_MS);
    };
  }

  function hear(text: string) {
    const said = JSON.parse(text) as TallyView | Problem;
    if ('sites' in said) {
      listener.connected(true);
      listener.tally(said);
    } else {
      end();
      listener.refused(said);
    }
  }

  function end() {
    ended = true;
    clearTimeout(timer);
    socket?.close();
  }

  open();
  return end;
}

/** What is behind `#` in the address, `conference:token`, taken out of the address bar; else what this tab has kept. */
export function takeAccess(): SurfaceAccess | null {
  const given = /^([^:]+):(.+)$/.exec(decodeURIComponent(location.hash.slice(1)));
  if (given) {
    history.replaceState(null, '', location.pathname);
    keepAccess({ conference: given[1]!, token: given[2]! });
  }
  try {
    return JSON.parse(sessionStorage.getItem(STORED) ?? 'null') as SurfaceAccess | null;
  } catch {
    return null;
  }
}

/** Keeps it for this tab alone; null forgets it. */
export function keepAccess(access: SurfaceAccess | null): void {
  if (access) sessionStorage.setItem(STORED, JSON.stringify(access));
  else sessionStorage.removeItem(STORED);
}
