/** A list of delegates while people work on it. What the server says meanwhile never takes their work away. */
import { forget, recall, remember } from '$lib/link/storage';
import type { Delegate } from '$lib/wire';
import * as v from 'valibot';
import { cleaned, type Fault, faultsOf, MAX_DELEGATES, sameList } from './list';

/** A row of the table; `id` is its own for as long as the list is open. */
export type Row = Delegate & { id: number };

const Stored = v.pipe(
  v.string(),
  v.parseJson(),
  v.pipe(
    v.array(v.object({ name: v.string(), title: v.string(), organisation: v.string(), present: v.boolean() })),
    v.maxLength(2 * MAX_DELEGATES),
  ),
);

/** One list, from the server's to what is written here. Unsaved work survives a reload under `key`. */
export class DelegatesDraft {
  rows: Row[] = $state([]);
  /** The server's list was changed by somebody else while this one was worked on. */
  conflict: boolean = $state(false);
  /** What the server has, as far as it is known here. */
  #server: readonly Delegate[] = $state.raw([]);
  #key: string;
  #nextId = 0;

  constructor(key: string, server: readonly Delegate[]) {
    this.#key = key;
    this.#server = server;
    const stored = v.safeParse(Stored, recall(key));
    this.rows = (stored.success ? stored.output : server).map((delegate) => this.#row(delegate));
  }

  /** The list as it is sent: rows in which something is written. */
  readonly list: Delegate[] = $derived(cleaned(this.rows));
  /** Something is written here that the server does not have. */
  readonly dirty: boolean = $derived(!sameList(this.rows, this.#server));
  readonly faults: readonly Fault[] = $derived(faultsOf(this.rows));
  /** Rows in which something is written. */
  readonly count: number = $derived(this.list.length);
  /** How many of them are marked present. */
  readonly present: number = $derived(this.list.filter((row) => row.present).length);
  /** Room for so many more. */
  readonly room: number = $derived(Math.max(0, MAX_DELEGATES - this.rows.length));

  /** The server's list came, again or anew. */
  handleServer(list: readonly Delegate[]): void {
    if (sameList(list, this.#server)) return;
    const dirty = this.dirty;
    this.#server = list;
    if (!dirty) return this.#replace(list);
    this.conflict = this.dirty;
    this.#keep();
  }

  /** The server took this list. */
  handleSaved(list: readonly Delegate[]): void {
    this.#server = list;
    this.conflict = false;
    this.#keep();
  }

  /** Adds a row; false: there are as many as can be. */
  add(delegate: Delegate = { name: '', title: '', organisation: '', present: false }): boolean {
    if (this.room === 0) return false;
    this.rows.push(this.#row(delegate));
    this.#keep();
    return true;
  }

  /** Adds rows in place of those that are empty; says how many found no room. */
  addAll(delegates: readonly Delegate[]): number {
    this.rows = this.rows.filter((row) => cleaned([row]).length > 0);
    const fits = delegates.slice(0, this.room);
    this.rows.push(...fits.map((delegate) => this.#row(delegate)));
    this.#keep();
    return delegates.length - fits.length;
  }

  /** Changes what is written in a row. */
  change(id: number, to: Partial<Delegate>): void {
    const row = this.rows.find((one) => one.id === id);
    if (row) Object.assign(row, to);
    this.#keep();
  }

  remove(id: number): void {
    this.rows = this.rows.filter((row) => row.id !== id);
    this.#keep();
  }

  /** Marks everybody present, or nobody. */
  markAll(present: boolean): void {
    for (const row of this.rows) row.present = present;
    this.#keep();
  }

  /** Gives up what is written here for what the server has. */
  discard(): void {
    this.#replace(this.#server);
  }

  /** Unsaved work is there again after a reload. */
  #keep(): void {
    if (this.dirty) remember(this.#key, JSON.stringify(this.list));
    else forget(this.#key);
  }

  #replace(list: readonly Delegate[]): void {
    this.rows = list.map((delegate) => this.#row(delegate));
    this.conflict = false;
    this.#keep();
  }

  #row({ name, title, organisation, present }: Delegate): Row {
    return { id: this.#nextId++, name, title, organisation, present };
  }
}
