import type { HttpResult } from '$lib/link/http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { AlarmDeeds, REFUSAL_SHOWN_MS } from './alarmDeeds.svelte';
import { alarm } from './samples';

const DONE: HttpResult<void> = { ok: true, value: undefined };
const name = (site: string) => `<${site}>`;
const lost = alarm(7);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('what is done to an alarm', () => {
  it('is pending, then accepted; once for two presses', async () => {
    const sent: string[] = [];
    const deeds = new AlarmDeeds(async (id, deed) => {
      sent.push(`${deed}:${id}`);
      return DONE;
    }, name);
    const done = deeds.do(lost, 'acknowledge');
    void deeds.do(lost, 'acknowledge');
    expect([deeds.last?.outcome, deeds.waits(lost, 'acknowledge')]).toEqual(['pending', true]);
    await done;
    expect([deeds.last?.outcome, deeds.waits(lost, 'acknowledge'), sent]).toEqual([
      'accepted',
      false,
      ['acknowledge:7'],
    ]);
    expect(deeds.last?.label).toContain('<cao-bang>');
  });

  it('is refused with a reason, which goes once it was read', async () => {
    const deeds = new AlarmDeeds(async () => ({ ok: false, failure: { status: 409, detail: 'still there' } }), name);
    await deeds.do(lost, 'clear');
    expect([deeds.last?.outcome, deeds.last?.reason]).toEqual([
      'refused',
      expect.stringContaining('nguyên nhân vẫn còn'),
    ]);
    await vi.advanceTimersByTimeAsync(REFUSAL_SHOWN_MS);
    expect(deeds.last).toBeNull();
  });
});
