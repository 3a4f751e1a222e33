/** The last five minutes of every site, for its sparklines: a ring of seconds, so that nothing is moved when one is added. Pure. */
import type { HealthView, LineHealth, SiteCurve, SiteSlug } from '$lib/wire';

/** What a sparkline looks back on, s. */
export const RECENT_S = 300;

/** What is drawn. */
export const SERIES = ['kbps', 'loss', 'rtt'] as const;
/** One of them. */
export type Series = (typeof SERIES)[number];

/** One site's ring; what was not measured is NaN. */
export class SiteRecent {
  readonly #seconds = new Uint32Array(RECENT_S);
  readonly #values: Record<Series, Float32Array> = {
    kbps: new Float32Array(RECENT_S),
    loss: new Float32Array(RECENT_S),
    rtt: new Float32Array(RECENT_S),
  };

  /** Notes a second. */
  put(second: number, kbps: number | null, loss: number | null, rtt: number | null): void {
    const place = second % RECENT_S;
    // An answer that was asked for earlier must not overwrite what came since.
    if (second < this.#seconds[place]!) return;
    this.#seconds[place] = second;
    this.#values.kbps[place] = kbps ?? Number.NaN;
    this.#values.loss[place] = loss ?? Number.NaN;
    this.#values.rtt[place] = rtt ?? Number.NaN;
  }

  /** The most that was measured in the five minutes up to `last`; nothing: `least`. */
  most(series: Series, last: number, least: number): number {
    const values = this.#values[series];
    let most = least;
    for (let place = 0; place < RECENT_S; place++) {
      if (this.#seconds[place]! > last - RECENT_S && values[place]! > most) most = values[place]!;
    }
    return most;
  }

  /**
   * The five minutes up to `last` in columns: of the seconds that share one the worst, the least or the most; NaN: nothing was measured.
   * Sixty times three of them are written each second: `columns` is used again, and nothing is made on the way.
   */
  worst(series: Series, last: number, lowIsWorse: boolean, columns: Float32Array): void {
    const values = this.#values[series];
    const count = columns.length;
    columns.fill(Number.NaN);
    for (let back = 0; back < RECENT_S; back++) {
      const second = last - back;
      const place = second % RECENT_S;
      const value = values[place]!;
      if (this.#seconds[place] !== second || Number.isNaN(value)) continue;
      const first = Math.floor(((RECENT_S - 1 - back) * count) / RECENT_S);
      // Of more columns than seconds, each second has several.
      const end = Math.max(first + 1, Math.floor(((RECENT_S - back) * count) / RECENT_S));
      for (let column = first; column < end; column++) {
        const known = columns[column]!;
        if (Number.isNaN(known) || (lowIsWorse ? value < known : value > known)) columns[column] = value;
      }
    }
  }

  /** What was measured in a second; NaN: nothing. */
  read(series: Series, second: number): number {
    const place = second % RECENT_S;
    return this.#seconds[place] === second ? this.#values[series][place]! : Number.NaN;
  }
}

/** Every site's. */
export class Recent {
  #sites = new Map<SiteSlug, SiteRecent>();
  /** The latest second that was noted. */
  last = 0;

  /** A site's; it is there from the first time that it is asked for. */
  of(site: SiteSlug): SiteRecent {
    const known = this.#sites.get(site);
    if (known) return known;
    const made = new SiteRecent();
    this.#sites.set(site, made);
    return made;
  }

  /** Takes what was measured before the page was opened. */
  seed(curves: readonly SiteCurve[]): void {
    for (const { site, at, kbps_up, loss, rtt_ms } of curves) {
      if (site === null) continue;
      const ring = this.of(site);
      at.forEach((second, place) => {
        ring.put(second, kbps_up[place] ?? null, loss[place] ?? null, rtt_ms[place] ?? null);
        this.last = Math.max(this.last, second);
      });
    }
  }

  /** Takes the second that has just been told. */
  note(view: HealthView): void {
    this.last = Math.max(this.last, Math.floor(view.at / 1_000));
    for (const [site, { up }] of Object.entries(view.sites)) this.#noteLine(site, this.last, up);
  }

  #noteLine(site: SiteSlug, second: number, up: LineHealth | null): void {
    if (up) this.of(site).put(second, up.kbps, up.loss, up.rtt_ms);
  }
}
