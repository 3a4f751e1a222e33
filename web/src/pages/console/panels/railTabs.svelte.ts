/** Which panels of the rail share one place, and which of them is in front. */
import { recall, remember } from '$lib/link/storage';

/** Panels that can share a place, in the order of their tabs. */
export const TABS = ['agenda', 'site', 'messages', 'incidents', 'roll_call', 'people'] as const;
/** One of them. */
export type Tab = (typeof TABS)[number];

/** A rail that is less high than this has no room for the agenda beside the queue (rem: everything in it grows with the screen). */
const LOW_REM = 51;

/**
 * Panels that share the place below in a rail of this height (rem); the others stand above it for good, so that nothing moves by itself.
 * `incidents`: this person is told of them.
 */
export function tabsAt(height: number, incidents: boolean): readonly Tab[] {
  return TABS.filter((tab) => (tab === 'agenda' ? height < LOW_REM : tab !== 'incidents' || incidents));
}

/** The tab that an arrow key leads to; the ends meet. */
export function neighbour(tabs: readonly Tab[], tab: Tab, step: 1 | -1): Tab {
  const place = tabs.indexOf(tab);
  return tabs[(place + step + tabs.length) % tabs.length]!;
}

const REMEMBERED = 'rail.tab';

/** The rail's tabs. */
export class RailTabs {
  #chosen: Tab = $state('agenda');

  constructor() {
    const chosen = TABS.find((tab) => tab === recall(REMEMBERED));
    if (chosen) this.#chosen = chosen;
  }

  /** The one in front, of those that share the place. */
  frontOf(tabs: readonly Tab[]): Tab {
    return tabs.includes(this.#chosen) ? this.#chosen : tabs[0]!;
  }

  /** Brings a panel to the front. */
  show(tab: Tab): void {
    this.#chosen = tab;
    remember(REMEMBERED, tab);
  }
}
