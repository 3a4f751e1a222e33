/** One site in detail: its curve over the whole conference, and which stretch of it is looked at. */
import type { HttpFailure, HttpResult } from '$lib/link/http';
import type { HealthView, SiteCurve, SiteSlug } from '$lib/wire';
import { addSecond, emptyCurve } from './model/curve';
import { chosen, type Lookout, WHOLE } from './model/lookout';

/** Fetches the whole curve of a site. */
export type CurveSource = (site: SiteSlug, signal: AbortSignal) => Promise<HttpResult<SiteCurve>>;

/** The curve that is shown. */
export class SiteDetail {
  /** Grows in place: read `version` to be told. */
  curve: SiteCurve = $state.raw(emptyCurve(''));
  version: number = $state(0);
  loading: boolean = $state(false);
  failure: HttpFailure | null = $state.raw(null);
  lookout: Lookout = $state.raw(WHOLE);
  /** The second that is pointed at, the same in all curves; none: nowhere. */
  cursor: number | null = $state(null);
  #source: CurveSource;
  #asking: AbortController | null = null;

  constructor(source: CurveSource) {
    this.#source = source;
  }

  /** Shows a site from the beginning; none: no site. */
  async show(site: SiteSlug | null): Promise<void> {
    this.#asking?.abort();
    this.#asking = null;
    this.curve = emptyCurve(site ?? '');
    this.version += 1;
    this.cursor = null;
    this.failure = null;
    this.lookout = WHOLE;
    this.loading = site !== null;
    if (site === null) return;
    const mine = (this.#asking = new AbortController());
    const answer = await this.#source(site, mine.signal);
    if (this.#asking !== mine) return;
    this.loading = false;
    if (answer.ok) this.curve = { ...answer.value, site };
    else this.failure = answer.failure;
    this.version += 1;
  }

  /** Adds the second that has just been told. */
  note(view: HealthView): void {
    if (!this.loading && addSecond(this.curve, view)) this.version += 1;
  }

  /** Looks at a stretch; one too short is not meant. */
  zoom(one: number, other: number): void {
    this.lookout = chosen(one, other) ?? this.lookout;
  }
}
