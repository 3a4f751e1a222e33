/**
 * An edit that counts only when it is applied. What the server has meanwhile is followed while nothing is edited, and shown as a
 * conflict otherwise: nobody's work is overwritten in silence. An edit that was not applied survives a reload.
 */
import { forget, recall, remember } from '$lib/link/storage';
import * as v from 'valibot';
import { same } from './model/listChange';

/** Steps that can be taken back: an afternoon's. Each is a reference to what did not change and little more. */
const MAX_STEPS = 200;

/** What an edit needs to know of what it edits. */
export type DraftKind<T> = {
  /** Before the server has told anything. */
  empty: T;
  /** What is kept in the browser must still be of this shape. */
  shape: v.GenericSchema<unknown, T>;
};

/** One edit, from what the server had when it began. */
export class Draft<T> {
  /** What the edit began from. */
  base: T = $state.raw() as T;
  /** The edit. */
  mine: T = $state.raw() as T;
  /** What the server has now. */
  theirs: T = $state.raw() as T;
  #past: T[] = $state.raw([]);
  #future: T[] = $state.raw([]);
  /** The field that the latest step was typed into: more letters there are the same step. */
  #typing: string | null = null;
  #kind: DraftKind<T>;
  #key: string | null = null;

  constructor(kind: DraftKind<T>) {
    this.#kind = kind;
    this.base = this.mine = this.theirs = kind.empty;
  }

  /** Something is edited that the server does not have. */
  readonly dirty = $derived(!same(this.mine, this.base));
  /** The server has something else than the edit began from. */
  readonly conflict = $derived(this.dirty && !same(this.theirs, this.base));

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** The server has this. `key`: under which an edit is kept; the first time, an edit that was kept is taken up again. */
  follow(server: T, key: string): void {
    const kept = this.#key === null ? this.#recall(key) : null;
    this.#key = key;
    this.theirs = server;
    if (kept) {
      this.base = kept.base;
      this.mine = kept.mine;
    }
    if (!this.dirty || same(this.mine, server)) this.#settle(server);
  }

  /** Edits. `typing`: the field that is typed into. */
  change(next: T, typing: string | null = null): void {
    if (same(next, this.mine)) return;
    if (typing === null || typing !== this.#typing) this.#past = [...this.#past, this.mine].slice(-MAX_STEPS);
    this.#typing = typing;
    this.#future = [];
    this.#show(next);
  }

  /** Takes the latest step back. */
  undo(): void {
    const before = this.#past.at(-1);
    if (before === undefined) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [...this.#future, this.mine];
    this.#show(before);
  }

  /** Takes the latest step that was taken back again. */
  redo(): void {
    const next = this.#future.at(-1);
    if (next === undefined) return;
    this.#future = this.#future.slice(0, -1);
    this.#past = [...this.#past, this.mine];
    this.#show(next);
  }

  /** Gives the edit up for what the server has. */
  discard(): void {
    this.#settle(this.theirs);
  }

  /** In a conflict: goes on with this, on top of what the server has. */
  rebase(onto: T = this.mine): void {
    this.base = this.theirs;
    this.change(onto);
    this.#keep();
  }

  /** The server took this. */
  applied(edit: T): void {
    this.theirs = edit;
    if (same(this.mine, edit)) this.#settle(edit);
    else {
      this.base = edit;
      this.#keep();
    }
  }

  #show(edit: T): void {
    this.mine = edit;
    this.#keep();
  }

  #settle(server: T): void {
    this.base = this.mine = this.theirs = server;
    this.#past = [];
    this.#future = [];
    this.#typing = null;
    this.#keep();
  }

  #keep(): void {
    if (this.#key === null) return;
    if (same(this.mine, this.base)) forget(this.#key);
    else remember(this.#key, JSON.stringify({ base: this.base, mine: this.mine }));
  }

  #recall(key: string): { base: T; mine: T } | null {
    const { shape } = this.#kind;
    const kept = v.pipe(v.string(), v.parseJson(), v.object({ base: shape, mine: shape }));
    const read = v.safeParse(kept, recall(key));
    return read.success ? (read.output as { base: T; mine: T }) : null;
  }
}
