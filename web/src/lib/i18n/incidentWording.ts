/** Words for alarms and incidents, and for what becomes of requests about them; the same on all pages of the centre. */
import { percent } from '$lib/i18n/format';
import { alarmName } from '$lib/i18n/healthWording';
import type { CauseCount } from '$lib/health/incidents';
import type { AlarmDeed } from '$lib/link/health';
import type { HttpFailure } from '$lib/link/http';
import { m } from '$lib/paraglide/messages';
import type { Alarm, Incident, IncidentCause, SiteSlug } from '$lib/wire';

type Name = (site: SiteSlug) => string;

/** Why a request failed. */
export function failureText({ status, detail }: HttpFailure): string {
  switch (status) {
    case 0:
      return m.health_failed_unreachable();
    case 401:
      return m.problem_unauthorized();
    case 403:
      return m.refusal_forbidden();
    case 404:
      return m.health_failed_gone();
    case 409:
      return m.health_failed_conflict();
    default:
      return m.health_failed({ detail });
  }
}

const DEED: Record<AlarmDeed, (inputs: { alarm: string; site: string }) => string> = {
  acknowledge: m.health_command_acknowledge,
  clear: m.health_command_clear,
};
/** What is done to an alarm, as it is told. */
export const alarmLabel = (deed: AlarmDeed, alarm: Alarm, name: Name): string =>
  DEED[deed]({ alarm: alarmName(alarm.kind), site: name(alarm.site) });

/** What the drops of an incident have in common. */
export function causeName(cause: IncidentCause, name: Name): string {
  switch (cause.kind) {
    case 'relay':
      return m.health_cause_relay({ name: cause.name });
    case 'carrier':
      return m.health_cause_carrier({ name: cause.name });
    case 'region':
      return m.health_cause_region({ name: cause.name });
    case 'centre':
      return m.health_cause_centre();
    case 'site':
      return m.health_cause_site({ name: name(cause.name) });
  }
}

/** The cause with who dropped: `Nhà mạng Viettel: 14 trên 14 điểm cầu`. */
export function incidentText({ cause, sites }: Incident, count: CauseCount | null, name: Name): string {
  const what = causeName(cause, name);
  if (cause.kind === 'site') return what;
  return count === null
    ? m.health_incident_sites({ cause: what, count: Object.keys(sites).length })
    : m.health_incident_share({ cause: what, dropped: count.dropped, all: count.all });
}

/** Shares of an incident: inside its cause and outside it. */
export const sharesText = ({ inside, outside }: Incident): string =>
  m.health_incident_shares({ inside: percent(inside), outside: percent(outside) });
