import { floorView, holderView, itemView, queueEntry } from '$lib/state/samples';
import { describe, expect, it } from 'vitest';
import { Bench } from './bench';
import { CALL_BACK_MS } from './podium.svelte';

const settled = () => new Promise((done) => setTimeout(done));
const QUEUE = [queueEntry('cao-bang'), queueEntry('ha-noi')];

describe('the podium', () => {
  it('calls the first of the queue that is seen, by key and by button alike', async () => {
    const bench = new Bench('chair', { floor: floorView({ queue: QUEUE }) });
    bench.podium.do('grant_next');
    await settled();
    expect(bench.sent).toEqual([{ type: 'grant', site: 'cao-bang' }]);
    expect(bench.podium.line.last).toMatchObject({ outcome: 'accepted' });
  });

  it('says why when there is nobody to call, to stop or to give time to, and sends nothing', () => {
    const bench = new Bench('chair');
    for (const action of ['grant_next', 'interrupt', 'end_speech', 'extend', 'clock', 'next_item'] as const) {
      bench.podium.line.last = null;
      bench.podium.do(action);
      expect(bench.podium.line.last, action).toMatchObject({ outcome: 'refused' });
    }
    expect(bench.sent).toEqual([]);
  });

  it('tells a refusal with its reason', async () => {
    const bench = new Bench('chair', { floor: floorView({ queue: QUEUE }) });
    bench.refusal = { code: 'floor_held', holder: 'ha-noi' };
    bench.podium.grantNext();
    await settled();
    expect(bench.podium.line.last).toMatchObject({ outcome: 'refused' });
    expect(bench.podium.line.last?.reason).toContain('ha-noi');
  });

  it('lets somebody who was cut off go on by one press, until somebody else is called or a minute is over', async () => {
    const bench = new Bench('chair', { floor: floorView({ holder: holderView('cao-bang') }) });
    bench.podium.do('interrupt');
    await settled();
    expect(bench.sent).toEqual([{ type: 'interrupt' }]);
    // The server has not told yet.
    expect(bench.podium.callBack).toBeNull();
    bench.floor({});
    expect(bench.podium.callBack).toBe('cao-bang');
    bench.floor({ holder: holderView('ha-noi') });
    expect(bench.podium.callBack).toBeNull();
    bench.floor({});
    bench.ticker.now += CALL_BACK_MS + 1;
    expect(bench.podium.callBack).toBeNull();
  });

  it('offers nobody to go on whose interruption was refused', async () => {
    const bench = new Bench('chair', { floor: floorView({ holder: holderView('cao-bang') }) });
    bench.refusal = { code: 'no_holder' };
    bench.podium.interrupt();
    await settled();
    bench.floor({});
    expect(bench.podium.callBack).toBeNull();
  });

  it('stops a clock that runs and lets one run that stands', async () => {
    const bench = new Bench('chair', { floor: floorView({ holder: holderView('cao-bang') }) });
    bench.podium.do('clock');
    await settled();
    const clock = { ...holderView('cao-bang').clock, running_since: null };
    bench.floor({ holder: holderView('cao-bang', { clock }) });
    bench.podium.do('clock');
    await settled();
    expect(bench.sent.map((command) => command.type)).toEqual(['pause_clock', 'resume_clock']);
  });

  it('starts the next item and names the current one that was seen', async () => {
    const items = [itemView('a', { started_at: 1 }), itemView('b', { skipped: true }), itemView('c')];
    const bench = new Bench('chair', { agenda: { items, current: 'a' } });
    bench.podium.do('next_item');
    await settled();
    expect(bench.sent).toEqual([{ type: 'start_item', item: 'c', current: 'a' }]);
  });

  it('moves requests within the queue alone', async () => {
    const bench = new Bench('secretary', { floor: floorView({ queue: QUEUE }) });
    bench.podium.moveTo('cao-bang', -1);
    bench.podium.moveTo('cao-bang', 0);
    bench.podium.moveTo('cao-bang', 2);
    bench.podium.moveTo('cao-bang', 1);
    await settled();
    expect(bench.sent).toEqual([{ type: 'reorder_queue', site: 'cao-bang', position: 1 }]);
  });

  it.each(['secretary', 'lead', 'assistant', 'technician'] as const)(
    'speaks for the chair alone, not for a %s',
    (role) => {
      const bench = new Bench(role, {
        floor: floorView({ queue: QUEUE, holder: holderView('hall') }),
        agenda: { items: [itemView('a')], current: null },
      });
      for (const action of ['grant_next', 'interrupt', 'end_speech', 'extend', 'clock', 'next_item'] as const) {
        bench.podium.do(action);
      }
      expect(bench.sent).toEqual([]);
      expect(bench.podium.line.last).toBeNull();
      expect(bench.podium.onlyLooks).toBe(role !== 'secretary');
    },
  );

  it('sends nothing while the server is away', () => {
    const bench = new Bench('chair', { floor: floorView({ queue: QUEUE, holder: holderView('hall') }) }, false);
    bench.podium.do('interrupt');
    bench.podium.do('grant_next');
    expect(bench.sent).toEqual([]);
  });
});
