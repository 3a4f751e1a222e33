import type { HealthView } from '$lib/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HealthReader, HURRIED_MS, READ_MS } from './healthReader.svelte';
import { healthView, NOON } from './samples';

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
let status = 200;
let end = () => {};

/** A reader whose server answers with `status`. */
function reading(conference: () => string | null = () => 'x', hurries = () => false) {
  const asked = vi.fn(async () => new Response(JSON.stringify(status === 200 ? healthView({}) : {}), { status }));
  vi.stubGlobal('fetch', asked);
  const taken: HealthView[] = [];
  const reader = new HealthReader(conference, (view) => taken.push(view), hurries);
  end = reader.start();
  return { asked, taken, reader };
}

beforeEach(() => {
  vi.useFakeTimers();
  status = 200;
});
afterEach(() => {
  end();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the reader of the health', () => {
  it('reads now and then until it is ended', async () => {
    const { asked, taken } = reading();
    await pass(2 * READ_MS);
    expect([taken.length, taken[0]?.at]).toEqual([3, NOON]);
    end();
    await pass(5 * READ_MS);
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it('reads sooner while it is known that something has happened', async () => {
    let lost = false;
    const { asked } = reading(
      () => 'x',
      () => lost,
    );
    await pass(HURRIED_MS);
    expect(asked).toHaveBeenCalledTimes(1);
    lost = true;
    await pass(2 * HURRIED_MS);
    expect(asked).toHaveBeenCalledTimes(3);
  });

  it('asks nobody while nobody would answer', async () => {
    let id: string | null = null;
    const { asked } = reading(() => id);
    await pass(3 * READ_MS);
    expect(asked).not.toHaveBeenCalled();
    id = 'x';
    await pass(READ_MS);
    expect(asked).toHaveBeenCalledOnce();
  });

  it('goes on after a fault, and gives up where it may not read', async () => {
    const { asked, reader } = reading();
    status = 503;
    await pass(READ_MS);
    expect([reader.failure?.status, reader.denied]).toEqual([503, false]);
    status = 403;
    await pass(READ_MS);
    expect(reader.denied).toBe(true);
    const sofar = asked.mock.calls.length;
    await pass(10 * READ_MS);
    expect(asked).toHaveBeenCalledTimes(sofar);
  });
});
