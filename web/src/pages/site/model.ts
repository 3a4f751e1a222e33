/**
 * What the site page says: one status and one primary button, as a pure function of what the page knows.
 *
 * The order of the checks is the order of urgency: a lost connection comes before everything, being on air before
 * being next, being next before waiting.
 */
import type { LinkStatus } from '$lib/link/machine';
import { type ClockReading, heldOver, readClock } from '$lib/state/speechClock';
import { nextItem } from '$lib/state/nextItem';
import type {
  AgendaView,
  ConferenceInfo,
  ErrorCode,
  FloorView,
  HolderView,
  Picture,
  SiteLive,
  SiteSlug,
  StageView,
} from '$lib/wire';

/** Everything that the status depends on. */
export type SiteFacts = {
  slug: SiteSlug;
  link: LinkStatus;
  /** People on the site said that camera and microphone are right. */
  checked: boolean;
  info: ConferenceInfo | null;
  floor: FloorView;
  agenda: AgendaView;
  stage: StageView | null;
  picture: Picture | null;
  /** Muted by the centre. */
  muted: boolean;
  /** Server's clock, ms since the epoch. */
  now: number;
};

/** The one status of the page; data only, wording is the component's. */
export type SiteStatus =
  | { name: 'lost'; since: number; retryAt: number | null; problem: ErrorCode | null }
  | { name: 'held' }
  | { name: 'check' }
  | { name: 'ended' }
  | { name: 'on_air'; clock: ClockReading | null; heard: boolean }
  | { name: 'overtime'; clock: ClockReading; heard: boolean }
  /** A tour shows the site, and nobody speaks; `heard` only if its microphone was opened besides. */
  | { name: 'touring'; heard: boolean }
  /** Heard without being seen. */
  | { name: 'microphone' }
  /** It had the floor when its line went, and is waited for until `graceMs` is over. */
  | { name: 'kept'; graceMs: number }
  | { name: 'next'; why: 'granted' | 'cued' | 'invited' | 'agenda' }
  | {
      name: 'queued';
      place: number;
      total: number;
      response: boolean;
      minutes: number | null;
      held: ClockReading | null;
    }
  | { name: 'waiting' }
  | { name: 'connected'; canRequest: boolean; canRespond: boolean; heard: boolean };

/** How the centre receives the site, in the site's own words. */
export type Reception = 'seen_and_heard' | 'seen' | 'heard' | 'nothing';

/** Below this a microphone is as good as off, dBFS. */
const SILENCE_DBFS = -60;

/** The status of the page. */
export function siteStatus(facts: SiteFacts): SiteStatus {
  const { link, info, slug, floor } = facts;
  if (link.name === 'held') return { name: 'held' };
  if (!facts.checked) return { name: 'check' };
  if (link.name === 'connecting') {
    return { name: 'lost', since: link.since, retryAt: link.retryAt, problem: link.problem };
  }
  if (info === null) return { name: 'lost', since: facts.now, retryAt: null, problem: null };
  if (info.phase === 'ended') return { name: 'ended' };
  if (floor.holder?.site === slug && floor.holder.grace_until !== null) return kept(floor.holder, facts.now);
  if (isOnlyHeard(facts)) return { name: 'microphone' };
  if (facts.picture?.on_air) return onAir(facts);
  const why = nextBecause(facts, info);
  if (why) return { name: 'next', why };
  const place = floor.queue.findIndex((entry) => entry.site === slug);
  if (place >= 0) return queued(place, floor);
  if (info.phase === 'preparing') return { name: 'waiting' };
  // The hall needs no floor: the server would refuse it.
  const canRequest = floor.mode !== 'closed' && info.hall !== slug;
  return { name: 'connected', canRequest, canRespond: canRequest && floor.holder !== null, heard: isHeard(facts) };
}

/**
 * True while everybody hears the site. A take under way opens the microphone with its first frame, if it is not muted; the steps of a
 * tour open none.
 */
export function isHeard({ slug, stage, muted }: Pick<SiteFacts, 'slug' | 'stage' | 'muted'>): boolean {
  if (!stage || muted) return false;
  const comes = stage.tour === null && (stage.pending?.sources.some((source) => source.site === slug) ?? false);
  return comes || stage.program.microphones.includes(slug);
}

/** True while everybody hears the site and nobody sees it. The hall is heard all day, and that is no news to it. */
export function isOnlyHeard(facts: Pick<SiteFacts, 'slug' | 'stage' | 'muted' | 'info'>): boolean {
  const { slug, stage, info } = facts;
  if (!stage || info?.hall === slug || !isHeard(facts)) return false;
  const shown = [...stage.program.sources.map(({ source }) => source), ...(stage.pending?.sources ?? [])];
  return shown.every((source) => source.site !== slug);
}

/** Whom the hall's own page can interrupt: another site that has the floor; none on any other site's page. */
export function interruptible(slug: SiteSlug, info: ConferenceInfo | null, floor: FloorView): SiteSlug | null {
  const { holder } = floor;
  return info?.hall === slug && holder !== null && holder.site !== slug ? holder.site : null;
}

function kept({ grace_until }: HolderView, now: number): SiteStatus {
  return { name: 'kept', graceMs: Math.max(0, (grace_until ?? now) - now) };
}

function onAir(facts: SiteFacts): SiteStatus {
  const { holder } = facts.floor;
  const clock = holder?.site === facts.slug ? readClock(holder.clock, facts.now) : null;
  const heard = isHeard(facts);
  if (facts.stage?.program.tour && clock === null) return { name: 'touring', heard };
  if (clock?.phase === 'overrun') return { name: 'overtime', clock, heard };
  return { name: 'on_air', clock, heard };
}

/** A site is told that it is next by the floor, a cue, an invitation, or by being the next speaker of the agenda. */
function nextBecause(facts: SiteFacts, info: ConferenceInfo): 'granted' | 'cued' | 'invited' | 'agenda' | null {
  const { slug, floor, agenda } = facts;
  if (floor.holder?.site === slug) return 'granted';
  if (floor.cued.includes(slug)) return 'cued';
  // A speech that was cut off is called by itself: its site is told how its place is held.
  if (floor.queue.some((entry) => entry.site === slug && entry.invited && !heldOver(entry))) return 'invited';
  if (info.phase !== 'live' && info.phase !== 'rehearsal') return null;
  return agenda.current !== null && nextItem(agenda)?.site === slug ? 'agenda' : null;
}

function queued(place: number, floor: FloorView): SiteStatus {
  const entry = floor.queue[place];
  const allowed = floor.holder?.clock.allowed_ms ?? 0;
  return {
    name: 'queued',
    place: place + 1,
    total: floor.queue.length,
    response: entry?.kind === 'response',
    minutes: allowed > 0 ? Math.ceil(((place + 1) * allowed) / 60_000) : null,
    held: entry ? heldOver(entry) : null,
  };
}

/** True while everybody sees the site's shared screen. */
export function sharedScreenOnAir(picture: Picture | null, slug: SiteSlug): boolean {
  return picture?.cells.some((cell) => cell.kind === 'content' && cell.site === slug) ?? false;
}

/** What the centre really receives of the site, by the relay's measurements; null: not known yet. */
export function reception(live: SiteLive | null): Reception | null {
  if (live === null) return null;
  const main = live.endpoints.find((endpoint) => endpoint.role !== 'screen' && endpoint.media);
  if (!main) return 'nothing';
  const seen = main.fps > 0;
  const heard = live.level_dbfs > SILENCE_DBFS;
  if (seen && heard) return 'seen_and_heard';
  if (seen) return 'seen';
  return heard ? 'heard' : 'nothing';
}
