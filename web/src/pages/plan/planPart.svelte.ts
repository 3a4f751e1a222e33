/** One part of the plan (agenda, sites, details): its edit, what is wrong with it, and how it is applied. */
import { forget, recall, remember } from '$lib/link/storage';
import type { Command } from '$lib/wire';
import * as v from 'valibot';
import type { CommandLine } from '$lib/state/commandLine.svelte';
import { refusalOf } from '$lib/state/outcome';
import { Draft, type DraftKind } from './draft.svelte';
import { same } from './model/listChange';
import { isFatal, type Located } from './model/problem';
import { locate } from './model/serverProblems';

/** What a part is. */
export type PartKind<T> = DraftKind<T> & {
  /** Marks its commands and what is kept of it. */
  name: string;
  /** What applying it is called. */
  label: () => string;
  check: (edit: T) => Located[];
  /** The edit as it is sent: no blanks around texts. */
  tidy: (edit: T) => T;
  /** Both edits in one, where this one and somebody else's met. */
  merge: (base: T, mine: T, theirs: T) => { merged: T; clashes: number };
  /** Names that the server may use in its problems. */
  keysOf: (edit: T) => readonly string[];
  /** What makes the server's part equal to the edit; nothing of it that is equal already. */
  commands: (edit: T, server: T) => Command[];
};

/** An edit that was applied. */
type Applied<T> = { before: T; after: T };

/** One part. */
export class PlanPart<T> {
  readonly draft: Draft<T>;
  /** What the server refused of the latest edit. */
  #refused: { edit: T; problems: readonly Located[] } | null = $state.raw(null);
  /** The latest edit that was applied from here, and what it replaced. */
  #latest: Applied<T> | null = $state.raw(null);
  #key: string | null = null;
  #kind: PartKind<T>;
  #line: CommandLine;

  constructor(kind: PartKind<T>, line: CommandLine) {
    this.#kind = kind;
    this.#line = line;
    this.draft = new Draft(kind);
  }

  /** What is wrong with the edit: what this page finds, and what the server said of exactly this edit. */
  readonly problems: readonly Located[] = $derived.by(() => {
    const own = this.#kind.check(this.draft.mine);
    const refused = this.#refused;
    if (refused?.edit !== this.draft.mine) return own;
    return [...own, ...refused.problems.filter((one) => !own.some((known) => same(known, one)))];
  });
  /** The server would refuse it. */
  readonly broken: boolean = $derived(this.problems.some(({ problem }) => isFatal(problem)));

  get pending(): boolean {
    return this.#line.pending.has(this.#kind.name);
  }

  /** Somebody else has changed this part since the edit began. */
  get conflict(): boolean {
    return this.draft.conflict && !this.pending;
  }

  /** This edit and somebody else's in one. */
  readonly merged = $derived.by(() => {
    const { base, mine, theirs } = this.draft;
    return this.#kind.merge(base, mine, theirs);
  });

  /** The latest edit that was applied from here can be taken back: nothing came after it. */
  get canTakeBack(): boolean {
    return this.#latest !== null && !this.draft.dirty && same(this.draft.theirs, this.#latest.after);
  }

  /** The conference has this part; an edit is kept under its id. */
  follow(server: T, conference: string): void {
    const key = `plan.${conference}.${this.#kind.name}`;
    if (this.#key === null) this.#latest = this.#recall(`${key}.applied`);
    this.#key = key;
    this.draft.follow(server, key);
  }

  /** Problems of one member; of the whole with null. */
  problemsOf(key: string | null) {
    return this.problems.filter((one) => one.key === key).map((one) => one.problem);
  }

  /** Sends the edit; true: the server has it now. */
  async apply(): Promise<boolean> {
    const before = this.draft.theirs;
    this.draft.change(this.#kind.tidy(this.draft.mine));
    const edit = this.draft.mine;
    if (!(await this.#send(edit))) return false;
    this.#keep({ before, after: edit });
    return true;
  }

  /** Puts back what the latest edit replaced; true: it is back. */
  async takeBack(): Promise<boolean> {
    if (!this.canTakeBack || this.#latest === null) return false;
    if (!(await this.#send(this.#latest.before))) return false;
    this.#keep(null);
    return true;
  }

  /** Kept over the reload that a changed list of sites brings. */
  #keep(latest: Applied<T> | null): void {
    this.#latest = latest;
    if (this.#key === null) return;
    const key = `${this.#key}.applied`;
    if (latest) remember(key, JSON.stringify(latest));
    else forget(key);
  }

  #recall(key: string): Applied<T> | null {
    const { shape } = this.#kind;
    const kept = v.pipe(v.string(), v.parseJson(), v.object({ before: shape, after: shape }));
    const read = v.safeParse(kept, recall(key));
    return read.success ? (read.output as Applied<T>) : null;
  }

  async #send(edit: T): Promise<boolean> {
    for (const command of this.#kind.commands(edit, this.draft.theirs)) {
      const outcome = await this.#line.run(this.#kind.name, this.#kind.label(), command);
      if (outcome === null) return false;
      const reason = refusalOf(outcome);
      if (reason === null) continue;
      const problems = reason.code === 'bad_plan' ? locate(reason.problems, this.#kind.keysOf(edit)) : [];
      this.#refused = { edit, problems };
      return false;
    }
    this.draft.applied(edit);
    return true;
  }
}
