/** The HTTP API as pages use it. */
import type { EndpointRole, JoinLink, Me, Problem, SiteDelegates, SiteSlug, Surface, SurfaceMade } from '$lib/wire';

/** Why a request failed: the server said so, or could not be reached (`status` 0). */
export type HttpFailure = { status: number; detail: string };
/** Answer of the API: a value or the failure. */
export type HttpResult<T> = { ok: true; value: T } | { ok: false; failure: HttpFailure };

/** A page that waits longer than this for an answer tells the person instead. */
const REQUEST_TIMEOUT_MS = 10_000;

/** One request; `init.signal` gives it up before its time is over. */
export async function request<T>(path: string, init: RequestInit = {}): Promise<HttpResult<T>> {
  try {
    const answer = await fetch(path, {
      ...init,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      credentials: 'same-origin',
      cache: 'no-store',
      signal: AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), ...(init.signal ? [init.signal] : [])]),
    });
    if (answer.ok) return { ok: true, value: (answer.status === 204 ? undefined : await answer.json()) as T };
    const problem = (await answer.json().catch(() => null)) as Problem | null;
    return { ok: false, failure: { status: answer.status, detail: problem?.detail ?? answer.statusText } };
  } catch (fault) {
    return { ok: false, failure: { status: 0, detail: String(fault) } };
  }
}

/** Sends a value. */
export const post = <T>(path: string, body: unknown) =>
  request<T>(path, { method: 'POST', body: JSON.stringify(body) });

/** Signs a person in; the answer sets the sign-in cookie. */
export const signIn = (name: string, password: string) => post<Me>('/api/v1/sign-in', { name, password });
/** Exchanges the token of a one-time link for a sign-in. */
export const signInByLink = (token: string) => post<Me>('/api/v1/sign-in/link', { token });
/** Ends the sign-in. */
export const signOut = () => post<void>('/api/v1/sign-out', {});
/** Who is signed in. */
export const whoAmI = () => request<Me>('/api/v1/me');
/** Revokes the link of an endpoint; `reissue`: a new one takes its place, and its path is the answer. */
export const revokeLink = (conference: string, site: SiteSlug, endpoint: EndpointRole, reissue: boolean) =>
  post<{ path: string | null }>(
    `/api/v1/conferences/${[conference, 'links', site, endpoint, 'revoke'].map(encodeURIComponent).join('/')}`,
    { reissue },
  );
/** Join links of a conference's sites. */
export const joinLinks = (conference: string) =>
  request<JoinLink[]>(`/api/v1/conferences/${encodeURIComponent(conference)}/links`);
/** Delegates of a conference's sites, by name. */
export const delegatesOf = (conference: string) =>
  request<SiteDelegates[]>(`/api/v1/conferences/${encodeURIComponent(conference)}/delegates`);
/** Control surfaces of a conference. */
export const surfacesOf = (conference: string) =>
  request<Surface[]>(`/api/v1/conferences/${encodeURIComponent(conference)}/surfaces`);
/** Makes a control surface, which acts for the person who is signed in; its token is told this once. */
export const makeSurface = (conference: string, label: string) =>
  post<SurfaceMade>(`/api/v1/conferences/${encodeURIComponent(conference)}/surfaces`, { label });
/** Revokes a control surface: its token is worth nothing from then on. */
export const revokeSurface = (conference: string, surface: number) =>
  request<void>(`/api/v1/conferences/${encodeURIComponent(conference)}/surfaces/${surface}`, { method: 'DELETE' });
