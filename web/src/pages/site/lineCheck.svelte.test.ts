import { describe, expect, it, vi } from 'vitest';
import type { ClientMessage, SiteCheck } from '$lib/wire';
import { LineCheck } from './lineCheck.svelte';

const check = (state: SiteCheck['state'], report: SiteCheck['report'] = null): SiteCheck => ({
  state,
  report,
  started_at: 1,
  ended_at: null,
  by: null,
});

function checked() {
  const said: ClientMessage[] = [];
  const measure = vi.fn(() => Promise.resolve({ up_kbps: 900, down_kbps: null }));
  return { line: new LineCheck((message) => said.push(message), measure), said, measure };
}

describe('LineCheck', () => {
  it('measures the line when it is its turn, and says what it carried', async () => {
    const { line, said, measure } = checked();
    line.begin();
    line.handle(check('observing'));
    expect(line.running).toBe(true);
    line.handle(check('waiting'));
    expect(measure).not.toHaveBeenCalled();
    line.handle(check('transferring'));
    await vi.waitFor(() => expect(said).toHaveLength(2));
    expect(said).toEqual([{ type: 'check_line' }, { type: 'transferred', up_kbps: 900, down_kbps: null }]);
  });

  it('shows what was found until it was read', () => {
    const { line } = checked();
    const report = { verdict: 'good' as const, fault: null, items: [], echo_judged: true };
    line.handle(check('done', report));
    expect(line.state).toEqual({ name: 'done', report });
    line.dismiss();
    expect(line.state.name).toBe('none');
  });

  it('is not put away while it runs, but ends with the connection', () => {
    const { line } = checked();
    line.handle(check('observing'));
    line.dismiss();
    expect(line.running).toBe(true);
    line.handleLost();
    expect(line.state.name).toBe('none');
  });

  it('says that a site on air is not disturbed', () => {
    const { line } = checked();
    line.handle(check('on_air'));
    expect(line.state.name).toBe('refused');
  });
});
