import { line, mark, moment, NOON } from '$lib/health/samples';
import type { HttpResult } from '$lib/link/http';
import type { Moment, TimeLine } from '$lib/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PLAY_EVERY_MS, Replay, REST_MS } from './replay.svelte';

/** A server that answers when a test says so. */
class FakeServer {
  readonly asked: number[] = [];
  readonly givenUp: number[] = [];
  line = line([mark(NOON + 60_000, 'alarm_raised'), mark(NOON + 120_000, 'take_shown')]);
  /** Answers by themselves, at once. */
  prompt = true;
  #waiting = new Map<number, (answer: HttpResult<Moment>) => void>();

  source = {
    line: async (): Promise<HttpResult<TimeLine>> => ({ ok: true, value: this.line }),
    moment: (at: number, signal: AbortSignal): Promise<HttpResult<Moment>> => {
      this.asked.push(at);
      signal.addEventListener('abort', () => this.givenUp.push(at));
      if (this.prompt) return Promise.resolve({ ok: true, value: moment(at) });
      return new Promise((answer) => this.#waiting.set(at, answer));
    },
  };

  async answer(at: number, failure?: { status: number; detail: string }): Promise<void> {
    this.#waiting.get(at)?.(failure ? { ok: false, failure } : { ok: true, value: moment(at) });
    await vi.advanceTimersByTimeAsync(0);
  }
}

let server: FakeServer;
let replay: Replay;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  replay = new Replay(server.source);
});
afterEach(() => {
  replay.leave();
  vi.useRealTimers();
});

const rest = () => vi.advanceTimersByTimeAsync(REST_MS);

describe('a replay', () => {
  it('begins at a time within what there is', async () => {
    await replay.enter(NOON - 5_000, NOON + 900_000);
    await rest();
    expect([replay.active, replay.at, replay.moment?.at]).toEqual([true, NOON, NOON]);
  });

  it('without a time begins now', async () => {
    await replay.enter(null, NOON + 900_000);
    expect(replay.at).toBe(NOON + 600_000);
  });

  it('asks once for a hand that moves along the line, when it rests', async () => {
    await replay.enter(NOON, NOON);
    await rest();
    for (const at of [1_000, 2_000, 3_000]) {
      replay.seek(NOON + at);
      await vi.advanceTimersByTimeAsync(REST_MS / 2);
    }
    await rest();
    expect(server.asked).toEqual([NOON, NOON + 3_000]);
  });

  it('shows the answer to the latest question only, whichever comes last, and gives the others up', async () => {
    server.prompt = false;
    await replay.enter(NOON, NOON);
    await rest();
    replay.seek(NOON + 5_000);
    await rest();
    expect(server.givenUp).toEqual([NOON]);
    await server.answer(NOON + 5_000);
    await server.answer(NOON);
    expect([replay.moment?.at, replay.busy]).toEqual([NOON + 5_000, false]);
  });

  it('keeps the last moment while a question fails, says why, and asks again when it is asked for', async () => {
    await replay.enter(NOON, NOON);
    await rest();
    server.prompt = false;
    replay.seek(NOON + 5_000);
    await rest();
    await server.answer(NOON + 5_000, { status: 503, detail: 'busy' });
    expect([replay.moment?.at, replay.failure?.status]).toEqual([NOON, 503]);
    replay.seek(NOON + 5_000);
    await rest();
    await server.answer(NOON + 5_000);
    expect([replay.moment?.at, replay.failure]).toEqual([NOON + 5_000, null]);
  });

  it('goes from mark to mark, and by steps, and not beyond its ends', async () => {
    await replay.enter(NOON, NOON);
    replay.jump(1);
    expect(replay.at).toBe(NOON + 60_000);
    replay.jump(1);
    replay.jump(1);
    expect(replay.at).toBe(NOON + 120_000);
    replay.jump(-1);
    replay.step(-5_000);
    expect(replay.at).toBe(NOON + 55_000);
    replay.step(-999_999);
    expect(replay.at).toBe(NOON);
  });

  it('plays at its speed, stands when the same speed is pressed again, and stops at the end', async () => {
    await replay.enter(NOON, NOON);
    replay.play(10);
    await vi.advanceTimersByTimeAsync(4 * PLAY_EVERY_MS);
    expect([replay.at, replay.speed]).toEqual([NOON + 20_000, 10]);
    replay.play(10);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([replay.at, replay.speed]).toEqual([NOON + 20_000, 0]);
    replay.play(60);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([replay.at, replay.speed]).toEqual([NOON + 600_000, 0]);
    expect(replay.moment?.at).toBe(NOON + 600_000);
  });

  it('waits for an answer while it plays: it gives none up', async () => {
    server.prompt = false;
    await replay.enter(NOON, NOON);
    await rest();
    await server.answer(NOON);
    replay.play(1);
    await vi.advanceTimersByTimeAsync(3 * PLAY_EVERY_MS);
    expect(server.asked).toEqual([NOON, NOON + PLAY_EVERY_MS]);
    await server.answer(NOON + PLAY_EVERY_MS);
    await vi.advanceTimersByTimeAsync(PLAY_EVERY_MS);
    expect(server.asked.at(-1)).toBe(NOON + 4 * PLAY_EVERY_MS);
    expect(server.givenUp).toEqual([]);
  });

  it('is left at once: nothing is asked any more, and what is still answered changes nothing', async () => {
    server.prompt = false;
    await replay.enter(NOON, NOON);
    await rest();
    replay.play(60);
    replay.leave();
    await server.answer(NOON);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([replay.active, replay.at, replay.moment, replay.speed]).toEqual([false, null, null, 0]);
    expect(server.asked).toEqual([NOON]);
  });
});
