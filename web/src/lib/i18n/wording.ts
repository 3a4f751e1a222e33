/** Words for codes of the server. Every code has one: the maps are exhaustive by type. */
import { m } from '$lib/paraglide/messages';
import type {
  ErrorCode,
  FloorMode,
  Layer,
  Layout,
  Quality,
  QualityReason,
  ReadinessReason,
  Refusal,
  Role,
  TakeFailure,
} from '$lib/wire';

/** A refusal in words. `siteName` gives the short name of a site. */
export function refusalText(refusal: Refusal, siteName: (slug: string) => string): string {
  if (isPlain(refusal)) return PLAIN_REFUSAL[refusal.code]();
  switch (refusal.code) {
    case 'not_in_control':
      return refusal.holder ? m.refusal_not_in_control({ holder: refusal.holder }) : m.refusal_nobody_in_control();
    case 'unknown_site':
      return m.refusal_unknown_site({ site: refusal.site });
    case 'unknown_item':
      return m.refusal_unknown_item({ item: refusal.item });
    case 'source_offline':
      return m.refusal_source_offline({ site: siteName(refusal.site) });
    case 'layout_mismatch':
      return m.refusal_layout_mismatch({ min: refusal.min, max: refusal.max });
    case 'queue_full':
      return m.refusal_queue_full({ limit: refusal.limit });
    case 'not_first_in_queue':
      return m.refusal_not_first_in_queue({ site: siteName(refusal.first) });
    case 'floor_held':
      return m.refusal_floor_held({ site: siteName(refusal.holder) });
    case 'not_on_air':
      return m.refusal_not_on_air({ site: siteName(refusal.site) });
    case 'bad_plan':
      return m.refusal_bad_plan({ count: refusal.problems.length, first: refusal.problems[0] ?? '' });
    case 'item_changed':
      return refusal.current === null ? m.refusal_item_ended() : m.refusal_item_changed();
    case 'too_many_microphones':
      // Four sites in the picture have all the slots, the holding slide has none.
      return refusal.limit === 0
        ? m.refusal_no_room_for_microphone()
        : m.refusal_too_many_microphones({ limit: refusal.limit });
    case 'unknown_operator':
      return m.refusal_unknown_operator({ name: refusal.name });
    case 'unknown_region':
      return m.refusal_unknown_region({ region: refusal.region });
    case 'too_many':
      return m.refusal_too_many({ limit: refusal.limit });
    case 'bad_text':
      return m.refusal_bad_text({ max: refusal.max });
    case 'out_of_range':
      return m.refusal_out_of_range({ min: refusal.min, max: refusal.max });
  }
}

/** Why the connection is refused. */
export const problemText = (code: ErrorCode): string => PROBLEM[code]();
/** A layout's name. */
export const layoutName = (layout: Layout): string => LAYOUT[layout]();
/** A floor mode's name. */
export const floorModeName = (mode: FloorMode): string => FLOOR_MODE[mode]();
/** Verdict on a site's signal. */
export const qualityLabel = (quality: Quality): string => QUALITY[quality]();
/** Why a signal is not good. */
export const qualityReasonText = (reason: QualityReason): string => QUALITY_REASON[reason]();
/** Why a source is not ready. */
export const readinessReasonText = (reason: ReadinessReason): string => READINESS_REASON[reason]();
/** Why a take failed. */
export const takeFailureText = (failure: TakeFailure): string => TAKE_FAILURE[failure]();
/** A role's name. */
export const roleName = (role: Role): string => ROLE[role]();
/** A layer as its height. */
export const layerName = (layer: Layer): string => LAYER[layer];

/** A refusal of which nothing more is said than that it is one of its kind. */
type PlainRefusal = Extract<Refusal, { code: keyof typeof PLAIN_REFUSAL }>;
const isPlain = (refusal: Refusal): refusal is PlainRefusal => Object.hasOwn(PLAIN_REFUSAL, refusal.code);

/** What is neither here nor a case of `refusalText` is a fault of its type. */
const PLAIN_REFUSAL = {
  forbidden: m.refusal_forbidden,
  unknown_message: m.refusal_unknown_message,
  preview_changed: m.refusal_preview_changed,
  preview_empty: m.refusal_preview_empty,
  take_pending: m.refusal_take_pending,
  nothing_to_undo: m.refusal_nothing_to_undo,
  already_so: m.refusal_already_so,
  floor_closed: m.refusal_floor_closed,
  already_in_queue: m.refusal_already_in_queue,
  not_in_queue: m.refusal_not_in_queue,
  no_holder: m.refusal_no_holder,
  clock_state: m.refusal_clock_state,
  hall_protected: m.refusal_hall_protected,
  not_open: m.refusal_not_open,
  rehearsing: m.refusal_rehearsing,
  not_rehearsing: m.refusal_not_rehearsing,
  plan_locked: m.refusal_plan_locked,
  no_tour: m.refusal_no_tour,
  nobody_to_show: m.refusal_nobody_to_show,
  microphones_not_allowed: m.refusal_microphones_not_allowed,
  ended: m.refusal_ended,
  wrong_confirmation: m.refusal_wrong_confirmation,
  journal_unavailable: m.refusal_journal_unavailable,
  busy: m.refusal_busy,
  too_late: m.refusal_too_late,
} satisfies Partial<Record<Refusal['code'], () => string>>;

const LAYER: Record<Layer, string> = { low: '180p', mid: '360p', high: '720p' };

const PROBLEM: Record<ErrorCode, () => string> = {
  bad_message: m.problem_bad_message,
  too_large: m.problem_bad_message,
  wrong_protocol: m.problem_wrong_protocol,
  unauthorized: m.problem_unauthorized,
  revoked: m.problem_revoked,
  in_use: m.problem_in_use,
  lease_held: m.problem_lease_held,
  replaced: m.problem_replaced,
  server_full: m.problem_server_full,
  too_many: m.problem_too_many,
  too_slow: m.problem_too_slow,
  stopping: m.problem_stopping,
  sites_changed: m.problem_sites_changed,
};

const LAYOUT: Record<Layout, () => string> = {
  single: m.layout_single,
  side_by_side: m.layout_side_by_side,
  speaker_hall: m.layout_speaker_hall,
  grid: m.layout_grid,
  content_speaker: m.layout_content_speaker,
};

const FLOOR_MODE: Record<FloorMode, () => string> = {
  closed: m.floor_closed,
  operator: m.floor_operator,
  queue: m.floor_queue,
  open: m.floor_open,
};

const QUALITY: Record<Quality, () => string> = {
  good: m.quality_good,
  weak: m.quality_weak,
  bad: m.quality_bad,
  lost: m.quality_lost,
};

const QUALITY_REASON: Record<QualityReason, () => string> = {
  not_connected: m.quality_reason_not_connected,
  cut_off: m.quality_reason_cut_off,
  no_media: m.quality_reason_no_media,
  no_picture: m.quality_reason_no_picture,
  no_sound: m.quality_reason_no_sound,
  loss: m.quality_reason_loss,
  delay: m.quality_reason_delay,
  low_frame_rate: m.quality_reason_low_frame_rate,
  receiving_loss: m.quality_reason_receiving_loss,
  concealed_sound: m.quality_reason_concealed_sound,
  freezes: m.quality_reason_freezes,
};

const READINESS_REASON: Record<ReadinessReason, () => string> = {
  no_picture: m.readiness_no_picture,
  picture_stale: m.readiness_picture_stale,
  high_layer_missing: m.readiness_high_layer_missing,
  no_sound: m.readiness_no_sound,
  no_sync: m.readiness_no_sync,
  silent: m.readiness_silent,
  clipping: m.readiness_clipping,
  loss: m.readiness_loss,
};

const TAKE_FAILURE: Record<TakeFailure, () => string> = {
  no_keyframe: m.take_failure_no_keyframe,
  source_lost: m.take_failure_source_lost,
  superseded: m.take_failure_superseded,
  restarted: m.take_failure_restarted,
};

const ROLE: Record<Role, () => string> = {
  lead: m.role_lead,
  assistant: m.role_assistant,
  chair: m.role_chair,
  secretary: m.role_secretary,
  technician: m.role_technician,
  site: m.role_site,
  screen: m.role_screen,
};
