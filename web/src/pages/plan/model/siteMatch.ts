/** Which site a text means: `điểm cầu tỉnh Cao Bằng`, `UBND TP. Hồ Chí Minh`, `Cao Bang`. Pure. */
import { fold, rank } from '$lib/i18n/search';
import type { SiteSlug } from '$lib/wire';

/** What is known of a site. */
export type NamedSite = { slug: SiteSlug; code: string; name: string; full_name: string; hall: boolean };
/** Which site a text names, and how sure that is. */
export type SiteMatch =
  | { found: 'exact'; site: SiteSlug }
  /** Misspelt or cut: to be looked at. */
  | { found: 'similar'; site: SiteSlug }
  | { found: 'none'; suggestions: readonly SiteSlug[] };

/** Of two spellings as similar as this, one is a slip of the other. */
const SLIP = 0.8;
/** Less similar sites are not even suggested. */
const FAINT = 0.6;
/** A slip must be this much nearer to one site than to any other. */
const MARGIN = 0.1;
/** Up to this rank of a search the words stand in the name as they are; above it are initials and letters without blanks. */
const WORDS_RANK = 2;
/** Fewer letters are part of too much. */
const SHORTEST_PART = 3;
/** Suggestions that a person can take in. */
export const MAX_SUGGESTIONS = 3;

/** Words before the name of a place, folded. */
const BEFORE_PLACE =
  /^(?:(?:tai|diem cau|dau cau|ubnd|hdnd|ubmttq|mttq|uy ban nhan dan|hoi dong nhan dan|doan dbqh|tinh uy|thanh uy|tinh|thanh pho|tp|t p|t)\s+)+/;
const CENTRE = /^(?:trung tam|trung uong|hoi truong|diem cau chinh|hoi truong trung tam|diem cau trung tam)$/;
/** A place that is announced as one; case is free, the name is found by itself. */
const ANNOUNCED = /(?:điểm cầu|đầu cầu)\s+(?:(?:tỉnh|thành phố|tp\.?)\s*)?|(?:tỉnh|thành phố|tp\.?)\s*/giu;

/** The sites of a conference, to be found in texts. */
export class SiteMatcher {
  #sites: readonly NamedSite[];
  #byName = new Map<string, SiteSlug>();
  #hall: SiteSlug | null;

  constructor(sites: readonly NamedSite[]) {
    this.#sites = sites;
    this.#hall = sites.find((site) => site.hall)?.slug ?? null;
    for (const site of sites) {
      for (const text of [site.slug.replaceAll('-', ' '), site.full_name, site.name]) {
        this.#byName.set(stripped(text), site.slug);
      }
    }
  }

  /** True if a text is the name of a site. */
  isPlace = (text: string): boolean => this.#byName.has(stripped(text));

  /** The site that a text names. */
  match(text: string): SiteMatch {
    const wanted = stripped(text);
    if (wanted === '') return { found: 'none', suggestions: [] };
    const exact = this.#byName.get(wanted) ?? this.#byCode(text);
    if (exact !== undefined) return { found: 'exact', site: exact };
    if (CENTRE.test(wanted) && this.#hall !== null) return { found: 'exact', site: this.#hall };
    const [best, second] = this.#ranked(wanted);
    if (best && best.score >= SLIP && best.score - (second?.score ?? 0) >= MARGIN) {
      return { found: 'similar', site: best.slug };
    }
    const part = this.#partOf(wanted);
    if (part !== null) return { found: 'similar', site: part };
    const suggestions = this.#ranked(wanted).filter((one) => one.score >= FAINT);
    return { found: 'none', suggestions: suggestions.slice(0, MAX_SUGGESTIONS).map((one) => one.slug) };
  }

  /** The one site that a sentence speaks of; none if it speaks of none or of several. */
  mentionedIn(sentence: string): SiteSlug | null {
    const text = ` ${sentence.normalize('NFC')} `;
    const announced = new Set<SiteSlug>();
    for (const hit of text.matchAll(ANNOUNCED)) {
      const site = this.#placeAt(text.slice(hit.index + hit[0].length));
      if (site !== null) announced.add(site);
    }
    if (announced.size > 0) return announced.size === 1 ? [...announced][0]! : null;
    if (this.#hall !== null && /điểm cầu trung tâm|hội trường trung tâm/iu.test(text)) return this.#hall;
    const bare = this.#sites.filter((site) => hasWords(text, site.name));
    // `Hà Nam` lies in no other name, but a ministry's list may have names within names: the longest one counts.
    const longest = bare.filter((site) => !bare.some((other) => other !== site && other.name.includes(site.name)));
    return longest.length === 1 ? longest[0]!.slug : null;
  }

  /** The site whose name a text begins with, accents or not. */
  #placeAt(text: string): SiteSlug | null {
    const words = fold(text.slice(0, 60)).split(' ');
    for (let count = Math.min(6, words.length); count > 0; count--) {
      const site = this.#byName.get(stripped(words.slice(0, count).join(' ')));
      if (site !== undefined) return site;
    }
    return null;
  }

  /** The one site in whose name these words stand, as `Huế` does. */
  #partOf(wanted: string): SiteSlug | null {
    const hits = this.#sites.filter((site) => (rank(wanted, stripped(site.name)) ?? WORDS_RANK + 1) <= WORDS_RANK);
    return wanted.length >= SHORTEST_PART && hits.length === 1 ? hits[0]!.slug : null;
  }

  #byCode(text: string): SiteSlug | undefined {
    const code = text.trim();
    const hits = this.#sites.filter((site) => site.code !== '' && site.code === code);
    return hits.length === 1 ? hits[0]!.slug : undefined;
  }

  #ranked(wanted: string): { slug: SiteSlug; score: number }[] {
    return this.#sites
      .map((site) => ({ slug: site.slug, score: scoreOf(wanted, site) }))
      .sort((left, right) => right.score - left.score);
  }
}

/** How alike two texts are, 0 to 1: the edits that turn one into the other, of the longer one's letters. */
export function similarity(left: string, right: string): number {
  const longer = Math.max(left.length, right.length);
  return longer === 0 ? 1 : 1 - edits(left, right) / longer;
}

function scoreOf(wanted: string, site: NamedSite): number {
  const name = stripped(site.name);
  const alike = Math.max(similarity(wanted, name), similarity(wanted.replaceAll(' ', ''), name.replaceAll(' ', '')));
  // Initials and parts of names: worth a suggestion, no more.
  const partly = rank(wanted, name) !== null && wanted.length > 1 ? FAINT : 0;
  return Math.max(alike, partly);
}

function stripped(text: string): string {
  const folded = fold(text);
  return folded.replace(BEFORE_PLACE, '') || folded;
}

function hasWords(text: string, name: string): boolean {
  const at = text.indexOf(name.normalize('NFC'));
  return at > 0 && !/\p{L}/u.test(text[at - 1]!) && !/\p{L}/u.test(text[at + name.normalize('NFC').length] ?? '');
}

/** Insertions, deletions, exchanges and swaps of neighbours (optimal string alignment). */
function edits(left: string, right: string): number {
  let older: number[] = [];
  let old = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (let row = 1; row <= left.length; row++) {
    const fresh = [row];
    for (let column = 1; column <= right.length; column++) {
      const same = left[row - 1] === right[column - 1];
      let cost = Math.min(old[column]! + 1, fresh[column - 1]! + 1, old[column - 1]! + (same ? 0 : 1));
      const swapped = left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1];
      if (row > 1 && column > 1 && swapped) cost = Math.min(cost, older[column - 2]! + 1);
      fresh.push(cost);
    }
    [older, old] = [old, fresh];
  }
  return old[right.length]!;
}
