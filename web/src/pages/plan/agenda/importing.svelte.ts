/** An import of the agenda while a person looks through it: what was read, and what the person corrected. */
import type { ItemPlan, SiteSlug } from '$lib/wire';
import { type ImportMode, importAgenda } from '../model/importAgenda';
import { changesOf, type ListChange } from '../model/listChange';
import type { SiteMatcher } from '../model/siteMatch';
import { itemKey } from '../kinds';
import { type AgendaField, agendaColumns, readAgendaRows } from '../table/agendaTable';
import type { Rows } from '../table/rows';
import { TableImporting } from '../table/tableImporting.svelte';
import { type Programme, type ReadItem, readProgramme, type Skipped } from '../text/programme';

/** Lines with tabs, of all lines, from which a text is a table. */
const TABULAR = 0.5;
/** A programme is a few pages; more is a mistake of the clipboard. */
export const MAX_TEXT_CHARS = 200_000;

const NOTHING: Programme = { items: [], skipped: [] };

/** What a person corrected of a row. */
type Correction = { left?: boolean; site?: SiteSlug | null; minutes?: number | null };

/** The import. */
export class AgendaImporting extends TableImporting<AgendaField> {
  mode: ImportMode = $state('replace');
  /** Site of speakers for whom none is named. */
  home: SiteSlug | null = $state(null);
  #text: string = $state('');
  #corrections: ReadonlyMap<number, Correction> = $state.raw(new Map());
  /** Lines that were left out and are items after all. */
  #taken: readonly Skipped[] = $state.raw([]);
  #matcher: () => SiteMatcher;
  #current: () => readonly ItemPlan[];

  constructor(matcher: () => SiteMatcher, current: () => readonly ItemPlan[], home: SiteSlug | null) {
    super();
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
    const turn = this.begin('');
    this.#text = text.slice(0, MAX_TEXT_CHARS);
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    const tabular = lines.length > 1 && lines.filter((line) => line.includes('\t')).length >= lines.length * TABULAR;
    if (tabular) await this.readCells(this.#text, turn);
  }

  /** A person corrects an item. */
  correct(line: number, to: Correction): void {
    this.#corrections = new Map(this.#corrections).set(line, { ...this.#corrections.get(line), ...to });
  }

  /** A line that was left out is an item. */
  take(skipped: Skipped): void {
    this.#taken = [...this.#taken, skipped];
  }

  protected columnsOf(rows: Rows) {
    return agendaColumns(rows);
  }

  protected forget(): void {
    this.#text = '';
    this.#corrections = new Map();
    this.#taken = [];
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
