/** Ids and slugs out of titles and names: they stand in links, logs and on buttons, so people should recognise them. Pure. */
import { fold } from '$lib/i18n/search';
import { MAX_ID_CHARS } from './bounds';

/** As much of a title as one still reads at a glance. */
const READABLE_CHARS = 32;
const VALID = /^[a-z0-9-]+$/;

/** True for 1 to 64 of `a–z`, `0–9` and `-`. */
export function isId(text: string): boolean {
  return VALID.test(text) && text.length <= MAX_ID_CHARS;
}

/** An id that says what the text says and that nobody has: `khai-mac`, `khai-mac-2`. `fallback` is for texts without letters. */
export function idFor(text: string, taken: ReadonlySet<string>, fallback: string): string {
  const words = fold(text)
    .replace(/[^a-z0-9 ]/g, '')
    .split(' ')
    .filter(Boolean);
  let stem = '';
  for (const word of words) {
    const longer = stem === '' ? word : `${stem}-${word}`;
    if (longer.length > READABLE_CHARS) break;
    stem = longer;
  }
  return freeId(stem || fallback, taken);
}

/** The id itself, or with the first number behind it that makes it free. */
export function freeId(stem: string, taken: ReadonlySet<string>): string {
  if (!taken.has(stem)) return stem;
  for (let number = 2; ; number++) {
    const candidate = `${stem}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
