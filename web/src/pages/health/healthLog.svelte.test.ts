import type { HttpResult } from '$lib/link/http';
import type { HealthEntry } from '$lib/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CATCH_UP_MS, HealthLog } from './healthLog.svelte';

/** Entries on the server, and what was asked of it. */
class FakeLog {
  last = 0;
  page = 3;
  readonly asked: (number | null)[] = [];
  failing = false;

  source = async (before: number | null): Promise<HttpResult<HealthEntry[]>> => {
    this.asked.push(before);
    if (this.failing) return { ok: false, failure: { status: 0, detail: '' } };
    const top = before === null ? this.last : before - 1;
    const numbers = Array.from({ length: Math.min(this.page, top) }, (_, place) => top - place);
    return { ok: true, value: numbers.map((entry) => ({ entry, at: entry, what: { type: 'started' } })) };
  };
}

const numbers = (log: HealthLog) => log.entries.map(({ entry }) => entry);
const settled = () => vi.advanceTimersByTimeAsync(0);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('the health log', () => {
  it('has the newest entries as soon as there are any, and asks once in a while in a storm', async () => {
    const server = new FakeLog();
    const log = new HealthLog(server.source, server.page);
    for (server.last = 1; server.last <= 3; server.last++) {
      log.reach(server.last);
      await settled();
    }
    expect(numbers(log)).toEqual([1]);
    await vi.advanceTimersByTimeAsync(CATCH_UP_MS);
    expect(numbers(log)).toEqual([4, 3, 2, 1]);
    expect(server.asked).toHaveLength(2);
  });

  it('of a conference in which nothing happened is asked for once', async () => {
    const server = new FakeLog();
    const log = new HealthLog(server.source, server.page);
    log.reach(0);
    await vi.advanceTimersByTimeAsync(10 * CATCH_UP_MS);
    log.reach(0);
    await settled();
    expect([server.asked.length, log.loaded, log.entries.length]).toEqual([1, true, 0]);
  });

  it('goes back page by page until there is no more', async () => {
    const server = new FakeLog();
    server.last = 5;
    const log = new HealthLog(server.source, server.page);
    log.reach(5);
    await settled();
    expect(log.more).toBe(true);
    await log.older();
    expect([numbers(log), log.more], 'an answer that is not full is the last').toEqual([[5, 4, 3, 2, 1], false]);
    server.last = 6;
    log.reach(6);
    await vi.advanceTimersByTimeAsync(CATCH_UP_MS);
    expect([numbers(log).length, log.more], 'what is new changes nothing of the old').toEqual([6, false]);
  });

  it('never has a gap in the middle', async () => {
    const server = new FakeLog();
    server.last = 3;
    const log = new HealthLog(server.source, server.page);
    log.reach(3);
    await settled();
    server.last = 50;
    log.reach(50);
    await vi.advanceTimersByTimeAsync(CATCH_UP_MS);
    expect(numbers(log)).toEqual([50, 49, 48]);
  });

  it('says that it could not be read, and is tried again', async () => {
    const server = new FakeLog();
    server.failing = true;
    server.last = 1;
    const log = new HealthLog(server.source, server.page);
    log.reach(1);
    await settled();
    expect(log.failure?.status).toBe(0);
    server.failing = false;
    await vi.advanceTimersByTimeAsync(CATCH_UP_MS);
    expect([numbers(log), log.failure]).toEqual([[1], null]);
  });
});
