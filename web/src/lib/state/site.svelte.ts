import type { ContentFault, Quality, QualityReason, Readiness, SiteLive, SiteView } from '$lib/wire';

/** Below this a level counts as silence (dBFS). */
export const SILENT_DBFS = -127;

/**
 * One site as widgets see it: its parts change apart. Figures (`live`) change four times a second, verdicts seldom: a list of all
 * sites reads the verdicts, so that it is not drawn anew for every figure, and a level meter does not redraw a tile.
 */
export class SiteModel {
  /** Durable part. */
  view: SiteView = $state.raw() as SiteView;
  /** Live part without the level, with all figures; none: no endpoint of the site was ever here. */
  live: SiteLive | null = $state.raw(null);
  /** Sound level, dBFS. */
  level: number = $state(SILENT_DBFS);
  /** True while media of it arrives. */
  online: boolean = $state(false);
  /** True while it shares content that can be put on air. */
  sharing: boolean = $state(false);
  /** A page of it that should play sound is not allowed to by its browser. */
  soundBlocked: boolean = $state(false);
  /** Verdict on its media; `lost` also before anything came of it. */
  quality: Quality = $state('lost');
  /** First reason of the verdict. */
  reason: QualityReason | null = $state(null);
  /** Faults of its picture and sound. */
  faults: ContentFault[] = $state.raw([]);
  /** Whether a take of it would be good; none: nobody looks. */
  ready: Readiness | null = $state.raw(null);
  /** It calls the control room since then, ms since the epoch. */
  callingSince: number | null = $state(null);
  #liveText = '';
  #readyText = '';

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
    this.#setVerdicts(live);
  }

  #setVerdicts(live: SiteLive | null): void {
    const endpoints = live?.endpoints ?? [];
    this.quality = live?.quality ?? 'lost';
    this.reason = live?.reason ?? null;
    this.online = this.quality !== 'lost' && endpoints.some((endpoint) => endpoint.media);
    this.sharing = endpoints.some(({ role, media, content }) => role !== 'screen' && media && content);
    this.soundBlocked = endpoints.some(
      ({ role, control, sound_playing }) => role !== 'backup' && control && !sound_playing,
    );
    this.callingSince = live?.calling_since ?? null;
    const faults = live?.faults ?? [];
    if (faults.join() !== this.faults.join()) this.faults = faults;
    const ready = JSON.stringify(live?.ready ?? null);
    if (ready === this.#readyText) return;
    this.#readyText = ready;
    this.ready = live?.ready ?? null;
  }
}
