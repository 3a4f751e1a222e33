/**
 * Reads a programme that was pasted as text: numbered, bulleted, with times, or one item a line. Nothing is lost silently: what is no
 * item is told as skipped, and what was guessed is marked. Pure.
 */
import type { Layout, SiteSlug, SpeakerView } from '$lib/wire';
import type { SiteMatcher } from '../model/siteMatch';
import { MAX_MINUTES, spanMinutes } from './clock';
import { isHeading, type Line, linesOf } from './lines';
import { sentence, speakerLine, speechOf } from './speech';

/** What a person should look at. */
export type ReadNote =
  /** The site that is named is no site of the conference. */
  | 'unknown_site'
  /** The name of the site was misspelt. */
  | 'similar_site'
  /** It ends before it begins, or lasts longer than a day. */
  | 'bad_time'
  /** Its span and its duration disagree; the duration counts. */
  | 'two_times'
  /** The duration is that of each of several speeches. */
  | 'each_speech'
  /** It got its part of the time of the item above it. */
  | 'shared_time';

/** An item as it was read. */
export type ReadItem = {
  /** Line, or row, from 1. */
  line: number;
  source: string;
  title: string;
  speaker: SpeakerView | null;
  site: SiteSlug | null;
  /** The words that name a site which is not there. */
  place: string;
  /** Planned minutes; none: nothing is said. */
  minutes: number | null;
  /** Only tables name a layout and an id; the id is empty where none is named. */
  layout: Layout | null;
  id: string;
  notes: readonly ReadNote[];
};
/** A line that became no item. */
export type Skipped = { line: number; text: string };
/** A programme as it was read. */
export type Programme = { items: readonly ReadItem[]; skipped: readonly Skipped[] };

/** A main line with what stands below it. */
type Group = { head: Line; lines: Line[]; children: Line[] };
/** An item that is being put together. */
type Draft = Omit<ReadItem, 'notes' | 'site' | 'place'> & {
  start: number | null;
  end: number | null;
  notes: ReadNote[];
};

/** `điểm cầu Cao Bằng`, in brackets or not. */
const PLACE_WORDS =
  /\(?\s*(?:tại\s+)?điểm cầu\s+((?:(?:tỉnh|thành phố|TP\.?)\s*)?\p{Lu}[\p{L}.]*(?:\s+\p{Lu}[\p{L}.]*){0,4})\s*\)?/u;

/** Reads a programme. */
export function readProgramme(text: string, sites: SiteMatcher): Programme {
  const skipped: Skipped[] = [];
  const groups = grouped(linesOf(text), skipped);
  const drafts = groups.flatMap((group) => draftsOf(group, sites, skipped));
  timeByNext(drafts);
  skipped.sort((left, right) => left.line - right.line);
  return { items: drafts.map((draft) => finished(draft, sites)), skipped };
}

/** Main lines with their followers. Which lines are main depends on what the programme has. */
function grouped(lines: readonly Line[], skipped: Skipped[]): Group[] {
  const level = (['main', 'part', 'sub', 'plain'] as const).find((rank) =>
    lines.some((line) => line.rank === rank && !isHeading(line)),
  );
  const groups: Group[] = [];
  for (const line of lines) {
    const group = groups.at(-1);
    if (isHeading(line) && !(level === 'part' && line.rank === 'part')) skip(line, skipped);
    else if (line.rank === level && !(level === 'plain' && group && belongsTo(group, line))) {
      groups.push({ head: line, lines: [], children: [] });
    } else if (!group || line.rank === 'part') skip(line, skipped);
    else if (line.rank === 'sub') group.children.push(line);
    else group.lines.push(line);
  }
  return groups;
}

/** A plain line that goes on with the one before: it names the speaker, or begins with a small letter. */
function belongsTo(group: Group, line: Line): boolean {
  const nobody = () => false;
  return /^\p{Ll}/u.test(line.body) || (group.lines.length === 0 && speakerLine(line.body, nobody) !== null);
}

function draftsOf({ head, lines, children }: Group, sites: SiteMatcher, skipped: Skipped[]): Draft[] {
  const own = draftOf(head, sites);
  for (const line of lines) if (!absorbed(own, line, sites)) skip(line, skipped);
  const [only] = children;
  if (children.length === 1 && only && absorbedSpeaker(own, only, sites)) return [own];
  const items = children.filter((child) => child.body !== '' && isSpeech(child, sites));
  for (const child of children) if (!items.includes(child) && !absorbed(own, child, sites)) skip(child, skipped);
  if (items.length === 0) return [own];
  const drafts = items.map((child) => childOf(own, child, sites));
  shareTime(own, drafts, head.each);
  if (own.speaker !== null) return [own, ...drafts];
  skip(head, skipped);
  return drafts;
}

/** A child that is a speech of its own: it has a time, a speaker or a place. */
function isSpeech(child: Line, sites: SiteMatcher): boolean {
  if (child.start !== null || child.minutes !== null) return true;
  const { speaker } = speechOf(child.body, sites.isPlace);
  return speaker !== null || speakerLine(child.body, sites.isPlace) !== null || sites.isPlace(sentence(child.body));
}

function draftOf(line: Line, sites: SiteMatcher): Draft {
  const alone = speakerLine(line.body, sites.isPlace);
  const { title, speaker } = alone ? { title: '', speaker: alone } : speechOf(line.body, sites.isPlace);
  const span = line.start !== null && line.end !== null ? spanMinutes(line.start, line.end) : null;
  const notes: ReadNote[] = [];
  if (line.end !== null && span === null) notes.push('bad_time');
  if (span !== null && line.minutes !== null && span !== line.minutes && !line.each) notes.push('two_times');
  if (line.each) notes.push('each_speech');
  return {
    line: line.number,
    source: line.source,
    title: title || sentence(line.body),
    speaker,
    minutes: line.minutes ?? span,
    start: line.start,
    end: line.end,
    layout: null,
    id: '',
    notes,
  };
}

/** An item below another one; where it says only who or where, the other one says what. */
function childOf(parent: Draft, child: Line, sites: SiteMatcher): Draft {
  const draft = draftOf(child, sites);
  const bare = draft.title === sentence(child.body) && draft.speaker !== null;
  const who = bare ? draft.speaker!.name : draft.title;
  if (bare || sites.isPlace(draft.title)) draft.title = `${parent.title} – ${who}`;
  return draft;
}

/** A line below an item that says more of it. */
function absorbed(draft: Draft, line: Line, sites: SiteMatcher): boolean {
  if (absorbedSpeaker(draft, line, sites)) return true;
  if (line.body === '' && line.minutes !== null) {
    draft.minutes ??= line.minutes;
    return true;
  }
  if (line.rank !== 'plain' || !/^\p{Ll}/u.test(line.body)) return false;
  const { title, speaker } = speechOf(line.body, sites.isPlace);
  draft.title = `${draft.title} ${title.charAt(0).toLocaleLowerCase('vi')}${title.slice(1)}`;
  draft.speaker ??= speaker;
  draft.minutes ??= line.minutes;
  draft.source += ` ${line.source}`;
  return true;
}

function absorbedSpeaker(draft: Draft, line: Line, sites: SiteMatcher): boolean {
  if (draft.speaker !== null) return false;
  const speaker = speakerLine(line.body, sites.isPlace);
  if (!speaker) return false;
  draft.speaker = speaker;
  draft.minutes ??= line.minutes;
  draft.source += ` ${line.source}`;
  return true;
}

/** The time of an item is shared among those of its parts that have none. */
function shareTime(parent: Draft, children: Draft[], each: boolean): void {
  const open = children.filter((child) => child.minutes === null && child.start === null);
  if (parent.minutes === null || open.length === 0) return;
  const taken = children.reduce((sum, child) => sum + (child.minutes ?? 0), 0);
  const share = each ? parent.minutes : Math.floor((parent.minutes - taken) / open.length);
  if (share <= 0) return;
  for (const child of open) {
    child.minutes = share;
    child.notes.push('shared_time');
  }
}

/** A start without an end lasts until the next start. */
function timeByNext(drafts: Draft[]): void {
  for (const [index, draft] of drafts.entries()) {
    const next = drafts.slice(index + 1).find((one) => one.start !== null)?.start ?? null;
    if (draft.minutes !== null || draft.start === null || draft.end !== null || next === null) continue;
    if (drafts[index + 1]?.start === null) continue;
    draft.minutes = spanMinutes(draft.start, next);
    if (draft.minutes === null) draft.notes.push('bad_time');
  }
}

function finished({ start: _, end: __, ...draft }: Draft, sites: SiteMatcher): ReadItem {
  const notes = [...draft.notes];
  if (draft.minutes !== null && draft.minutes > MAX_MINUTES) notes.push('bad_time');
  const words = PLACE_WORDS.exec(draft.title) ?? PLACE_WORDS.exec(draft.source);
  const title = sentence(words?.[0].startsWith('(') ? draft.title.replace(words[0], ' ') : draft.title) || draft.title;
  const { title: office = '', organisation = '', name = '' } = draft.speaker ?? {};
  const mentioned =
    sites.mentionedIn(draft.source.match(/điểm cầu\s+\p{Lu}.*/u)?.[0] ?? '') ??
    sites.mentionedIn(`${office}, ${organisation}`) ??
    (office === '' ? sites.mentionedIn(name) : null) ??
    sites.mentionedIn(title);
  if (mentioned !== null || !words) return { ...draft, title, site: mentioned, place: '', notes };
  const match = sites.match(words[1]!);
  if (match.found === 'none')
    return { ...draft, title, site: null, place: words[1]!.trim(), notes: [...notes, 'unknown_site'] };
  return {
    ...draft,
    title,
    site: match.site,
    place: '',
    notes: match.found === 'similar' ? [...notes, 'similar_site'] : notes,
  };
}

function skip(line: Line, skipped: Skipped[]): void {
  skipped.push({ line: line.number, text: line.source });
}
