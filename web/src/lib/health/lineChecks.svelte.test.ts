import { describe, expect, it, vi } from 'vitest';
import type { CheckRun, CheckSummary } from '$lib/wire';
import { LineChecks } from './lineChecks.svelte';

const run: CheckRun = { number: 4, conference: 'c', started_at: 1, ended_at: 9, sites: {} };
const summary: CheckSummary = { number: 4, started_at: 1, ended_at: 9, sites: 0, good: 0, own: null };
const signed = { report: JSON.stringify(run), algorithm: 'Ed25519', public_key: 'k', signature: 's' };
const failure = { ok: false as const, failure: { name: 'unreachable' as const } };

function checks() {
  const link = {
    start: vi.fn(() => Promise.resolve({ ok: true as const, value: { number: 4 } })),
    list: vi.fn(() => Promise.resolve({ ok: true as const, value: [summary] as CheckSummary[] })),
    signed: vi.fn((_: number) => Promise.resolve({ ok: true as const, value: signed })),
  };
  return { link, checks: new LineChecks(link) };
}

describe('LineChecks', () => {
  it('reads the list anew once for each check that is over', async () => {
    const { link, checks: own } = checks();
    own.note({ ...run, ended_at: null });
    own.note(run);
    own.note(run);
    await vi.waitFor(() => expect(own.past).toEqual([summary]));
    expect(link.list).toHaveBeenCalledOnce();
  });

  it('recalls the last one from its report where the server tells of none, and not where it does', async () => {
    const { link, checks: own } = checks();
    expect([own.latest, own.listed]).toEqual([null, false]);
    await own.refresh();
    expect([own.latest, own.listed]).toEqual([run, true]);
    const later = { ...run, number: 5, ended_at: null };
    own.note(later);
    await own.refresh();
    expect(own.latest).toBe(later);
    expect(link.signed).toHaveBeenCalledOnce();
  });

  it('does not take the check of a site by itself for a rehearsal', async () => {
    const { link, checks: own } = checks();
    const itself = { ...summary, number: 9, sites: 1, own: 'cao-bang' };
    link.list.mockResolvedValue({ ok: true as const, value: [itself, summary] });
    await own.refresh();
    expect(link.signed).toHaveBeenCalledExactlyOnceWith(summary.number);
    expect(own.past).toEqual([itself, summary]);
  });

  it('opens a report with its signature, and puts it away', async () => {
    const { checks: own } = checks();
    await own.show(4);
    expect(own.open).toEqual({ number: 4, run, signed });
    own.close();
    expect(own.open).toBeNull();
  });

  it('starts once at a time, and says why it could not', async () => {
    const { link, checks: own } = checks();
    link.start.mockResolvedValueOnce(failure as never);
    const first = own.start({ sites: null, region: null });
    void own.start({ sites: null, region: null });
    await first;
    expect(link.start).toHaveBeenCalledOnce();
    expect(own.refusal).not.toBe('');
    expect(own.starting).toBe(false);
  });
});
