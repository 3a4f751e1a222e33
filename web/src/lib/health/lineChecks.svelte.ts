/** Line checks: what is begun here, those that are over, and the report that is looked at. */
import { failureText } from '$lib/i18n/incidentWording';
import { lineChecks, signedCheck, startCheck } from '$lib/link/health';
import type { HttpResult } from '$lib/link/http';
import type { CheckRequest, CheckRun, CheckSummary, SignedCheck } from '$lib/wire';

/** The ways to the server. */
export interface CheckLink {
  start: (request: CheckRequest) => Promise<HttpResult<{ number: number }>>;
  list: () => Promise<HttpResult<CheckSummary[]>>;
  signed: (number: number) => Promise<HttpResult<SignedCheck>>;
}

/** The ways for a conference, whose id may not be known yet. */
export const checkLink = (conference: () => string): CheckLink => ({
  start: (request) => startCheck(conference(), request),
  list: () => lineChecks(conference()),
  signed: (number) => signedCheck(conference(), number),
});

/** A report, and that nobody has changed it. */
export type OpenReport = { number: number; run: CheckRun; signed: SignedCheck };

/** Line checks of one page. */
export class LineChecks {
  past: readonly CheckSummary[] = $state.raw([]);
  /** It is known which checks are over. */
  listed: boolean = $state(false);
  /** Of the centre: the one under way, else the last that is over; none: there was none. */
  latest: CheckRun | null = $state.raw(null);
  /** The report that is looked at. */
  open: OpenReport | null = $state.raw(null);
  starting: boolean = $state(false);
  /** Why something could not be done; empty: everything could. */
  refusal: string = $state('');
  #link: CheckLink;
  #over = 0;

  constructor(link: CheckLink) {
    this.#link = link;
  }

  /** Begins to check sites; a check that is under way takes them in. */
  async start(request: CheckRequest): Promise<void> {
    if (this.starting) return;
    this.starting = true;
    this.refusal = '';
    const answer = await this.#link.start(request);
    this.starting = false;
    if (!answer.ok) this.refusal = failureText(answer.failure);
  }

  /** Reads which checks are over. */
  async refresh(): Promise<void> {
    const answer = await this.#link.list();
    if (!answer.ok) {
      this.refusal = failureText(answer.failure);
      return;
    }
    this.past = answer.value;
    await this.#recall();
    this.listed = true;
  }

  /** Takes the check that the server told last: one that is over is among those of the past now. */
  note(run: CheckRun | null): void {
    if (run === null) return;
    this.latest = run;
    if (run.ended_at === null || run.number === this.#over) return;
    this.#over = run.number;
    void this.refresh();
  }

  /** Opens the report of a check. */
  async show(number: number): Promise<void> {
    this.refusal = '';
    this.open = (await this.#read(number)) ?? this.open;
  }

  /** Puts the report away. */
  close(): void {
    this.open = null;
  }

  /** A server that has started anew tells of no check: the last one is in its report. */
  async #recall(): Promise<void> {
    const last = this.past.find(({ own }) => own === null);
    if (this.latest !== null || last === undefined) return;
    const report = await this.#read(last.number);
    // The server may have told of a later one meanwhile.
    this.latest ??= report?.run ?? null;
  }

  async #read(number: number): Promise<OpenReport | null> {
    const answer = await this.#link.signed(number);
    if (answer.ok) return { number, run: JSON.parse(answer.value.report) as CheckRun, signed: answer.value };
    this.refusal = failureText(answer.failure);
    return null;
  }
}
