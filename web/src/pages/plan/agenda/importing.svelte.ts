/** An import of the agenda while a person looks through it: what was read, and what the person corrected. */
import type { ItemPlan, SiteSlug } from '$lib/wire';
import { type ImportMode, importAgenda } from '../model/importAgenda';
import { changesOf, type ListChange } from '../model/listChange';
import type { SiteMatcher } from '../model/siteMatch';
import { itemKey } from '../kinds';
import { type AgendaField, agendaColumns, readAgendaRows } from '../table/agendaTable';
import { assign, type Recognised, widthOf } from '../table/columns';
import { htmlTable } from '../table/html';
import { readFile, readSeparated, type ReadFault, type Rows } from '../table/rows';
import { type Programme, type ReadItem, readProgramme, type Skipped } from '../text/programme';

/** Lines with tabs, of all lines, from which a text is a table. */
const TABULAR = 0.5;
/** A programme is a few pages; more is a mistake of the clipboard. */
export const MAX_TEXT_CHARS = 200_000;

const NOTHING: Programme = { items: [], skipped: [] };

/** What a person corrected of a row. */
type Correction = { left?: boolean; site?: SiteSlug | null; minutes?: number | null };

/** The import. */
export class AgendaImporting {
  mode: ImportMode = $state('replace');
  /** Site of speakers for whom none is named. */
  home: SiteSlug | null = $state(null);
  /** Where it came from: a file's name, or empty for what was pasted. */
  source: string = $state('');
  fault: ReadFault | null = $state(null);
  /** Cells of a table; none: it was a plain text. */
  rows: Rows | null = $state.raw(null);
  layout: Recognised<AgendaField> = $state.raw({ columns: [], heading: null });
  #text: string = $state('');
  #corrections: ReadonlyMap<number, Correction> = $state.raw(new Map());
  /** Lines that were left out and are items after all. */
  #taken: readonly Skipped[] = $state.raw([]);
  #matcher: () => SiteMatcher;
  #current: () => readonly ItemPlan[];
  /** A newer reading makes an older one void. */
  #turn = 0;

  constructor(matcher: () => SiteMatcher, current: () => readonly ItemPlan[], home: SiteSlug | null) {
    this.#matcher = matcher;
    this.#current = current;
    this.home = home;
  }

  /** As it was read, without corrections. */
  readonly read: Programme = $derived.by(() => {
    if (this.rows) return readAgendaRows(this.rows, this.layout, this.#matcher());
    return this.#text.trim() === '' ? NOTHING : readProgramme(this.#text, this.#matcher());
  });

  /** Items in order, corrected; those that are left out too. */
  readonly items: readonly (ReadItem & { left: boolean })[] = $derived.by(() => {
    const taken = this.#taken.map(({ line, text }): ReadItem => ({
      line,
      source: text,
      title: text,
      speaker: null,
      site: null,
      place: '',
      minutes: null,
      layout: null,
      id: '',
      notes: [],
    }));
    return [...this.read.items, ...taken]
      .toSorted((left, right) => left.line - right.line)
      .map((item) => corrected(item, this.#corrections.get(item.line)));
  });

  /** Lines that are no items. */
  readonly skipped: readonly Skipped[] = $derived(
    this.read.skipped.filter(({ line }) => !this.#taken.some((one) => one.line === line)),
  );

  /** The agenda as it would be. */
  readonly result: readonly ItemPlan[] = $derived.by(() =>
    importAgenda(
      this.items.filter((item) => !item.left),
      this.#current(),
      { mode: this.mode, home: this.home },
    ),
  );

  /** What it would change. */
  readonly changes: readonly ListChange<ItemPlan>[] = $derived.by(() =>
    changesOf(this.#current(), this.result, itemKey),
  );

  /** Items that a person has to look at. */
  readonly open: number = $derived(this.items.filter((item) => !item.left && item.notes.length > 0).length);

  /** Reads a text; one with tabs is a table. */
  async readText(text: string): Promise<void> {
    const turn = this.#begin('');
    this.#text = text.slice(0, MAX_TEXT_CHARS);
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const tabular = lines.length > 1 && lines.filter((line) => line.includes('\t')).length >= lines.length * TABULAR;
    if (!tabular) return;
    const table = await readSeparated(this.#text);
    if (turn === this.#turn && table.ok && widthOf(table.rows) > 1) this.#setRows(table.rows);
  }

  /** Reads what was copied as markup; false: there is no table in it, the plain text is better. */
  readMarkup(markup: string): boolean {
    const rows = htmlTable(markup);
    if (!rows) return false;
    this.#begin('');
    this.#setRows(rows);
    return true;
  }

  /** Reads a file. */
  async readFile(file: File): Promise<void> {
    const turn = this.#begin(file.name);
    const table = await readFile(file.name, new Uint8Array(await file.arrayBuffer()));
    if (turn !== this.#turn) return;
    if (table.ok) this.#setRows(table.rows);
    else this.fault = table.fault;
  }

  /** A person says what a column holds. */
  assign(column: number, field: AgendaField | null): void {
    this.layout = { ...this.layout, columns: assign(this.layout.columns, column, field) };
  }

  /** A person corrects an item. */
  correct(line: number, to: Correction): void {
    this.#corrections = new Map(this.#corrections).set(line, { ...this.#corrections.get(line), ...to });
  }

  /** A line that was left out is an item. */
  take(skipped: Skipped): void {
    this.#taken = [...this.#taken, skipped];
  }

  #begin(source: string): number {
    this.source = source;
    this.fault = null;
    this.rows = null;
    this.#text = '';
    this.#corrections = new Map();
    this.#taken = [];
    return ++this.#turn;
  }

  #setRows(rows: Rows): void {
    this.rows = rows;
    this.layout = agendaColumns(rows);
  }
}

/** What was corrected needs no look any more. */
function corrected(item: ReadItem, correction: Correction = {}): ReadItem & { left: boolean } {
  const { left = false, site = item.site, minutes = item.minutes } = correction;
  const settled = [
    ...('site' in correction ? ['unknown_site', 'similar_site'] : []),
    ...('minutes' in correction ? ['bad_time', 'two_times', 'each_speech', 'shared_time'] : []),
  ];
  const place = 'site' in correction ? '' : item.place;
  return { ...item, left, site, place, minutes, notes: item.notes.filter((note) => !settled.includes(note)) };
}
