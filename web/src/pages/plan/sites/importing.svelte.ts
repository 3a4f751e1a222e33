/** An import of sites while a person looks through it. */
import type { SitePlan } from '$lib/wire';
import { siteKey } from '../kinds';
import { importSites, type SiteImportMode } from '../model/importSites';
import { changesOf, type ListChange } from '../model/listChange';
import { assign, type Recognised, widthOf } from '../table/columns';
import { htmlTable } from '../table/html';
import { readFile, readSeparated, type ReadFault, type Rows } from '../table/rows';
import { readSiteRows, type ReadSites, siteColumns, type SiteField } from '../table/siteTable';

const NOTHING: ReadSites = { sites: [], skipped: [] };

/** The import. */
export class SitesImporting {
  mode: SiteImportMode = $state('update');
  /** A file's name, or empty for what was pasted. */
  source: string = $state('');
  fault: ReadFault | null = $state(null);
  rows: Rows | null = $state.raw(null);
  layout: Recognised<SiteField> = $state.raw({ columns: [], heading: null });
  #left: ReadonlySet<number> = $state.raw(new Set());
  #current: () => readonly SitePlan[];
  /** A newer reading makes an older one void. */
  #turn = 0;

  constructor(current: () => readonly SitePlan[]) {
    this.#current = current;
  }

  readonly read: ReadSites = $derived(this.rows ? readSiteRows(this.rows, this.layout) : NOTHING);
  readonly taken = $derived(this.read.sites.filter(({ line }) => !this.#left.has(line)));
  readonly result: readonly SitePlan[] = $derived.by(() => importSites(this.taken, this.#current(), this.mode));
  readonly changes: readonly ListChange<SitePlan>[] = $derived.by(() =>
    changesOf(this.#current(), this.result, siteKey),
  );

  /** A row is not taken over. */
  isLeft(line: number): boolean {
    return this.#left.has(line);
  }

  leave(line: number, left: boolean): void {
    const next = new Set(this.#left);
    if (left) next.add(line);
    else next.delete(line);
    this.#left = next;
  }

  assign(column: number, field: SiteField | null): void {
    this.layout = { ...this.layout, columns: assign(this.layout.columns, column, field) };
  }

  async readText(text: string): Promise<void> {
    const turn = this.#begin('');
    const table = await readSeparated(text);
    if (turn === this.#turn && table.ok && widthOf(table.rows) > 1) this.#setRows(table.rows);
  }

  /** Reads what was copied as markup; false: there is no table in it. */
  readMarkup(markup: string): boolean {
    const rows = htmlTable(markup);
    if (!rows) return false;
    this.#begin('');
    this.#setRows(rows);
    return true;
  }

  async readFile(file: File): Promise<void> {
    const turn = this.#begin(file.name);
    const table = await readFile(file.name, new Uint8Array(await file.arrayBuffer()));
    if (turn !== this.#turn) return;
    if (table.ok) this.#setRows(table.rows);
    else this.fault = table.fault;
  }

  #begin(source: string): number {
    this.source = source;
    this.fault = null;
    this.rows = null;
    this.#left = new Set();
    return ++this.#turn;
  }

  #setRows(rows: Rows): void {
    this.rows = rows;
    this.layout = siteColumns(rows);
  }
}
