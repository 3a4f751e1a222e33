/** The health log as it is fetched: the newest entries as they come, older ones as somebody asks for them. */
import type { HttpFailure, HttpResult } from '$lib/link/http';
import type { HealthEntry } from '$lib/wire';
import { follows, MAX_ENTRIES, mergeEntries } from './model/log';

/** The newest are fetched at most this often, ms: in a storm of drops each of them would ask. */
export const CATCH_UP_MS = 2_000;

/** Fetches entries below a number; none: the newest of all. */
export type LogSource = (before: number | null) => Promise<HttpResult<HealthEntry[]>>;

/** The log of one conference. */
export class HealthLog {
  /** From the newest down, without gaps. */
  entries: readonly HealthEntry[] = $state.raw([]);
  /** The newest entries have come at least once. */
  loaded: boolean = $state(false);
  busy: boolean = $state(false);
  failure: HttpFailure | null = $state.raw(null);
  /** There may be older ones. */
  more: boolean = $state(false);
  #source: LogSource;
  #page: number;
  #wanted = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `page`: entries of a full answer; one that is not full is the last. */
  constructor(source: LogSource, page: number) {
    this.#source = source;
    this.#page = page;
  }

  /** There are entries up to this number. */
  reach(entry: number): void {
    this.#wanted = entry;
    if (this.#timer === undefined && (!this.loaded || entry > this.#latest)) this.#catchUp();
  }

  /** Fetches what came before. */
  async older(): Promise<void> {
    const oldest = this.entries.at(-1);
    if (this.busy || !oldest) return;
    this.busy = true;
    const answer = await this.#source(oldest.entry);
    this.busy = false;
    if (!answer.ok) {
      this.failure = answer.failure;
      return;
    }
    this.failure = null;
    this.entries = mergeEntries(this.entries, answer.value);
    this.more = this.#isFull(answer.value) && this.entries.length < MAX_ENTRIES;
  }

  get #latest(): number {
    return this.entries[0]?.entry ?? 0;
  }

  #isFull(answer: readonly HealthEntry[]): boolean {
    return answer.length >= this.#page;
  }

  #catchUp(): void {
    void this.#newest();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#wanted > this.#latest) this.#catchUp();
    }, CATCH_UP_MS);
  }

  async #newest(): Promise<void> {
    const answer = await this.#source(null);
    if (!answer.ok) {
      this.failure = answer.failure;
      return;
    }
    const known = follows(this.entries, answer.value) ? this.entries : [];
    // What is known already has been read to its end, or not; what is new begins anew.
    if (known.length === 0) this.more = this.#isFull(answer.value);
    this.failure = null;
    this.loaded = true;
    this.entries = mergeEntries(known, answer.value);
  }
}
