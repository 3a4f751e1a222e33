/** What is written into a picture of the programme: the lower third and the names of sites. Pure; the same for preview, programme and screens. */
import { fold } from '$lib/i18n/search';
import { runningItem } from '$lib/state/nextItem';
import type { AgendaView, ItemView, Layout, LowerThird, SiteSlug, SiteView, SourceRef, SpeakerView } from '$lib/wire';
import { lowerThirdPlace } from './layout';

/** Lines of a lower third; the second may be empty. */
export type CaptionLines = { name: string; detail: string };

/** What is written: lines under the picture, and which cells have their site's name in them. */
export type Caption = { lines: CaptionLines | null; named: readonly boolean[] };

/** What decides it. */
export type CaptionFacts = {
  /** What the operators have asked for. */
  lowerThird: LowerThird;
  /** Names of sites are written. */
  namesShown: boolean;
  agenda: AgendaView;
  /** Since when these sources are on air, ms since the epoch; none: they are not yet. */
  onAirSince: number | null;
  site: (slug: SiteSlug) => SiteView | undefined;
  /** A step of a tour: the site is shown, nobody speaks. */
  tour: boolean;
  /** The receiver sees another site in its own place (N-1): words about who is on air would be about somebody else. */
  returned: boolean;
};

/** Nothing is written. */
export const NO_CAPTION: Caption = { lines: null, named: [] };

/** The caption of a picture that shows these sources in this layout. */
export function captionOf(layout: Layout, sources: readonly SourceRef[], facts: CaptionFacts): Caption {
  if (sources.length === 0) return NO_CAPTION;
  const lines = linesOf(sources, facts);
  const { overMain } = lowerThirdPlace(layout, sources.length);
  const named = sources.map(({ kind }, index) => {
    // Slides keep their bottom line: whose they are is said by the camera beside them.
    if (!facts.namesShown || sources.length === 1 || kind === 'content') return false;
    return index > 0 || lines === null || !overMain;
  });
  return { lines, named };
}

function linesOf(sources: readonly SourceRef[], facts: CaptionFacts): CaptionLines | null {
  const { lowerThird } = facts;
  switch (lowerThird.type) {
    case 'hidden':
      return null;
    case 'text':
      // Words about one person belong under none of the sites that are shown by turns.
      if (facts.tour) return automaticLines(sources, facts);
      return facts.returned ? null : { name: lowerThird.name, detail: lowerThird.description };
    case 'automatic':
      return automaticLines(sources, facts);
  }
}

/** The speaker of the item that is being given if it is that site's turn, else the site's name, unless each cell says its own. */
function automaticLines(
  sources: readonly SourceRef[],
  { agenda, onAirSince, site, tour, namesShown }: CaptionFacts,
): CaptionLines | null {
  const main = sources[0]!.site;
  const view = site(main);
  const place = view?.hall ? view.name : (view?.full_name ?? main);
  const item = itemOnAir(agenda, main, onAirSince);
  if (!tour && item?.speaker) {
    return { name: item.speaker.name, detail: officeOf(item.speaker, view?.name ?? main, place) };
  }
  return namesShown && sources.length === 1 ? { name: place, detail: '' } : null;
}

/**
 * The item that is given from a site. The next item may be started while who spoke last is still seen: until the next take it stays
 * the one that ran when the site came on air.
 */
function itemOnAir(agenda: AgendaView, main: SiteSlug, onAirSince: number | null): ItemView | null {
  const running = runningItem(agenda);
  if (running?.site === main) return running;
  if (onAirSince === null) return null;
  const end = (item: ItemView | null): number => item?.finished_at ?? Number.NEGATIVE_INFINITY;
  const ended = agenda.items.filter((item) => item.site === main && end(item) > onAirSince);
  return ended.reduce<ItemView | null>((last, item) => (end(item) >= end(last) ? item : last), null);
}

/** Title and organisation, and the place unless they name it already. */
function officeOf({ name, title, organisation }: SpeakerView, shortPlace: string, place: string): string {
  const office = [title === name ? '' : title, organisation].filter(Boolean).join(', ');
  const named = fold(`${name} ${office}`).includes(fold(shortPlace));
  return [office, named ? '' : place].filter(Boolean).join(' — ');
}
