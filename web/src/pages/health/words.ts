/** Words for what the health page knows as data. */
import { alarmName } from '$lib/i18n/healthWording';
import { percent } from '$lib/i18n/format';
import { qualityReasonText } from '$lib/i18n/wording';
import type { HttpFailure } from '$lib/link/http';
import type { AlarmDeed } from '$lib/link/health';
import { m } from '$lib/paraglide/messages';
import type {
  Alarm,
  CandidatePath,
  DeviceState,
  EncoderLimit,
  EndpointRole,
  HealthEntry,
  Incident,
  IncidentCause,
  QualityReason,
  SiteSlug,
} from '$lib/wire';
import type { CauseCount } from './model/causes';
import type { Column } from './model/curve';
import type { Lane } from './model/marks';
import type { ScoreWord } from './model/score';
import type { Standing } from './model/standing';

type Name = (site: SiteSlug) => string;

const STANDING: Record<Standing, () => string> = {
  good: m.health_good,
  weak: m.health_weak,
  bad: m.health_bad,
  lost: m.health_lost,
  absent: m.health_absent,
};
/** How a site stands. */
export const standingName = (standing: Standing): string => STANDING[standing]();

/** The same with its first reason: `Kém – mất gói tin`. */
export const standingText = (standing: Standing, reason: QualityReason | null): string =>
  reason === null ? standingName(standing) : `${standingName(standing)} – ${qualityReasonText(reason)}`;

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

/** An entry of the health log in a line. */
export function entryText({ what }: HealthEntry, name: Name): string {
  switch (what.type) {
    case 'started':
      return m.health_log_started();
    case 'verdict':
      return `${name(what.site)}: ${standingText(what.quality ?? 'absent', what.reason)}`;
    case 'raised':
      return m.health_log_raised(alarmWords(what.alarm, name));
    case 'reopened':
      return m.health_log_reopened(alarmWords(what.alarm, name));
    case 'acknowledged':
      return m.health_log_acknowledged({ ...alarmWords(what.alarm, name), by: what.alarm.acknowledged_by ?? '' });
    case 'cleared':
      return what.alarm.cleared_by === null
        ? m.health_log_cleared(alarmWords(what.alarm, name))
        : m.health_log_cleared_by({ ...alarmWords(what.alarm, name), by: what.alarm.cleared_by });
    case 'opened':
      return m.health_log_opened({ cause: causeName(what.incident.cause, name), count: sizeOf(what.incident) });
    case 'changed':
      return m.health_log_changed({ cause: causeName(what.incident.cause, name), count: sizeOf(what.incident) });
    case 'closed':
      return what.incident.merged_into === null
        ? m.health_log_closed({ cause: causeName(what.incident.cause, name) })
        : m.health_log_merged({ cause: causeName(what.incident.cause, name), into: what.incident.merged_into });
  }
}

const alarmWords = ({ kind, site }: Alarm, name: Name) => ({ alarm: alarmName(kind), site: name(site) });
const sizeOf = ({ sites }: Incident) => Object.keys(sites).length;

const LANE: Record<Lane, () => string> = {
  air: m.health_lane_air,
  floor: m.health_lane_floor,
  line: m.health_lane_line,
  alarm: m.health_lane_alarm,
  order: m.health_lane_order,
};
/** A lane of the time line. */
export const laneName = (lane: Lane): string => LANE[lane]();

const COLUMN: Record<Column, () => string> = {
  rtt_ms: m.health_rtt,
  loss: m.health_loss,
  jitter_ms: m.health_jitter,
  kbps_up: m.health_up,
  kbps_down: m.health_down,
  fps: m.health_fps,
  level_dbfs: m.health_level,
};
/** What a column of a curve holds. */
export const columnName = (column: Column): string => COLUMN[column]();

const SCORE: Record<ScoreWord, () => string> = {
  excellent: m.health_score_excellent,
  good: m.health_score_good,
  fair: m.health_score_fair,
  poor: m.health_score_poor,
  bad: m.health_score_bad,
};
/** How sound is judged. */
export const scoreName = (word: ScoreWord): string => SCORE[word]();

const PATH: Record<CandidatePath, () => string> = {
  unknown: m.health_path_unknown,
  udp: m.health_path_udp,
  tcp: m.health_path_tcp,
  relayed: m.health_path_relayed,
};
/** How packets travel. */
export const pathName = (path: CandidatePath): string => PATH[path]();

const LIMIT: Record<EncoderLimit, () => string> = {
  none: m.health_limit_none,
  cpu: m.health_limit_cpu,
  bandwidth: m.health_limit_bandwidth,
  other: m.health_limit_other,
};
/** What limits an encoder. */
export const limitName = (limit: EncoderLimit): string => LIMIT[limit]();

const DEVICE: Record<DeviceState, () => string> = {
  live: m.health_device_live,
  off: m.health_device_off,
  denied: m.health_device_denied,
  busy: m.health_device_busy,
  missing: m.health_device_missing,
};
/** A camera or microphone. */
export const deviceName = (state: DeviceState): string => DEVICE[state]();

const ROLE: Record<EndpointRole, () => string> = {
  main: m.health_endpoint_main,
  backup: m.health_endpoint_backup,
  screen: m.health_endpoint_screen,
};
/** A connection of a site. */
export const endpointName = (role: EndpointRole): string => ROLE[role]();
