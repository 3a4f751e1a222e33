/** A desk whose server answers as a test says. Only tests import this. */
import { curve, NOON } from '$lib/health/samples';
import { ConferenceStore } from '$lib/state/conference.svelte';
import type { Connection } from '$lib/state/connection.svelte';
import { conferenceView, liveView, siteView } from '$lib/state/samples';
import type { Ticker } from '$lib/state/ticker.svelte';
import type { HealthView } from '$lib/wire';
import { flushSync } from 'svelte';
import { vi } from 'vitest';
import { HealthDesk } from './healthDesk.svelte';

const SITES = [
  siteView('hall', { name: 'Hội trường', column: 3, row: 0, region: 'Trung ương' }),
  siteView('cao-bang', {
    name: 'Cao Bằng',
    full_name: 'Tỉnh Cao Bằng',
    column: 1,
    row: 0,
    region: 'Bắc',
    carrier: 'Viettel',
    contact: { name: 'Anh Nông Văn Tú', phone: '0912 345 678' },
  }),
  siteView('ha-noi', { name: 'Hà Nội', column: 1, row: 1, region: 'Bắc', carrier: 'VNPT' }),
];

/** Answers of the HTTP API, and what was asked of it. */
export class FakeApi {
  readonly asked: string[] = [];
  /** By what stands in the path; null: done, without an answer. What is not here is not on the server. */
  readonly answers: Record<string, unknown> = {
    '/health/recent': [],
    '/health/log': [],
    '/curve': curve([], []),
    '/replay/moment': undefined,
    '/replay': { from: NOON - 600_000, to: NOON, marks: [] },
    '/alarms/': null,
  };

  constructor() {
    vi.stubGlobal('fetch', async (path: string) => {
      this.asked.push(path.replace('/api/v1/conferences/x/', ''));
      const answer = Object.entries(this.answers).find(([part]) => path.includes(part))?.[1];
      if (answer === undefined) return new Response('{}', { status: 404 });
      return answer === null ? new Response(null, { status: 204 }) : new Response(JSON.stringify(answer));
    });
  }
}

/** A page at its desk. */
export class Bench {
  readonly api = new FakeApi();
  readonly conference = new ConferenceStore();
  readonly ticker = { now: NOON } as Ticker;
  readonly desk: HealthDesk;

  constructor(ready = true) {
    this.conference.applySnapshot(conferenceView([], { sites: SITES }));
    this.conference.applyLive(liveView({}, { now: NOON }));
    const connection = {
      conference: this.conference,
      ready,
      welcomed: true,
      status: ready ? { name: 'ready' } : { name: 'connecting', since: 0, retryAt: null, problem: null },
      you: { role: 'technician', name: 'k', conference: 'x', site: null, endpoint: null },
      serverNow: () => NOON,
      monotonicNow: () => performance.now(),
      resume: () => {},
    };
    this.desk = new HealthDesk(connection as unknown as Connection);
  }

  /** Tells the page, and waits until it is drawn. */
  async tell(view: HealthView): Promise<void> {
    this.desk.receive(view);
    await vi.waitFor(() => {
      if (this.desk.view !== view) throw new Error('not drawn yet');
    });
    flushSync();
  }
}
