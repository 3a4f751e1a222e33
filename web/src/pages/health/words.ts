/** Words for what the health page knows as data. */
import type { Standing } from '$lib/health/standing';
import { alarmName } from '$lib/i18n/healthWording';
import { causeName } from '$lib/i18n/incidentWording';
import { qualityReasonText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type {
  Alarm,
  CandidatePath,
  DeviceState,
  EncoderLimit,
  EndpointRole,
  HealthEntry,
  Incident,
  NetworkType,
  QualityReason,
  SiteSlug,
} from '$lib/wire';
import type { Column } from './model/curve';
import type { Lane } from './model/marks';
import type { ScoreWord } from './model/score';

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

/** An entry of the health log in a line. */
export function entryText({ what }: HealthEntry, name: Name): string {
  switch (what.type) {
    case 'started':
      return m.health_log_started();
    case 'verdict':
      return `${name(what.site)}: ${standingText(what.quality ?? 'absent', what.reason)}`;
    case 'raised':
      return m.health_log_raised(alarmWords(what.alarm, name));
    case 'gone':
      return m.health_log_gone(alarmWords(what.alarm, name));
    case 'returned':
      return m.health_log_returned(alarmWords(what.alarm, name));
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
const NETWORK: Record<NetworkType, () => string> = {
  unknown: m.health_network_unknown,
  wired: m.health_network_wired,
  wifi: m.health_network_wifi,
  cellular: m.health_network_cellular,
  other: m.health_network_other,
};

/** A network by its name. */
export const networkName = (network: NetworkType): string => NETWORK[network]();

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
