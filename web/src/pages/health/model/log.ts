/** The health log as the page keeps it: entries from the newest down, without gaps, and what can be read out of them. Pure. */
import type { HealthEntry, SiteSlug, TimeMark } from '$lib/wire';

/** Entries that are kept; an hour of trouble at all sites. More are fetched and the oldest of them are left out. */
export const MAX_ENTRIES = 4_000;

/** Both lists in one, the newest first, each entry once. */
export function mergeEntries(known: readonly HealthEntry[], more: readonly HealthEntry[]): HealthEntry[] {
  const byNumber = new Map([...known, ...more].map((entry) => [entry.entry, entry]));
  return [...byNumber.values()].sort((left, right) => right.entry - left.entry).slice(0, MAX_ENTRIES);
}

/** The newest entries follow on the known ones; false: there is a gap, and only the newest may be kept. */
export function follows(known: readonly HealthEntry[], newest: readonly HealthEntry[]): boolean {
  const [latest, oldest] = [known[0], newest.at(-1)];
  return latest === undefined || oldest === undefined || oldest.entry <= latest.entry + 1;
}

/** The site that an entry is about; an incident is about several, a start about none. */
export function siteOf({ what }: HealthEntry): SiteSlug | null {
  switch (what.type) {
    case 'verdict':
      return what.site;
    case 'raised':
    case 'acknowledged':
    case 'gone':
    case 'returned':
    case 'reopened':
    case 'cleared':
      return what.alarm.site;
    case 'opened':
    case 'changed':
    case 'closed':
    case 'started':
      return null;
  }
}

/** True for entries about alarms. */
export const isAboutAlarm = ({ what }: HealthEntry): boolean => 'alarm' in what;

/** A line of a site's own history. */
export type SiteLine = { at: number; entry: HealthEntry; mark: null } | { at: number; entry: null; mark: TimeMark };

/** Marks of the health log; the log itself has more to say of them. */
const OF_HEALTH = /^(alarm|incident)_/;

/** True if a mark comes from the health log. */
export const isOfHealth = (kind: string): boolean => OF_HEALTH.test(kind);

/** A site's joins, drops and takes from the time line, its verdicts and alarms from the health log; the latest first. */
export function siteHistory(
  site: SiteSlug,
  entries: readonly HealthEntry[],
  marks: readonly TimeMark[],
  limit: number,
): SiteLine[] {
  const told = entries
    .filter((entry) => siteOf(entry) === site)
    .map((entry): SiteLine => ({ at: entry.at, entry, mark: null }));
  const done = marks
    .filter((mark) => mark.site === site && !isOfHealth(mark.kind))
    .map((mark): SiteLine => ({ at: mark.at, entry: null, mark }));
  return [...told, ...done].sort((left, right) => right.at - left.at).slice(0, limit);
}
