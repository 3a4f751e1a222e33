/** Incidents and alarms as far as a console needs them: which are open, and what ended lately. The technicians' page has the rest. */
import { AlarmDeeds } from '$lib/health/alarmDeeds.svelte';
import { alarmOrder, unseen } from '$lib/health/alarms';
import { HealthReader } from '$lib/health/healthReader.svelte';
import { closedIncidents, incidentKey, incidentOrder, sitesDown } from '$lib/health/incidents';
import { mayWatch } from '$lib/health/watchers';
import { doToAlarm, healthLog } from '$lib/link/health';
import type { CommandLine } from '$lib/state/commandLine.svelte';
import type { Alarm, HealthView, Incident } from '$lib/wire';

/** Incidents that are kept of those that ended, the latest; as many as are listed of those that are open. */
export const MAX_INCIDENTS = 20;

/** An incident is told within so long after its sites are lost, ms: no later answer is waited for in a hurry. */
const HURRY_MS = 3_000;

/** The incidents' part of the desk. */
export class IncidentDesk {
  /** Open ones: in which a site is down first, then the latest. */
  open: readonly Incident[] = $state.raw([]);
  /** Those that ended, the latest first. */
  closed: readonly Incident[] = $state.raw([]);
  /** Open ones: which nobody has seen first. */
  alarms: readonly Alarm[] = $state.raw([]);
  /** Server's time of what is known, ms since the epoch; 0: nothing yet. */
  at: number = $state(0);
  readonly deeds: AlarmDeeds;
  readonly unseen: number = $derived(unseen(this.alarms).length);
  #line: CommandLine;
  #reader: HealthReader;
  /** Sites that are down in the incidents that were read last: as long as another number is lost, what was read is old. */
  #lostThen = 0;
  /** Sites that were lost when somebody looked last, and when that number changed. */
  #lost = 0;
  #lostChangedAt = Number.NEGATIVE_INFINITY;
  /** What was told last, to see whether anything has changed: what has not wakes nobody. */
  #told = '';

  constructor(line: CommandLine) {
    this.#line = line;
    this.#reader = new HealthReader(
      () => (line.connection.ready ? this.#id : null),
      (view) => this.take(view),
      () => this.#hurries(),
    );
    this.deeds = new AlarmDeeds((alarm, deed) => doToAlarm(this.#id, alarm, deed), line.name);
  }

  /** Begins to read; the returned function ends it. */
  start = (): (() => void) => this.#reader.start();

  /** The server tells this person nothing of it: then there is nothing to show either. */
  get denied(): boolean {
    return this.#reader.denied;
  }

  /** It has been asked, and did not answer. */
  get failing(): boolean {
    return this.#reader.failure !== null;
  }

  /** What this person does to alarms; none: with this role nothing. */
  get rightful(): AlarmDeeds | null {
    return mayWatch(this.#line.connection.you?.role) ? this.deeds : null;
  }

  /** Takes what was told. */
  take({ at, alarms, incidents }: HealthView): void {
    this.#lostThen = incidents.reduce((sum, one) => sum + sitesDown(one), 0);
    const first = this.at === 0;
    this.at = at;
    const told = JSON.stringify([alarms, incidents]);
    if (told === this.#told) return;
    this.#told = told;
    const still = new Set(incidents.map(incidentKey));
    const ended = this.open.some((known) => !still.has(incidentKey(known)));
    this.alarms = alarmOrder(alarms);
    this.open = incidentOrder(incidents);
    if (first || ended) void this.#readClosed();
  }

  /** Sites were lost or came back a moment ago, and what was read does not know of it. */
  #hurries(): boolean {
    const [lost, now] = [this.#lostNow(), performance.now()];
    if (lost !== this.#lost) [this.#lost, this.#lostChangedAt] = [lost, now];
    return lost !== this.#lostThen && now - this.#lostChangedAt < HURRY_MS;
  }

  /** Sites that the live facts, which come at once, tell as lost. */
  #lostNow(): number {
    return this.#line.connection.conference.sites.filter(({ live }) => live?.lost_since != null).length;
  }

  get #id(): string {
    return this.#line.connection.you?.conference ?? '';
  }

  async #readClosed(): Promise<void> {
    const answer = await healthLog(this.#id, null);
    if (answer.ok) this.closed = closedIncidents(answer.value).slice(0, MAX_INCIDENTS);
  }
}
