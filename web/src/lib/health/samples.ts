/** Values of health as tests need them: whole, and well unless a test says otherwise. Only tests import this. */
import { conferenceView } from '$lib/state/samples';
import type {
  Alarm,
  HealthView,
  Incident,
  LineHealth,
  Moment,
  SiteCurve,
  SiteHealth,
  TimeLine,
  TimeMark,
} from '$lib/wire';

/** A time of day, ms since the epoch, at a whole ten seconds. */
export const NOON = 1_700_000_000_000;

/** A second of a good line. */
export const lineHealth = (changes: Partial<LineHealth> = {}): LineHealth => ({
  kbps: 400,
  loss: 0,
  jitter_ms: 5,
  keyframes: 0,
  freezes: 0,
  rtt_ms: 30,
  fps: 10,
  layer: 'low',
  level_dbfs: -30,
  ...changes,
});

/** A site that is well. */
export const siteHealth = (changes: Partial<SiteHealth> = {}): SiteHealth => ({
  quality: 'good',
  reason: null,
  since: NOON - 60_000,
  faults: [],
  up: lineHealth(),
  down: lineHealth({ kbps: 900 }),
  page: null,
  score: 4.4,
  ...changes,
});

/** The health of these sites. */
export const healthView = (sites: Record<string, SiteHealth>, changes: Partial<HealthView> = {}): HealthView => ({
  at: NOON,
  entry: 0,
  sites,
  alarms: [],
  incidents: [],
  check: null,
  ...changes,
});

/** An alarm that nobody has seen and whose cause is there. */
export const alarm = (id: number, changes: Partial<Alarm> = {}): Alarm => ({
  id,
  site: 'cao-bang',
  kind: 'lost',
  raised_at: NOON - 10_000,
  count: 1,
  gone_at: null,
  acknowledged_by: null,
  acknowledged_at: null,
  cleared_at: null,
  cleared_by: null,
  ...changes,
});

/** An incident of a carrier. */
export const incident = (id: number, changes: Partial<Incident> = {}): Incident => ({
  id,
  began: NOON - 20_000,
  ended: null,
  cause: { kind: 'carrier', name: 'Viettel' },
  inside: 1,
  outside: 0,
  sites: { 'cao-bang': { began: NOON - 20_000, back: null, times: 1 } },
  closed_at: null,
  merged_into: null,
  ...changes,
});

/** A curve of these seconds; every column but the verdict holds the same values. */
export const curve = (at: number[], values: (number | null)[], changes: Partial<SiteCurve> = {}): SiteCurve => ({
  site: 'cao-bang',
  at,
  quality: at.map(() => 0),
  kbps_up: [...values],
  kbps_down: [...values],
  rtt_ms: [...values],
  loss: [...values],
  jitter_ms: [...values],
  fps: [...values],
  level_dbfs: [...values],
  ...changes,
});

/** A mark. */
export const mark = (at: number, kind: string, changes: Partial<TimeMark> = {}): TimeMark => ({
  at,
  kind,
  actor: null,
  site: null,
  ...changes,
});

/** What there is to replay: ten minutes. */
export const line = (marks: TimeMark[] = []): TimeLine => ({ from: NOON, to: NOON + 600_000, marks, left_out: 0 });

/** A moment of a conference with the hall and Cao Bằng. */
export const moment = (at: number, changes: Partial<Moment> = {}): Moment => ({
  at,
  revision: 1,
  entry: 1,
  state: conferenceView(['hall', 'cao-bang']),
  verdicts: { hall: { quality: 'good', reason: null } },
  alarms: [],
  incidents: [],
  hash: '00',
  ...changes,
});
