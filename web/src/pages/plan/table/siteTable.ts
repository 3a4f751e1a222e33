/** A table as a list of sites: the columns of `config/sites/*.csv`, or what a ministry calls them. Pure. */
import type { SitePlan } from '$lib/wire';
import { fold } from '$lib/i18n/search';
import type { Skipped } from '../text/programme';
import { cellReader, type Headings, type Recognised, recognise } from './columns';
import type { Rows } from './rows';

/** What a column of a list of sites may hold. */
export type SiteField =
  | 'code'
  | 'slug'
  | 'name'
  | 'full_name'
  | 'region'
  | 'column'
  | 'row'
  | 'carrier'
  | 'contact_name'
  | 'contact_phone'
  | 'receive_kbps'
  | 'hall';

/** Fields in the order in which a person is offered them. */
export const SITE_FIELDS: readonly SiteField[] = [
  'code',
  'name',
  'full_name',
  'region',
  'carrier',
  'contact_name',
  'contact_phone',
  'receive_kbps',
  'column',
  'row',
  'slug',
  'hall',
];

const HEADINGS: Headings<SiteField> = {
  slug: ['slug', 'dinh danh'],
  contact_name: [
    'contact name',
    'dau moi',
    'can bo dau moi',
    'dau moi ky thuat',
    'nguoi lien he',
    'can bo ky thuat',
    'lien he',
  ],
  contact_phone: ['contact phone', 'dien thoai', 'so dien thoai', 'sdt', 'phone', 'di dong'],
  full_name: ['full name', 'ten day du', 'ten diem cau day du', 'don vi', 'co quan'],
  code: ['code', 'ma', 'ma tinh', 'ma diem cau', 'ky hieu'],
  name: ['name', 'ten', 'diem cau', 'ten diem cau', 'tinh thanh pho', 'tinh', 'dia phuong', 'ten tinh'],
  region: ['region', 'vung', 'khu vuc', 'mien'],
  carrier: ['carrier', 'nha mang', 'duong truyen', 'nha cung cap', 'mang'],
  receive_kbps: ['receive kbps', 'gioi han nhan', 'kbps', 'bang thong'],
  column: ['column', 'cot'],
  row: ['row', 'hang', 'dong'],
  hall: ['hall', 'trung tam', 'hoi truong'],
};

/** What is wrong with a row, by the field. */
export type RowFault = { field: SiteField; text: string };
/** A site as a row names it; a field that the table does not have is absent, one that it leaves empty is empty. */
export type ReadSite = { line: number; source: string; fields: Partial<SitePlan>; faults: readonly RowFault[] };
/** A list of sites as it was read. */
export type ReadSites = { sites: readonly ReadSite[]; skipped: readonly Skipped[] };

/** Recognises the columns of a list of sites. */
export const siteColumns = (rows: Rows): Recognised<SiteField> => recognise(rows, HEADINGS);

/** Rows as sites. A row without a name is no site. */
export function readSiteRows(rows: Rows, { columns, heading }: Recognised<SiteField>): ReadSites {
  const cell = cellReader(columns);
  const has = (field: SiteField) => columns.includes(field);
  const sites: ReadSite[] = [];
  const skipped: Skipped[] = [];
  for (const [index, row] of rows.entries()) {
    const line = index + 1;
    if (heading !== null && index <= heading) continue;
    const source = row.filter(Boolean).join(' | ');
    const name = cell(row, 'name') || cell(row, 'full_name');
    if (name === '') {
      skipped.push({ line, text: source });
      continue;
    }
    const faults: RowFault[] = [];
    const fields: Partial<SitePlan> = { name };
    for (const field of ['slug', 'code', 'full_name', 'region', 'carrier'] as const) {
      if (has(field)) fields[field] = cell(row, field);
    }
    if (fields.slug === '') delete fields.slug;
    if (has('contact_name') || has('contact_phone')) {
      fields.contact = { name: cell(row, 'contact_name'), phone: cell(row, 'contact_phone') };
    }
    if (has('column')) fields.column = whole('column', cell(row, 'column'), faults);
    if (has('row')) fields.row = whole('row', cell(row, 'row'), faults);
    if (has('receive_kbps')) {
      const text = cell(row, 'receive_kbps');
      fields.receive_kbps = text === '' ? null : whole('receive_kbps', text, faults);
    }
    if (has('hall')) fields.hall = isYes(cell(row, 'hall'));
    sites.push({ line, source, fields, faults });
  }
  return { sites, skipped };
}

/** A whole number, or 0 and a fault. */
function whole(field: SiteField, text: string, faults: RowFault[]): number {
  if (/^\d{1,9}(?:\.0+)?$/u.test(text)) return Number(text);
  faults.push({ field, text });
  return 0;
}

function isYes(text: string): boolean {
  return ['1', 'x', 'true', 'yes', 'co', 'trung tam', 'hall'].includes(fold(text));
}
