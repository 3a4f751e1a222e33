/** Line checks: what is begun here, those that are over, and the report that is looked at. */
import type { HttpResult } from '$lib/link/http';
import type { CheckRequest, CheckRun, CheckSummary, SignedCheck } from '$lib/wire';
import { failureText } from './words';

/** The ways to the server. */
export interface CheckLink {
  start: (request: CheckRequest) => Promise<HttpResult<{ number: number }>>;
  list: () => Promise<HttpResult<CheckSummary[]>>;
  signed: (number: number) => Promise<HttpResult<SignedCheck>>;
}

/** A report, and that nobody has changed it. */
export type OpenReport = { number: number; run: CheckRun; signed: SignedCheck };

/** Line checks of one page. */
export class LineChecks {
  past: readonly CheckSummary[] = $state.raw([]);
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
    if (answer.ok) this.past = answer.value;
    else this.refusal = failureText(answer.failure);
  }

  /** Takes the check that the server told last: one that is over is among those of the past now. */
  note(run: CheckRun | null): void {
    if (run === null || run.ended_at === null || run.number === this.#over) return;
    this.#over = run.number;
    void this.refresh();
  }

  /** Opens the report of a check. */
  async show(number: number): Promise<void> {
    this.refusal = '';
    const answer = await this.#link.signed(number);
    if (!answer.ok) this.refusal = failureText(answer.failure);
    else this.open = { number, run: JSON.parse(answer.value.report) as CheckRun, signed: answer.value };
  }

  /** Puts the report away. */
  close(): void {
    this.open = null;
  }
}
