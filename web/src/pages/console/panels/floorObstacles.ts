/** Why a command about the floor would be refused as things stand, so that its button can say so beforehand. Pure. */
import type { FloorView, Phase, Refusal, SiteSlug, SiteView } from '$lib/wire';

/** Longest queue; as `conference::floor::MAX_QUEUE`. */
export const MAX_QUEUE = 64;

/** What the answers depend on. */
export type FloorFacts = { floor: FloorView; phase: Phase | undefined };

/** Why nothing runs now: the conference is not open yet, or has ended. */
export function openObstacle(phase: Phase | undefined): Refusal | null {
  if (phase === 'live' || phase === 'rehearsal') return null;
  return { code: phase === 'ended' ? 'ended' : 'not_open' };
}

/** Why a site would not be given the floor; none: it would. */
export function grantObstacle(site: SiteSlug, { floor, phase }: FloorFacts): Refusal | null {
  if (phase === 'ended') return { code: 'ended' };
  if (floor.holder?.site === site) return { code: 'already_so' };
  if (floor.holder) return { code: 'floor_held', holder: floor.holder.site };
  const first = floor.queue[0];
  const called = floor.queue.some((entry) => entry.site === site && entry.invited);
  if (floor.mode !== 'queue' || called || first === undefined || first.site === site) return null;
  return { code: 'not_first_in_queue', first: first.site };
}

/** Why a site would not be called to speak. */
export function inviteObstacle(site: SiteSlug, { floor, phase }: FloorFacts): Refusal | null {
  if (phase === 'ended') return { code: 'ended' };
  if (floor.holder?.site === site) return { code: 'already_so' };
  const entry = floor.queue.find((one) => one.site === site);
  if (entry) return entry.invited ? { code: 'already_so' } : null;
  return floor.queue.length >= MAX_QUEUE ? { code: 'queue_full', limit: MAX_QUEUE } : null;
}

/** Most microphones that are open beyond the picture; as `conference::microphones::MAX_OPENED`. */
export const MAX_OPENED = 2;

/** Why a site's microphone could not be opened beside the picture; one that is open can always be closed. */
export function microphoneObstacle(
  site: SiteView,
  { floor, phase }: FloorFacts,
  { online, onAir }: { online: boolean; onAir: boolean },
): Refusal | null {
  if (floor.open_microphones.includes(site.slug)) return null;
  if (phase === 'ended') return { code: 'ended' };
  if (site.hall || onAir) return { code: 'already_so' };
  if (!floor.microphones_allowed) return { code: 'microphones_not_allowed' };
  if (floor.open_microphones.length >= MAX_OPENED) return { code: 'too_many_microphones', limit: MAX_OPENED };
  return online ? null : { code: 'source_offline', site: site.slug };
}
