/** To whom a message goes: the selected site, several that were picked, or all. Pure. */
import { byName } from '$lib/i18n/order';
import type { FloorView, MessageView, Quality, SiteSlug, SiteView } from '$lib/wire';

/** How receivers are chosen. */
export const AUDIENCES = ['selected', 'several', 'all'] as const;
/** One of them. */
export type Audience = (typeof AUDIENCES)[number];

/** Groups that can be picked at once beside regions. */
export const GROUPS = ['waiting', 'lost', 'uncalled', 'absent', 'silent'] as const;
/** One of them. */
export type Group = (typeof GROUPS)[number];

/** A site as a list of receivers knows it. */
export type Receiver = { view: SiteView; quality: Quality };

/** What the groups look at. */
export type GroupFacts = { floor: FloorView; messages: readonly MessageView[] };

/** True if a site belongs to a group. */
export function isIn(group: Group, { view, quality }: Receiver, { floor, messages }: GroupFacts): boolean {
  switch (group) {
    case 'waiting':
      return floor.queue.some((entry) => entry.site === view.slug) || floor.cued.includes(view.slug);
    case 'lost':
      return quality === 'lost';
    case 'uncalled':
      return !view.hall && view.presence.state === 'unknown';
    case 'absent':
      return view.presence.state === 'absent';
    case 'silent': {
      const last = messages.findLast((message) => message.from === null);
      return last !== undefined && concerns(last, view.slug) && !last.acknowledged.includes(view.slug);
    }
  }
}

/** Picks of a group or region as one tick sets and clears them: all of them, or, if all are picked already, none. */
export function toggled(picked: ReadonlySet<SiteSlug>, members: readonly SiteSlug[]): Set<SiteSlug> {
  const all = members.length > 0 && members.every((slug) => picked.has(slug));
  const next = new Set(picked);
  for (const slug of members) {
    if (all) next.delete(slug);
    else next.add(slug);
  }
  return next;
}

/** How many of these are picked. */
export function share(picked: ReadonlySet<SiteSlug>, members: readonly SiteSlug[]): 'none' | 'some' | 'all' {
  const count = members.filter((slug) => picked.has(slug)).length;
  return count === 0 ? 'none' : count === members.length ? 'all' : 'some';
}

/** Receivers of a message as a command names them, an empty list being all; none: nobody was chosen. */
export function receiversOf(
  audience: Audience,
  selected: SiteSlug | null,
  picked: ReadonlySet<SiteSlug>,
): SiteSlug[] | null {
  switch (audience) {
    case 'all':
      return [];
    case 'selected':
      return selected === null ? null : [selected];
    case 'several':
      return picked.size === 0 ? null : [...picked];
  }
}

/** True if a message of the centre is for a site. */
function concerns(message: MessageView, site: SiteSlug): boolean {
  return message.to.length === 0 || message.to.includes(site);
}

/** Who has read a message of the centre, and who has not yet, each in the order of names. */
export type Reading = { read: SiteView[]; unread: SiteView[] };

/** Reads the acknowledgements of a message of the centre. */
export function readingOf(message: MessageView, views: readonly SiteView[]): Reading {
  const receivers = views.filter((view) => concerns(message, view.slug)).toSorted(byName((view) => view.name));
  return {
    read: receivers.filter((view) => message.acknowledged.includes(view.slug)),
    unread: receivers.filter((view) => !message.acknowledged.includes(view.slug)),
  };
}

/** How many have read it, of how many: what a list shows before anybody asks for names. */
export function readCount(message: MessageView, siteCount: number): { read: number; receivers: number } {
  return { read: message.acknowledged.length, receivers: message.to.length === 0 ? siteCount : message.to.length };
}
