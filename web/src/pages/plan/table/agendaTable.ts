/** A table as a programme: which columns it has, and its rows as items. Pure. */
import type { Layout, SpeakerView } from '$lib/wire';
import type { SiteMatcher } from '../model/siteMatch';
import { MAX_MINUTES, minutesOf, spanMinutes, timeOf } from '../text/clock';
import { speakerOf } from '../text/person';
import type { Programme, ReadItem, ReadNote, Skipped } from '../text/programme';
import { sentence, speechOf } from '../text/speech';
import { cellReader, type Columns, type Headings, type Recognised, recognise, widthOf } from './columns';
import type { Row, Rows } from './rows';

/** What a column of a programme may hold. */
export type AgendaField =
  'order' | 'time' | 'minutes' | 'title' | 'speaker' | 'speaker_title' | 'organisation' | 'site' | 'layout' | 'id';

/** Fields in the order in which a person is offered them. */
export const AGENDA_FIELDS: readonly AgendaField[] = [
  'title',
  'speaker',
  'speaker_title',
  'organisation',
  'site',
  'minutes',
  'time',
  'layout',
  'id',
  'order',
];

const HEADINGS: Headings<AgendaField> = {
  id: ['id', 'ma muc', 'ma'],
  order: ['stt', 'tt', 'so tt', 'no', 'so thu tu'],
  minutes: [
    'planned minutes',
    'thoi luong',
    'so phut',
    'phut',
    'minutes',
    'duration',
    'thoi gian trinh bay',
    'planned',
  ],
  time: ['thoi gian', 'gio', 'time', 'bat dau', 'thoi diem', 'start'],
  title: [
    'title',
    'noi dung',
    'noi dung chuong trinh',
    'noi dung cong viec',
    'tieu de',
    'ten bao cao',
    'bao cao',
    'content',
    'item',
    'muc',
  ],
  speaker_title: ['speaker title', 'chuc danh', 'chuc vu', 'position', 'office'],
  organisation: ['organisation', 'organization', 'co quan', 'don vi', 'don vi cong tac', 'co quan don vi'],
  speaker: [
    'speaker',
    'nguoi phat bieu',
    'nguoi trinh bay',
    'trinh bay',
    'nguoi thuc hien',
    'thuc hien',
    'bao cao vien',
    'dai bieu phat bieu',
    'ho va ten',
    'ho ten',
    'phat bieu',
    'chu tri',
    'phu trach',
  ],
  site: ['site', 'diem cau', 'dia phuong', 'tinh thanh pho', 'tinh', 'dia diem', 'place'],
  layout: ['layout', 'bo cuc', 'bo cuc hinh'],
};

/** An item with its times, minutes since midnight. */
type Timed = ReadItem & { start: number | null; end: number | null };

const LAYOUTS: readonly Layout[] = ['single', 'side_by_side', 'speaker_hall', 'grid', 'content_speaker'];

/** Recognises the columns of a programme; without a heading by what the cells look like. */
export function agendaColumns(rows: Rows): Recognised<AgendaField> {
  const found = recognise(rows, HEADINGS);
  return found.heading === null ? { columns: guessed(rows), heading: null } : found;
}

/** Rows as items. A row with one filled cell is a heading of a part. */
export function readAgendaRows(
  rows: Rows,
  { columns, heading }: Recognised<AgendaField>,
  sites: SiteMatcher,
): Programme {
  const cell = cellReader(columns);
  const items: Timed[] = [];
  const skipped: Skipped[] = [];
  for (const [index, row] of rows.entries()) {
    const line = index + 1;
    if (heading !== null && index <= heading) continue;
    const read = readRow(row, line, cell, sites);
    if (read === null) skipped.push({ line, text: row.filter(Boolean).join(' | ') });
    else items.push(read);
  }
  return { items: timed(items), skipped };
}

function readRow(
  row: Row,
  line: number,
  cell: (row: Row, field: AgendaField) => string,
  sites: SiteMatcher,
): Timed | null {
  const written = cell(row, 'title');
  const filled = row.filter(Boolean).length;
  if (written === '' || (filled === 1 && row.length > 1)) return null;
  const notes: ReadNote[] = [];
  const named = speakerOfRow(row, cell, sites);
  const speech = named ? { title: sentence(written), speaker: named } : speechOf(written, sites.isPlace);
  const time = timeOf(cell(row, 'time'));
  const span = time && time.end !== null ? spanMinutes(time.start, time.end) : null;
  if (time && time.end !== null && span === null) notes.push('bad_time');
  const minutes = minutesOf(cell(row, 'minutes')) ?? (time ? span : minutesOf(cell(row, 'time')));
  if (minutes === null && cell(row, 'minutes') !== '') notes.push('bad_time');
  const layout = LAYOUTS.find((one) => one === cell(row, 'layout')) ?? null;
  return {
    line,
    source: row.filter(Boolean).join(' | '),
    ...speech,
    ...siteOfRow(cell(row, 'site'), speech, sites, notes),
    minutes: minutes !== null && (minutes < 0 || minutes > MAX_MINUTES) ? badMinutes(notes) : minutes,
    notes,
    start: time?.start ?? null,
    end: time?.end ?? null,
    id: cell(row, 'id'),
    layout,
  };
}

function speakerOfRow(
  row: Row,
  cell: (row: Row, field: AgendaField) => string,
  sites: SiteMatcher,
): SpeakerView | null {
  const read = speakerOf(cell(row, 'speaker'), sites.isPlace);
  if (!read) return null;
  const title = cell(row, 'speaker_title');
  const organisation = cell(row, 'organisation');
  return { name: read.name, title: title || read.title, organisation: organisation || read.organisation };
}

function siteOfRow(
  text: string,
  { title, speaker }: { title: string; speaker: SpeakerView | null },
  sites: SiteMatcher,
  notes: ReadNote[],
): Pick<ReadItem, 'site' | 'place'> {
  if (text === '') {
    const office = speaker ? `${speaker.title}, ${speaker.organisation}` : '';
    return { site: sites.mentionedIn(office) ?? sites.mentionedIn(title), place: '' };
  }
  const match = sites.match(text);
  if (match.found === 'none') notes.push('unknown_site');
  if (match.found === 'similar') notes.push('similar_site');
  return match.found === 'none' ? { site: null, place: text } : { site: match.site, place: '' };
}

function badMinutes(notes: ReadNote[]): null {
  notes.push('bad_time');
  return null;
}

/** A start without an end lasts until the start of the next row. */
function timed(items: readonly Timed[]): ReadItem[] {
  return items.map(({ start, end, ...item }, index) => {
    const next = items[index + 1]?.start ?? null;
    if (item.minutes !== null || start === null || end !== null || next === null) return item;
    return { ...item, minutes: spanMinutes(start, next) };
  });
}

/** Columns of a table without a heading: times look like times, minutes like minutes, and the longest texts are titles. */
function guessed(rows: Rows): Columns<AgendaField> {
  const width = widthOf(rows);
  const share = (column: number, fits: (cell: string) => boolean) => {
    const cells = rows.map((row) => row[column] ?? '').filter(Boolean);
    return cells.length === 0 ? 0 : cells.filter(fits).length / cells.length;
  };
  const columns: (AgendaField | null)[] = Array.from({ length: width }, (_, column) => {
    if (share(column, (cell) => timeOf(cell) !== null) > 0.6) return 'time';
    if (share(column, (cell) => /^\d{1,2}[.)]?$/u.test(cell)) > 0.8) return column === 0 ? 'order' : 'minutes';
    return share(column, (cell) => minutesOf(cell) !== null) > 0.6 ? 'minutes' : null;
  });
  const length = (column: number) => rows.reduce((sum, row) => sum + (row[column] ?? '').length, 0);
  const texts = columns.flatMap((field, column) => (field === null ? [column] : []));
  const title = texts.toSorted((left, right) => length(right) - length(left))[0];
  if (title !== undefined) columns[title] = 'title';
  const speaker = texts.find((column) => column !== title && length(column) > 0);
  if (speaker !== undefined) columns[speaker] = 'speaker';
  // Of two columns of one kind the first counts.
  return columns.map((field, column) => (columns.indexOf(field) === column ? field : null));
}
