/** Lists of delegates as people type and paste them. Pure. */
import type { Delegate } from '$lib/wire';

/** Most delegates of one site; as `conference::MAX_DELEGATES`. */
export const MAX_DELEGATES = 100;
/** Longest name, title or organisation, in characters: a line of a list. */
export const MAX_FIELD_CHARS = 200;

/** The three texts of a delegate, in the order of a line. */
export const FIELDS = ['name', 'title', 'organisation'] as const;
/** One of them. */
export type Field = (typeof FIELDS)[number];

/** What is wrong with a list; `row` counts from 0. */
export type Fault =
  | { name: 'no_name'; row: number }
  | { name: 'too_long'; row: number; field: Field }
  | { name: 'twice'; row: number; as: number }
  | { name: 'too_many'; count: number };

/** Columns of a spreadsheet come with tabs; lines that are typed have semicolons. */
const SEPARATOR = /\t|;/;
/** Heads of columns that lists begin with. */
const HEADS: ReadonlySet<string> = new Set(['họ tên', 'họ và tên', 'tên', 'name', 'full name']);
/** Numbers in front of names (`1`, `01.`, `3)`), and the head of their column. */
const NUMBER = /^(\d+\s*[.):]?|stt|tt|no\.?|#)$/i;
const NUMBER_BEFORE = /^\d+\s*[.):]\s*/;

/** Delegates in pasted lines, nobody marked present: `Họ tên; chức vụ; cơ quan`, or columns of a spreadsheet. */
export function parseLines(text: string): Delegate[] {
  const found: Delegate[] = [];
  for (const line of text.normalize('NFC').split(/\r\n|\r|\n/)) {
    const cells = line.split(SEPARATOR).map(tidy);
    // A first column that counts the lines is not a name.
    if (cells.length > 1 && (NUMBER.test(cells[0]!) || (cells[0] === '' && cells[1] !== ''))) cells.shift();
    const name = (cells[0] ?? '').replace(NUMBER_BEFORE, '');
    if (name === '' || HEADS.has(name.toLowerCase())) continue;
    found.push({ name, title: cells[1] ?? '', organisation: cells[2] ?? '', present: false });
  }
  return found;
}

/** True for a text that is a list and not a single name. */
export const isList = (text: string): boolean => /[\t\n\r;]/.test(text.trim());

/** A list as it is sent: texts tidied, rows in which nothing was written left out. */
export function cleaned(rows: readonly Delegate[]): Delegate[] {
  return rows
    .map(({ name, title, organisation, present }) => ({
      name: tidy(name),
      title: tidy(title),
      organisation: tidy(organisation),
      present,
    }))
    .filter((row) => FIELDS.some((field) => row[field] !== ''));
}

/** What keeps a list from being sent, by row; rows in which nothing was written do not count. */
export function faultsOf(rows: readonly Delegate[]): Fault[] {
  const faults: Fault[] = [];
  const seen = new Map<string, number>();
  rows.forEach((row, index) => {
    const texts = FIELDS.map((field) => tidy(row[field]));
    if (texts.every((text) => text === '')) return;
    if (texts[0] === '') faults.push({ name: 'no_name', row: index });
    FIELDS.forEach((field, place) => {
      if ([...texts[place]!].length > MAX_FIELD_CHARS) faults.push({ name: 'too_long', row: index, field });
    });
    const key = texts.join('\n').toLowerCase();
    const first = seen.get(key);
    if (first === undefined) seen.set(key, index);
    else faults.push({ name: 'twice', row: index, as: first });
  });
  const count = cleaned(rows).length;
  return count > MAX_DELEGATES ? [{ name: 'too_many', count }, ...faults] : faults;
}

/** True if two lists say the same. */
export function sameList(left: readonly Delegate[], right: readonly Delegate[]): boolean {
  const text = (list: readonly Delegate[]) =>
    JSON.stringify(list.map(({ name, title, organisation, present }) => [name, title, organisation, present]));
  return text(cleaned(left)) === text(cleaned(right));
}

/** One blank between words, none around them; accents composed, so that the same name is the same text. */
function tidy(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim();
}
