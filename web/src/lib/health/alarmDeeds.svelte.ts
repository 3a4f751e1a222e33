/** What a person does to alarms, and what came of it. */
import { alarmLabel, failureText } from '$lib/i18n/incidentWording';
import type { AlarmDeed } from '$lib/link/health';
import type { HttpResult } from '$lib/link/http';
import type { LastCommand } from '$lib/state/commandLine.svelte';
import type { Alarm, SiteSlug } from '$lib/wire';
import { SvelteSet } from 'svelte/reactivity';

/** A refusal goes once it has been read, ms. */
export const REFUSAL_SHOWN_MS = 8_000;

/** Sends what is done to an alarm. */
export type AlarmSender = (alarm: number, deed: AlarmDeed) => Promise<HttpResult<void>>;

/** Deeds of one page. */
export class AlarmDeeds {
  last: LastCommand | null = $state.raw(null);
  /** Those that wait for an answer: `acknowledge:7`. */
  readonly #pending = new SvelteSet<string>();
  #send: AlarmSender;
  #name: (site: SiteSlug) => string;

  /** `name`: short name of a site. */
  constructor(send: AlarmSender, name: (site: SiteSlug) => string) {
    this.#send = send;
    this.#name = name;
  }

  /** True while an answer is waited for. */
  waits(alarm: Alarm, deed: AlarmDeed): boolean {
    return this.#pending.has(keyOf(alarm, deed));
  }

  /** Does it; one that waits is not sent again. */
  async do(alarm: Alarm, deed: AlarmDeed): Promise<void> {
    const key = keyOf(alarm, deed);
    if (this.#pending.has(key)) return;
    this.#pending.add(key);
    const label = alarmLabel(deed, alarm, this.#name);
    const mine: LastCommand = { label, outcome: 'pending', reason: '' };
    this.last = mine;
    const answer = await this.#send(alarm.id, deed);
    this.#pending.delete(key);
    if (!answer.ok) this.#refuse(label, failureText(answer.failure));
    else if (this.last === mine) this.last = { label, outcome: 'accepted', reason: '' };
  }

  #refuse(label: string, reason: string): void {
    const refused: LastCommand = { label, outcome: 'refused', reason };
    this.last = refused;
    setTimeout(() => this.last === refused && (this.last = null), REFUSAL_SHOWN_MS);
  }
}

const keyOf = ({ id }: Alarm, deed: AlarmDeed): string => `${deed}:${id}`;
