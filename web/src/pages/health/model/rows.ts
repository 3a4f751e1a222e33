/** A site as map and table show it, now or in a replay. Pure. */
import { type Standing, standingOf } from '$lib/health/standing';
import type { ContentFault, Moment, QualityReason, SiteHealth, SiteView } from '$lib/wire';

/** One site. */
export type Row = {
  view: SiteView;
  standing: Standing;
  reason: QualityReason | null;
  /** Since when it stands so, ms since the epoch. */
  since: number | null;
  faults: readonly ContentFault[];
  /** Its figures; none: it is not here, or it is another time. */
  health: SiteHealth | null;
};

/** A site now. */
export function liveRow(view: SiteView, health: SiteHealth | undefined): Row {
  return {
    view,
    standing: standingOf(health),
    reason: health?.reason ?? null,
    since: health?.since ?? null,
    faults: health?.faults ?? [],
    health: health ?? null,
  };
}

/** A site at another time: its faults are those of which an alarm tells. */
export function momentRow(view: SiteView, { verdicts, alarms }: Moment): Row {
  const verdict = verdicts[view.slug];
  const faults = alarms
    .filter(({ site, gone_at }) => site === view.slug && gone_at === null)
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'lost' && kind !== 'bad');
  return { view, standing: standingOf(verdict), reason: verdict?.reason ?? null, since: null, faults, health: null };
}
