import type { SiteLive, SiteView } from '$lib/wire';

/** Below this a level counts as silence (dBFS). */
export const SILENT_DBFS = -127;

/** One site as widgets see it: its parts change apart, so that a level meter does not redraw a tile. */
export class SiteModel {
  /** Durable part. */
  view: SiteView = $state.raw() as SiteView;
  /** Live part without the level; none: no endpoint of the site was ever here. */
  live: SiteLive | null = $state.raw(null);
  /** Sound level, dBFS. */
  level: number = $state(SILENT_DBFS);
  #liveText = '';

  constructor(view: SiteView) {
    this.view = view;
  }

  /** Takes the live facts of this moment; unchanged ones wake nobody. */
  setLive(live: SiteLive | null): void {
    this.level = live?.level_dbfs ?? SILENT_DBFS;
    const text = live ? JSON.stringify({ ...live, level_dbfs: 0 }) : '';
    if (text === this.#liveText) return;
    this.#liveText = text;
    this.live = live;
  }

  /** True while media of it arrives. */
  get online(): boolean {
    return this.live !== null && this.live.quality !== 'lost' && this.live.endpoints.some((endpoint) => endpoint.media);
  }

  /** True while it shares content that can be put on air. */
  get sharing(): boolean {
    const endpoints = this.live?.endpoints ?? [];
    return endpoints.some(({ role, media, content }) => role !== 'screen' && media && content);
  }
}
