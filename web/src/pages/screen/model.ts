/** What the big screen shows instead of a picture. Pure. */
import type { ConferenceInfo, Picture } from '$lib/wire';

/** Which holding slide; none: the programme is shown. */
export type Holding = 'before' | 'pause' | 'ended';

/** The holding slide for a programme and a phase. */
export function holdingText(picture: Picture | null, info: ConferenceInfo | null): Holding | null {
  if (info?.phase === 'ended') return 'ended';
  if (picture && picture.cells.length > 0) return null;
  return info?.phase === 'live' ? 'pause' : 'before';
}
