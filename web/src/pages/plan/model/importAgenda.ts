/** What an import makes of the agenda: items that are there already keep their identity, documents and what it does not say. Pure. */
import { fold } from '$lib/i18n/search';
import type { ItemPlan, SiteSlug } from '$lib/wire';
import type { ReadItem } from '../text/programme';
import { MINUTE_MS } from './bounds';
import { freeId, idFor, isId } from './ids';
import { similarity } from './siteMatch';

/** `replace`: the import is the whole agenda; `append`: it comes behind what is there. */
export type ImportMode = 'replace' | 'append';
/** What a person says about the whole import. */
export type AgendaImport = {
  mode: ImportMode;
  /** Site of items that have a speaker and name no site; none: left open. */
  home: SiteSlug | null;
};

/** Two titles as alike as this are one title and its correction. */
const SAME_TITLE = 0.85;

/** The agenda as it would be. */
export function importAgenda(
  read: readonly ReadItem[],
  current: readonly ItemPlan[],
  { mode, home }: AgendaImport,
): ItemPlan[] {
  const known = mode === 'replace' ? matches(read, current) : new Map<ReadItem, ItemPlan>();
  // Also the ids of items that would go: a new one is none of them.
  const taken = new Set(current.map((item) => item.id));
  const items = read.map((item) => {
    const old = known.get(item);
    const made = itemOf(item, old, home, taken);
    taken.add(made.id);
    return made;
  });
  return mode === 'replace' ? items : [...current, ...items];
}

function itemOf(
  { id, title, speaker, site, place, minutes, layout }: ReadItem,
  old: ItemPlan | undefined,
  home: SiteSlug | null,
  taken: ReadonlySet<string>,
): ItemPlan {
  const named = isId(id) ? freeId(id, taken) : idFor(title, taken, 'muc');
  const who = speaker ?? old?.speaker ?? null;
  return {
    id: old?.id ?? named,
    title,
    speaker: who,
    // Whoever names a place that is none of the sites is not at home: that is asked for.
    site: site ?? (place === '' ? (old?.site ?? (who ? home : null)) : null),
    planned_ms: minutes === null ? (old?.planned_ms ?? 0) : minutes * MINUTE_MS,
    layout: layout ?? old?.layout ?? null,
    documents: old?.documents ?? [],
  };
}

/** Items of the agenda that are those of the import: by id, by title, by what a title is called for short. Each is found once. */
function matches(read: readonly ReadItem[], current: readonly ItemPlan[]): Map<ReadItem, ItemPlan> {
  const found = new Map<ReadItem, ItemPlan>();
  const open = new Set(current);
  const titles = new Map(current.map((item) => [item, fold(item.title)]));
  const claim = (fits: (item: ReadItem, old: ItemPlan) => boolean) => {
    for (const item of read) {
      if (found.has(item)) continue;
      const old = [...open].find((one) => fits(item, one));
      if (!old) continue;
      found.set(item, old);
      open.delete(old);
    }
  };
  claim((item, old) => item.id !== '' && item.id === old.id);
  claim((item, old) => fold(item.title) === titles.get(old));
  // `khai-mac` was made of “Khai mạc”, whatever its title became later.
  claim((item, old) => idFor(item.title, new Set(), '') === old.id);
  claim((item, old) => similarity(fold(item.title), titles.get(old)!) >= SAME_TITLE);
  return found;
}
