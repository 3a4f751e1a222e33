/** Rows of cells out of what clerks have: CSV, XLSX, a table copied out of Word or a spreadsheet. */
import { decodeText } from './decode';

/** Cells of a row, without blanks around them. */
export type Row = readonly string[];
/** A table, and where its rows were. */
export type Rows = readonly Row[];

/** Why a file could not be read. */
export type ReadFault =
  | 'empty'
  | 'too_large'
  | 'too_many_rows'
  /** Not a format that is read. */
  | 'wrong_kind'
  /** Of the right kind by its name, but damaged. */
  | 'damaged';
/** A table that was read, or why not. */
export type ReadTable = { ok: true; rows: Rows } | { ok: false; fault: ReadFault };

/** Far more than any programme; a larger file is the wrong one. */
export const MAX_FILE_BYTES = 5 * 1024 * 1024;
/** Above what agenda and sites may hold together, with headings between. */
export const MAX_ROWS = 2_000;
/** Cells of a row that are looked at. */
export const MAX_COLUMNS = 40;

/** What reads files: text is at hand, XLSX is loaded when the first one comes. */
export async function readFile(name: string, bytes: Uint8Array): Promise<ReadTable> {
  if (bytes.length === 0) return { ok: false, fault: 'empty' };
  if (bytes.length > MAX_FILE_BYTES) return { ok: false, fault: 'too_large' };
  if (isZip(bytes)) {
    if (!/\.xls[xm]$/iu.test(name)) return { ok: false, fault: 'wrong_kind' };
    const { readXlsx } = await import('./xlsx');
    return readXlsx(bytes);
  }
  return /\.(?:csv|tsv|txt)$/iu.test(name) ? readSeparated(decodeText(bytes)) : { ok: false, fault: 'wrong_kind' };
}

/** Rows of a text whose cells are separated by commas, semicolons or tabs, quoted or not. */
export async function readSeparated(text: string): Promise<ReadTable> {
  const { default: papa } = await import('papaparse');
  const { data } = papa.parse<string[]>(text, {
    delimitersToGuess: ['\t', ';', ','],
    skipEmptyLines: 'greedy',
    preview: MAX_ROWS + 1,
  });
  return cleaned(data);
}

/** Cells tidied, empty rows gone, bounds kept. */
export function cleaned(rows: readonly (readonly string[])[]): ReadTable {
  const kept = rows
    .map((row) =>
      row.slice(0, MAX_COLUMNS).map((cell) =>
        cell
          .replace(/[\s\u00a0]+/gu, ' ')
          .trim()
          .normalize('NFC'),
      ),
    )
    .filter((row) => row.some((cell) => cell !== ''));
  if (kept.length === 0) return { ok: false, fault: 'empty' };
  return kept.length > MAX_ROWS ? { ok: false, fault: 'too_many_rows' } : { ok: true, rows: kept };
}

/** Local file header of a ZIP (APPNOTE 4.3.7): what an XLSX begins with. */
function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 0x03 && bytes[3] === 0x04;
}
