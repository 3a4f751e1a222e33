/** The health of a conference over HTTP: as it is, history, the log, alarms, and the replay. */
import type {
  CheckRequest,
  CheckSummary,
  HealthEntry,
  HealthView,
  Moment,
  SignedCheck,
  SiteCurve,
  SiteSlug,
  TimeLine,
} from '$lib/wire';
import { type HttpResult, post, request } from './http';

/** Entries of one page of the health log. */
export const LOG_PAGE = 200;

const base = (conference: string): string => `/api/v1/conferences/${encodeURIComponent(conference)}`;

/** Everything now. */
export const healthNow = (conference: string, signal: AbortSignal) =>
  request<HealthView>(`${base(conference)}/health`, { signal });
/** The last `seconds` of every site. */
export const recentCurves = (conference: string, seconds: number) =>
  request<SiteCurve[]>(`${base(conference)}/health/recent?seconds=${seconds}`);
/** The whole conference of one site. */
export const siteCurve = (conference: string, site: SiteSlug, signal?: AbortSignal) =>
  request<SiteCurve>(`${base(conference)}/health/sites/${encodeURIComponent(site)}/curve`, signal ? { signal } : {});
/** Entries of the health log below `before`, the newest first; none: the newest of all. */
export const healthLog = (conference: string, before: number | null) =>
  request<HealthEntry[]>(
    `${base(conference)}/health/log?limit=${LOG_PAGE}${before === null ? '' : `&before=${before}`}`,
  );

/** What a person does to an alarm. */
export type AlarmDeed = 'acknowledge' | 'clear';
/** Acknowledges an alarm, or takes it off the list. */
export const doToAlarm = (conference: string, alarm: number, deed: AlarmDeed): Promise<HttpResult<void>> =>
  post<void>(`${base(conference)}/health/alarms/${alarm}/${deed}`, {});

/** Begins a line check; the answer is its number. */
export const startCheck = (conference: string, asked: CheckRequest) =>
  post<{ number: number }>(`${base(conference)}/line-checks`, asked);
/** Line checks that are over, the newest first. */
export const lineChecks = (conference: string) => request<CheckSummary[]>(`${base(conference)}/line-checks`);
/** The report of a line check, signed. */
export const signedCheck = (conference: string, number: number) =>
  request<SignedCheck>(`${base(conference)}/line-checks/${number}`);

/** What there is to replay. */
export const timeLine = (conference: string, signal?: AbortSignal) =>
  request<TimeLine>(`${base(conference)}/replay`, signal ? { signal } : {});
/** The conference as it was at `at`, ms since the epoch. */
export const momentAt = (conference: string, at: number, signal?: AbortSignal) =>
  request<Moment>(`${base(conference)}/replay/moment?at=${Math.round(at)}`, signal ? { signal } : {});

/** Where the curve of a site is saved as a table. */
export const siteCurveTable = (conference: string, site: SiteSlug): string =>
  `${base(conference)}/health/sites/${encodeURIComponent(site)}/curve?format=csv`;
/** Where the points of all sites are saved. */
export const exportOf = (conference: string, format: 'csv' | 'json'): string =>
  `${base(conference)}/health/export?format=${format}`;
