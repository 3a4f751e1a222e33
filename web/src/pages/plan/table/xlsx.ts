/** The first sheet of an XLSX file (ECMA-376, part 1, chapter 18) that has anything in it, as rows of text. */
import { strFromU8, unzipSync } from 'fflate';
import { cleaned, MAX_COLUMNS, MAX_ROWS, type ReadTable } from './rows';

/** A sheet that unpacks to more is no programme, whatever its packed size claims. */
const MAX_PART_BYTES = 20 * 1024 * 1024;
/** What of the package is read. */
const PARTS = /^xl\/(?:workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|worksheets\/[^/]+\.xml)$/;
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';

type Parts = Record<string, Uint8Array>;

/** Reads a workbook. Formulas are read as what they came to when the file was saved. */
export function readXlsx(bytes: Uint8Array): ReadTable {
  let parts: Parts;
  try {
    let tooLarge = false;
    parts = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (!PARTS.test(name)) return false;
        tooLarge ||= originalSize > MAX_PART_BYTES;
        return originalSize <= MAX_PART_BYTES;
      },
    });
    if (tooLarge) return { ok: false, fault: 'too_large' };
  } catch {
    return { ok: false, fault: 'damaged' };
  }
  const strings = sharedStrings(parts);
  const sheets = sheetPaths(parts);
  if (sheets.length === 0) return { ok: false, fault: 'damaged' };
  for (const path of sheets) {
    const table = cleaned(sheetRows(parse(parts, path), strings));
    if (table.ok || table.fault !== 'empty') return table;
  }
  return { ok: false, fault: 'empty' };
}

/** Visible sheets in the order of their tabs. */
function sheetPaths(parts: Parts): string[] {
  const targets = new Map<string, string>();
  for (const relation of all(parse(parts, 'xl/_rels/workbook.xml.rels'), 'Relationship')) {
    const target = relation.getAttribute('Target') ?? '';
    targets.set(relation.getAttribute('Id') ?? '', target.startsWith('/') ? target.slice(1) : `xl/${target}`);
  }
  return all(parse(parts, 'xl/workbook.xml'), 'sheet')
    .filter((sheet) => !(sheet.getAttribute('state') ?? '').toLowerCase().includes('hidden'))
    .map((sheet) => targets.get(sheet.getAttributeNS(RELATIONS, 'id') ?? sheet.getAttribute('r:id') ?? '') ?? '')
    .filter((path) => path in parts);
}

function sharedStrings(parts: Parts): readonly string[] {
  return all(parse(parts, 'xl/sharedStrings.xml'), 'si').map(textOf);
}

function sheetRows(sheet: Document | null, strings: readonly string[]): string[][] {
  const rows: string[][] = [];
  for (const row of all(sheet, 'row')) {
    if (rows.length > MAX_ROWS) break;
    const cells: string[] = [];
    for (const cell of all(row, 'c')) {
      const column = columnOf(cell.getAttribute('r')) ?? cells.length;
      if (column >= MAX_COLUMNS) continue;
      while (cells.length < column) cells.push('');
      cells[column] = cellText(cell, strings);
    }
    // Numbers of a sheet that was formatted to its last row: nothing is in them.
    if (cells.some((cell) => cell.trim() !== '')) rows.push(cells);
  }
  return rows;
}

function cellText(cell: Element, strings: readonly string[]): string {
  const type = cell.getAttribute('t');
  if (type === 'inlineStr') return textOf(cell);
  const value = all(cell, 'v')[0]?.textContent ?? '';
  if (type === 's') return strings[Number(value)] ?? '';
  if (type === 'e') return '';
  return value;
}

/** All runs of a rich text, without the readings that Asian texts carry (`rPh`). */
function textOf(element: Element): string {
  return all(element, 't')
    .filter((run) => localName(run.parentElement) !== 'rPh')
    .map((run) => run.textContent ?? '')
    .join('');
}

/** Column of a reference such as `AB12`, from 0. */
function columnOf(reference: string | null): number | null {
  const letters = /^[A-Z]+/.exec(reference ?? '')?.[0];
  if (!letters) return null;
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function parse(parts: Parts, path: string): Document | null {
  const bytes = parts[path];
  return bytes ? new DOMParser().parseFromString(strFromU8(bytes), 'text/xml') : null;
}

/** Elements by their name without a prefix: some writers use one. */
function all(parent: Document | Element | null, name: string): Element[] {
  return [...(parent?.getElementsByTagName('*') ?? [])].filter((element) => localName(element) === name);
}

function localName(element: Element | null): string {
  return (element?.localName ?? '').split(':').at(-1) ?? '';
}
