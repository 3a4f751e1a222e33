/** A podium whose server answers as a test says. Only tests import this. */
import { ConferenceStore } from '$lib/state/conference.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import { conferenceView, floorView, liveView, siteLive } from '$lib/state/samples';
import type { Ticker } from '$lib/state/ticker.svelte';
import type { Command, ConferenceView, FloorView, Refusal, Role } from '$lib/wire';
import { Podium } from './podium.svelte';

export class Bench {
  readonly sent: Command[] = [];
  readonly conference = new ConferenceStore();
  readonly podium: Podium;
  readonly ticker = { now: 1_000_000 } as Ticker;
  refusal: Refusal | null = null;

  constructor(role: Role, changes: Partial<ConferenceView> = {}, ready = true) {
    this.conference.applySnapshot(conferenceView(['hall', 'cao-bang', 'ha-noi'], changes));
    this.conference.applyLive(liveView({ 'cao-bang': siteLive(), 'ha-noi': siteLive() }));
    const connection = {
      conference: this.conference,
      ready,
      welcomed: true,
      status: ready ? { name: 'ready' } : { name: 'connecting', since: 0, retryAt: null, problem: null },
      you: { role, name: 'p', conference: 'x', site: null, endpoint: null },
      plan: null,
      picture: null,
      speechTime: (now: number) => now,
      command: async (command: Command) => {
        this.sent.push(command);
        return this.refusal ? { accepted: false, reason: this.refusal } : { accepted: true, revision: 1 };
      },
    };
    this.podium = new Podium(connection as unknown as Connection, this.ticker);
  }

  floor(changes: Partial<FloorView>): void {
    this.conference.applyChanges([{ section: 'floor', value: floorView(changes) }]);
  }
}
