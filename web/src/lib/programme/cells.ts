/** What a picture of the programme shows, as cells of a composition. Pure. */
import { type SlotKey, slotKey } from '$lib/media/slots';
import type { Picture, SiteSlug, SourceKind } from '$lib/wire';

/** One picture of a composition: the slot in which it flows, its name in words, whose it is, and what of theirs. */
export type CompositionCell = { key: SlotKey; label: string; site: SiteSlug; kind: SourceKind };

/** Cells in the layout's order; none: nothing is on air. */
export function cellsOf(picture: Picture | null, nameOf: (site: SiteSlug) => string): CompositionCell[] {
  return (picture?.cells ?? []).map(({ slot, site, kind }) => ({
    key: slotKey(slot),
    label: nameOf(site),
    site,
    kind,
  }));
}
