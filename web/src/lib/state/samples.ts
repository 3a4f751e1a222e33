/** Values of the wire as tests need them: whole, and quiet unless a test says otherwise. Only tests import this. */
import type {
  ConferenceView,
  DeskView,
  EndpointLive,
  FloorView,
  HolderView,
  ItemView,
  LiveView,
  MessageView,
  OperatorLive,
  QueueEntry,
  SiteLive,
  SiteView,
  SourceRef,
  StageView,
} from '$lib/wire';

/** The camera of a site. */
export const camera = (site: string): SourceRef => ({ site, kind: 'camera' });

/** A stage with the cameras of these sites on air, in preview, and under way to the air. */
export const stageView = (program: string[], preview: string[] = [], pending: string[] = []): StageView => ({
  program: {
    layout: 'single',
    sources: program.map((site, slot) => ({ source: camera(site), slot })),
    microphones: [],
    take: null,
    since: 0,
    holding: null,
    tour: false,
  },
  preview: preview.length ? { id: 1, layout: 'single', sources: preview.map(camera) } : null,
  pending: pending.length ? { take: 2, sources: pending.map(camera), ordered_at: 0 } : null,
  can_undo: false,
  lower_third: { type: 'automatic' },
  names_shown: false,
  tour: null,
});

/** A request for the floor. */
export const queueEntry = (site: string, changes: Partial<QueueEntry> = {}): QueueEntry => ({
  site,
  kind: 'request',
  requested_at: 0,
  invited: false,
  spoken_ms: 0,
  allowed_ms: 0,
  ...changes,
});

/** The holder of the floor, on air, with ten minutes of which none is spoken. */
export const holderView = (site: string, changes: Partial<HolderView> = {}): HolderView => ({
  site,
  clock: { allowed_ms: 600_000, warning_ms: 60_000, spoken_ms: 0, running_since: 0 },
  on_air: true,
  grace_until: null,
  ...changes,
});

/** A floor that nobody holds and for which nobody asks. */
export const floorView = (changes: Partial<FloorView> = {}): FloorView => ({
  mode: 'queue',
  queue: [],
  cued: [],
  holder: null,
  microphones_allowed: false,
  open_microphones: [],
  ...changes,
});

/** A site that nobody has called yet; the hall is the one of that name. */
export const siteView = (slug: string, changes: Partial<SiteView> = {}): SiteView => ({
  slug,
  code: '01',
  name: slug,
  full_name: slug,
  region: 'r',
  carrier: 'c',
  contact: { name: '', phone: '' },
  column: 0,
  row: 0,
  hall: slug === 'hall',
  muted: false,
  presence: { state: 'unknown' },
  spoken_ms: 0,
  receive_kbps: null,
  delegates: 0,
  delegates_present: 0,
  delegate_list: [],
  ...changes,
});

/** An item of the agenda that has not begun. */
export const itemView = (id: string, changes: Partial<ItemView> = {}): ItemView => ({
  id,
  title: id,
  speaker: null,
  site: null,
  planned_ms: 0,
  layout: null,
  documents: [],
  skipped: false,
  started_at: null,
  finished_at: null,
  ...changes,
});

/** A text that nobody has acknowledged. */
export const messageView = (id: number, changes: Partial<MessageView> = {}): MessageView => ({
  id,
  from: null,
  sender: 's',
  to: [],
  text: 't',
  sent_at: 0,
  acknowledged: [],
  ...changes,
});

/** What the centre has arranged: nothing. */
export const deskView = (changes: Partial<DeskView> = {}): DeskView => ({
  plan_locked: false,
  quorum: { sites: 0, delegates: 0 },
  templates: [],
  delegations: {},
  speech: { allowed_ms: 600_000, warning_ms: 60_000, grace_ms: 60_000 },
  floor_mode: null,
  ...changes,
});

/** A conference that is live, with these sites, the hall first. */
export const conferenceView = (slugs: string[], changes: Partial<ConferenceView> = {}): ConferenceView => ({
  conference: {
    id: 'x',
    title: 't',
    phase: 'live',
    opened_at: 0,
    ended_at: null,
    codec: 'h264',
    hall: 'hall',
    support_phone: '',
  },
  sites: slugs.map((slug) => siteView(slug)),
  agenda: { items: [], current: null },
  floor: floorView(),
  stage: stageView(['hall']),
  messages: [],
  desk: deskView(),
  ...changes,
});

/** An endpoint whose media flows. */
export const endpointLive = (changes: Partial<EndpointLive> = {}): EndpointLive => ({
  role: 'main',
  control: true,
  media: true,
  camera: 'live',
  microphone: 'live',
  sound_playing: true,
  content: false,
  kbps: 0,
  fps: 0,
  layer: null,
  loss: 0,
  rtt_ms: 0,
  since: 0,
  device_changes: 0,
  browser: null,
  second_device_at: null,
  ...changes,
});

/** A site that is well; it has no endpoint unless a test gives it one. */
export const siteLive = (changes: Partial<SiteLive> = {}): SiteLive => ({
  endpoints: [],
  quality: 'good',
  reason: null,
  lost_since: null,
  level_dbfs: -30,
  ready: { state: 'ready' },
  calling_since: null,
  faults: [],
  ...changes,
});

/** An operator at a console. */
export const operatorLive = (name: string, changes: Partial<OperatorLive> = {}): OperatorLive => ({
  name,
  role: 'assistant',
  pages: ['console'],
  since: 0,
  solo: null,
  talkback: [],
  ...changes,
});

/** Live facts of these sites; nobody is in control. */
export const liveView = (sites: Record<string, SiteLive>, changes: Partial<LiveView> = {}): LiveView => ({
  sites,
  operators: [],
  lease: null,
  lease_missing_since: null,
  journal_ok: true,
  relay_keeps_up: true,
  now: 0,
  ...changes,
});
