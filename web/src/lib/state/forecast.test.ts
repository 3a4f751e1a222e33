import { itemView } from './samples';
import type { ItemView } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { forecast, itemTime } from './forecast';

const MINUTE = 60_000;
const NOON = 1_700_000_000_000;
const item = (planned: number, changes: Partial<ItemView> = {}) =>
  itemView(`i${planned}`, { planned_ms: planned * MINUTE, ...changes });
/** Taken from `from` to `to`, minutes from noon; no `to`: it runs. */
const taken = (planned: number, from: number, to?: number) =>
  item(planned, { started_at: NOON + from * MINUTE, finished_at: to === undefined ? null : NOON + to * MINUTE });
const at = (minute: number, items: ItemView[]) => forecast({ items, current: null }, NOON + minute * MINUTE);

describe('an item’s time', () => {
  it('is what it has taken, and what of it is beyond the plan', () => {
    const now = NOON + 30 * MINUTE;
    expect(itemTime(item(20), now)).toEqual({ state: 'ahead', spentMs: 0, plannedMs: 20 * MINUTE, overMs: 0 });
    expect(itemTime(taken(20, 0), now)).toMatchObject({ state: 'running', spentMs: 30 * MINUTE, overMs: 10 * MINUTE });
    expect(itemTime(taken(20, 0, 15), now)).toMatchObject({ state: 'done', spentMs: 15 * MINUTE, overMs: 0 });
    expect(itemTime(item(20, { skipped: true }), now).state).toBe('skipped');
  });

  it('cannot be beyond a plan that nobody made, and never runs backwards', () => {
    expect(itemTime(taken(0, 0), NOON + 30 * MINUTE)).toMatchObject({ plannedMs: null, overMs: 0 });
    expect(itemTime(taken(20, 5), NOON).spentMs).toBe(0);
  });
});

describe('the forecast', () => {
  it('before the start is the whole plan from now', () => {
    expect(at(0, [item(20), item(25), item(15)])).toEqual({
      plannedMs: 60 * MINUTE,
      behindMs: 0,
      leftMs: 60 * MINUTE,
      unplanned: 0,
      endsAt: NOON + 60 * MINUTE,
    });
  });

  it('follows what items really took: early and late add up', () => {
    const { behindMs, endsAt } = at(42, [taken(20, 0, 18), taken(20, 18, 42), item(30)]);
    expect(behindMs).toBe(2 * MINUTE);
    expect(endsAt).toBe(NOON + 72 * MINUTE);
  });

  it('counts on a running item to keep its plan, and its overrun as soon as it does not', () => {
    const items = [taken(20, 0), item(30)];
    expect(at(5, items)).toMatchObject({ behindMs: 0, leftMs: 45 * MINUTE, endsAt: NOON + 50 * MINUTE });
    expect(at(20, items)).toMatchObject({ behindMs: 0, endsAt: NOON + 50 * MINUTE });
    expect(at(26, items)).toMatchObject({ behindMs: 6 * MINUTE, leftMs: 30 * MINUTE, endsAt: NOON + 56 * MINUTE });
  });

  it('leaves out what is left out, begun or not', () => {
    const skipped = { skipped: true };
    expect(at(0, [item(20), item(25, skipped)])).toMatchObject({ plannedMs: 20 * MINUTE, leftMs: 20 * MINUTE });
    expect(at(30, [{ ...taken(10, 0, 30), ...skipped }, item(20)])).toMatchObject({
      behindMs: 0,
      leftMs: 20 * MINUTE,
    });
  });

  it('says how many of the rest nobody planned, and takes them for neither early nor late', () => {
    expect(at(50, [taken(0, 0, 50), item(0), item(10)])).toMatchObject({
      behindMs: 0,
      unplanned: 1,
      endsAt: NOON + 60 * MINUTE,
    });
    expect(at(50, [taken(0, 0), item(10)])).toMatchObject({ unplanned: 1, leftMs: 10 * MINUTE });
  });

  it('has no end where nothing is left', () => {
    expect(at(60, [taken(20, 0, 25)]).endsAt).toBeNull();
    expect(at(60, []).endsAt).toBeNull();
    expect(at(60, [item(5, { skipped: true })]).endsAt).toBeNull();
  });
});
