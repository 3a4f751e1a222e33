/** Who speaks, for how long yet, and who is next: what the chair reads at a glance. Pure. */
import { runningItem } from '$lib/state/nextItem';
import { type ClockReading, readClock } from '$lib/state/speechClock';
import type {
  AgendaView,
  ConferenceInfo,
  FloorView,
  HolderView,
  ItemView,
  LowerThird,
  QueueEntry,
  SiteSlug,
} from '$lib/wire';

/** Everything that it depends on. */
export type ChairFacts = {
  info: ConferenceInfo | null;
  floor: FloorView;
  agenda: AgendaView;
  /** What is written under the picture: operators name there who the agenda does not know. */
  lowerThird: LowerThird;
  /** Remaining time at which a warning is shown for an item of the agenda, ms. */
  warningMs: number;
  /** Media of a site arrives. */
  online: (site: SiteSlug) => boolean;
  /** Server's clock, ms since the epoch. */
  now: number;
};

/** A person as the agenda or the lower third names them. */
export type Person = { name: string; detail: string };

/** Who speaks now. */
export type SpeechNow =
  /** The conference is not under way. */
  | { name: 'not_open'; ended: boolean }
  /** Nobody has the floor and no item of the agenda runs. */
  | { name: 'free' }
  /** An item runs without anybody having the floor: the hall needs none. */
  | { name: 'item'; site: SiteSlug | null; person: Person | null; clock: ClockReading }
  /** Called to speak, not on air yet: its clock stands. */
  | { name: 'granted'; site: SiteSlug; person: Person | null; clock: ClockReading }
  | { name: 'speaking'; site: SiteSlug; person: Person | null; clock: ClockReading }
  /** Its line is gone; its place is held. `standby`: the first in the queue that could go on instead. */
  | {
      name: 'dropped';
      site: SiteSlug;
      person: Person | null;
      clock: ClockReading;
      graceMs: number;
      standby: SiteSlug | null;
    };

/** Who speaks now, and how their clock stands. */
export function speechNow(facts: ChairFacts): SpeechNow {
  const { info, floor, agenda } = facts;
  if (info === null || info.phase === 'preparing' || info.phase === 'ended') {
    return { name: 'not_open', ended: info?.phase === 'ended' };
  }
  if (floor.holder) return holderSpeech(floor.holder, facts);
  const item = runningItem(agenda);
  return item ? itemSpeech(item, facts) : { name: 'free' };
}

/** Place of an item among those that are not left out, from 1. */
export function placeOf(item: ItemView, { items }: AgendaView): { place: number; count: number } {
  const counted = items.filter((one) => !one.skipped || one.id === item.id);
  return { place: counted.findIndex((one) => one.id === item.id) + 1, count: counted.length };
}

/** Who is called next: the first of the queue. */
export const nextInQueue = ({ queue }: FloorView): QueueEntry | null => queue[0] ?? null;

function holderSpeech(holder: HolderView, facts: ChairFacts): SpeechNow {
  const { floor, online, now } = facts;
  const { site } = holder;
  const about = { site, person: personAt(holder, facts), clock: readClock(holder.clock, now) };
  if (holder.grace_until !== null) {
    const standby = floor.queue.find((entry) => entry.site !== site && online(entry.site))?.site ?? null;
    return { name: 'dropped', ...about, graceMs: Math.max(0, holder.grace_until - now), standby };
  }
  return { name: holder.on_air ? 'speaking' : 'granted', ...about };
}

function itemSpeech(item: ItemView, { lowerThird, warningMs, now }: ChairFacts): SpeechNow {
  const clock = {
    allowed_ms: item.planned_ms,
    warning_ms: warningMs,
    spoken_ms: 0,
    running_since: item.started_at ?? now,
  };
  return { name: 'item', site: item.site, person: written(lowerThird) ?? personOf(item), clock: readClock(clock, now) };
}

/** Whom the picture names while the holder is in it, else the current item's speaker while it is that site's turn. */
function personAt({ site, on_air }: HolderView, { agenda, lowerThird }: ChairFacts): Person | null {
  const named = on_air ? written(lowerThird) : null;
  const item = runningItem(agenda);
  return named ?? (item?.site === site ? personOf(item) : null);
}

function written(lowerThird: LowerThird): Person | null {
  return lowerThird.type === 'text' ? { name: lowerThird.name, detail: lowerThird.description } : null;
}

function personOf({ speaker }: ItemView): Person | null {
  if (!speaker) return null;
  return { name: speaker.name, detail: [speaker.title, speaker.organisation].filter(Boolean).join(', ') };
}
