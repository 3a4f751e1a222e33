/** An import of sites while a person looks through it. */
import type { SitePlan } from '$lib/wire';
import { siteKey } from '../kinds';
import { importSites, type SiteImportMode } from '../model/importSites';
import { changesOf, type ListChange } from '../model/listChange';
import type { Rows } from '../table/rows';
import { readSiteRows, type ReadSites, siteColumns, type SiteField } from '../table/siteTable';
import { TableImporting } from '../table/tableImporting.svelte';

const NOTHING: ReadSites = { sites: [], skipped: [] };

/** The import. */
export class SitesImporting extends TableImporting<SiteField> {
  mode: SiteImportMode = $state('update');
  #left: ReadonlySet<number> = $state.raw(new Set());
  #current: () => readonly SitePlan[];

  constructor(current: () => readonly SitePlan[]) {
    super();
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

  /** Reads a text as a table: sites stand in nothing else. */
  async readText(text: string): Promise<void> {
    await this.readCells(text, this.begin(''));
  }

  protected columnsOf(rows: Rows) {
    return siteColumns(rows);
  }

  protected forget(): void {
    this.#left = new Set();
  }
}
