/** An import while a person looks through it: where it comes from, and what its columns hold. */
import { assign, type Recognised, widthOf } from './columns';
import { htmlTable } from './html';
import { readFile, readSeparated, type ReadFault, type Rows } from './rows';

/** What all imports share; each kind says what its columns are and reads them. */
export abstract class TableImporting<Field extends string> {
  /** Where it came from: a file's name, or empty for what was pasted. */
  source: string = $state('');
  fault: ReadFault | null = $state(null);
  /** Cells of a table; none: it was a plain text, or nothing yet. */
  rows: Rows | null = $state.raw(null);
  layout: Recognised<Field> = $state.raw({ columns: [], heading: null });
  /** A newer reading makes an older one void. */
  #turn = 0;

  /** Recognises the columns of a table. */
  protected abstract columnsOf(rows: Rows): Recognised<Field>;
  /** Drops what a person did with the reading before. */
  protected abstract forget(): void;

  /** Reads a text. */
  abstract readText(text: string): Promise<void>;

  /** Reads what was copied as markup; false: there is no table in it, the plain text is better. */
  readMarkup(markup: string): boolean {
    const rows = htmlTable(markup);
    if (!rows) return false;
    this.begin('');
    this.#setRows(rows);
    return true;
  }

  /** Reads a file. */
  async readFile(file: File): Promise<void> {
    const turn = this.begin(file.name);
    const table = await readFile(file.name, new Uint8Array(await file.arrayBuffer()));
    if (turn !== this.#turn) return;
    if (table.ok) this.#setRows(table.rows);
    else this.fault = table.fault;
  }

  /** A person says what a column holds. */
  assign(column: number, field: Field | null): void {
    this.layout = { ...this.layout, columns: assign(this.layout.columns, column, field) };
  }

  /** Begins a reading; the number tells whether it is still the latest. */
  protected begin(source: string): number {
    this.source = source;
    this.fault = null;
    this.rows = null;
    this.forget();
    return ++this.#turn;
  }

  /** Reads separated cells, if that makes a table of them. */
  protected async readCells(text: string, turn: number): Promise<void> {
    const table = await readSeparated(text);
    if (turn === this.#turn && table.ok && widthOf(table.rows) > 1) this.#setRows(table.rows);
  }

  #setRows(rows: Rows): void {
    this.rows = rows;
    this.layout = this.columnsOf(rows);
  }
}
