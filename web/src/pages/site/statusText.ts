/** The site's status in words: a large line and a small one. */
import { duration } from '$lib/i18n/format';
import { problemText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type { SiteStatus } from './model';

/** What words besides the status depend on. */
export type StatusPlace = {
  /** Name of the site. */
  site: string;
  /** The page connects for the first time and nothing is wrong yet. */
  connecting: boolean;
};

/** The large line. */
export function statusTitle(status: SiteStatus, { connecting }: StatusPlace): string {
  switch (status.name) {
    case 'lost':
      return connecting ? m.site_status_connecting() : m.site_status_lost();
    case 'held':
      return m.site_status_held();
    case 'check':
      return m.site_check_title();
    case 'ended':
      return m.site_status_ended();
    case 'on_air':
      return m.site_status_on_air();
    case 'overtime':
      return m.site_status_overtime();
    case 'touring':
      return m.site_status_touring();
    case 'microphone':
      return m.site_status_microphone();
    case 'kept':
      return m.site_status_kept();
    case 'next':
      return m.site_status_next();
    case 'queued':
      if (status.held) return m.site_status_kept();
      return status.response ? m.site_status_queued_response() : m.site_status_queued();
    case 'waiting':
      return m.site_status_waiting();
    case 'connected':
      return m.site_status_connected();
  }
}

/** The small line. */
export function statusHelp(status: SiteStatus, { site }: StatusPlace): string {
  switch (status.name) {
    case 'lost':
      return status.problem ? problemText(status.problem) : m.site_status_lost_help({ site });
    case 'held':
      return m.site_status_held_help({ site });
    case 'check':
      return m.site_check_help();
    case 'ended':
      return m.site_status_ended_help({ site });
    case 'on_air':
    case 'overtime':
      return status.heard ? m.site_status_on_air_help({ site }) : m.site_status_on_air_muted({ site });
    case 'touring':
      return status.heard ? m.site_status_on_air_help({ site }) : m.site_status_touring_help({ site });
    case 'microphone':
      return m.site_status_microphone_help({ site });
    case 'kept':
      return m.site_status_kept_help({ site, time: duration(status.graceMs) });
    case 'next':
      return m.site_status_next_help({ site });
    case 'queued':
      return queuedHelp(status);
    case 'waiting':
      return m.site_status_waiting_help({ site });
    case 'connected':
      return status.heard ? m.site_status_on_air_help({ site }) : m.site_status_connected_help({ site });
  }
}

function queuedHelp({ place, total, held }: Extract<SiteStatus, { name: 'queued' }>): string {
  if (!held) return m.site_status_queued_help({ place, total });
  const where = place === 1 ? m.site_status_kept_first() : m.site_status_queued_help({ place, total });
  return held.remainingMs === null ? where : m.site_status_kept_left({ where, time: minutesLeft(held.remainingMs) });
}

/** Whole minutes, rounded up, or seconds in the last one. */
function minutesLeft(ms: number): string {
  return ms < 60_000 ? duration(ms) : m.site_minutes({ minutes: Math.ceil(ms / 60_000) });
}
