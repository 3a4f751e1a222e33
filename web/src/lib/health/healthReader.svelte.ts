/**
 * The health of a conference for pages that need little of it: read over HTTP now and then. A socket of the technicians' page would
 * bring all figures each second, and everything that such a page's own connection brings already a second time.
 */
import { healthNow } from '$lib/link/health';
import type { HttpFailure } from '$lib/link/http';
import type { HealthView } from '$lib/wire';

/** It is read so often, ms: figures are old after five seconds, and one answer may be late. */
export const READ_MS = 2_000;

/** So often, ms, when something is known to have happened that the last answer does not tell. */
export const HURRIED_MS = 250;

/** Answers after which nobody asks again: not signed in, not with this role, no such conference. */
const FINAL = new Set([401, 403, 404]);

/** Reads the health while it runs. */
export class HealthReader {
  /** Why the latest answer is none. */
  failure: HttpFailure | null = $state.raw(null);
  #conference: () => string | null;
  #take: (view: HealthView) => void;
  #hurries: () => boolean;

  /** `conference`: its id; none: nobody would answer now. `take`: gets each answer. `hurries`: the last one is known to be old. */
  constructor(conference: () => string | null, take: (view: HealthView) => void, hurries = () => false) {
    this.#conference = conference;
    this.#take = take;
    this.#hurries = hurries;
  }

  /** The server tells this person nothing. */
  get denied(): boolean {
    return this.failure !== null && FINAL.has(this.failure.status);
  }

  /** Begins; the returned function ends it. */
  start(): () => void {
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let waited = READ_MS;
    const round = async () => {
      if (waited >= READ_MS || this.#hurries()) {
        waited = 0;
        await this.#read(ending.signal);
      }
      waited += HURRIED_MS;
      // The next is asked for when this one has come: a slow server gets no queue of questions.
      if (!ending.signal.aborted && !this.denied) timer = setTimeout(round, HURRIED_MS);
    };
    void round();
    return () => {
      ending.abort();
      clearTimeout(timer);
    };
  }

  async #read(signal: AbortSignal): Promise<void> {
    const conference = this.#conference();
    if (conference === null) return;
    const answer = await healthNow(conference, signal);
    if (signal.aborted) return;
    this.failure = answer.ok ? null : answer.failure;
    if (answer.ok) this.#take(answer.value);
  }
}
