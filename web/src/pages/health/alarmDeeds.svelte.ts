/** What a person does to alarms, and what came of it. */
import type { HttpResult } from '$lib/link/http';
import type { AlarmDeed } from '$lib/link/health';
import type { LastCommand } from '$lib/state/commandLine.svelte';
import { SvelteSet } from 'svelte/reactivity';
import { failureText } from './words';

/** A refusal goes once it has been read, ms. */
export const REFUSAL_SHOWN_MS = 8_000;

/** Sends what is done to an alarm. */
export type AlarmSender = (alarm: number, deed: AlarmDeed) => Promise<HttpResult<void>>;

/** Deeds of one page. */
export class AlarmDeeds {
  last: LastCommand | null = $state.raw(null);
  /** Those that wait for an answer: `acknowledge:7`. */
  readonly pending = new SvelteSet<string>();
  #send: AlarmSender;

  constructor(send: AlarmSender) {
    this.#send = send;
  }

  /** Does it; one that waits is not sent again. */
  async do(alarm: number, deed: AlarmDeed, label: string): Promise<void> {
    const key = `${deed}:${alarm}`;
    if (this.pending.has(key)) return;
    this.pending.add(key);
    const mine: LastCommand = { label, outcome: 'pending', reason: '' };
    this.last = mine;
    const answer = await this.#send(alarm, deed);
    this.pending.delete(key);
    if (!answer.ok) this.#refuse(label, failureText(answer.failure));
    else if (this.last === mine) this.last = { label, outcome: 'accepted', reason: '' };
  }

  #refuse(label: string, reason: string): void {
    const refused: LastCommand = { label, outcome: 'refused', reason };
    this.last = refused;
    setTimeout(() => this.last === refused && (this.last = null), REFUSAL_SHOWN_MS);
  }
}
