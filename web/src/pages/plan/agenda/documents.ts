/** What may be uploaded as a document, and why not. Mirrors the server's bounds, which have the last word. Pure. */
import { MAX_DOCUMENTS } from '../model/bounds';

/** Largest file, bytes; as the server takes it. */
export const MAX_DOCUMENT_BYTES = 20 * 1024 * 1024;
/** Longest name of a file, in characters. */
export const MAX_FILE_NAME_CHARS = 200;
/** Kinds of files that every hall can open. */
export const DOCUMENT_ENDINGS: readonly string[] = [
  ...['pdf', 'docx', 'pptx', 'xlsx', 'odt', 'odp', 'ods'],
  ...['png', 'jpg', 'jpeg', 'txt'],
];

/** Why a file is not sent at all. */
export type DocumentFault = 'empty' | 'too_large' | 'wrong_kind' | 'long_name' | 'too_many' | 'twice';

/** What is wrong with a file beside those that are there; none: nothing. */
export function documentFault(
  file: { name: string; size: number },
  there: readonly { name: string }[],
): DocumentFault | null {
  if (there.length >= MAX_DOCUMENTS) return 'too_many';
  if (file.size === 0) return 'empty';
  if (file.size > MAX_DOCUMENT_BYTES) return 'too_large';
  if ([...file.name].length > MAX_FILE_NAME_CHARS) return 'long_name';
  const ending = file.name.split('.').at(-1)?.toLowerCase() ?? '';
  if (!file.name.includes('.') || !DOCUMENT_ENDINGS.includes(ending)) return 'wrong_kind';
  return there.some((one) => one.name === file.name) ? 'twice' : null;
}

/** A size as people say it: `1,4 MB`. */
export function sizeText(bytes: number, locale: string): string {
  const [value, unit] = bytes < 1_000_000 ? [bytes / 1_000, 'kB'] : [bytes / 1_000_000, 'MB'];
  const digits = value < 10 ? 1 : 0;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: digits }).format(value)} ${unit}`;
}
