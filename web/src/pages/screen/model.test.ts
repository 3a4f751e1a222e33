import { describe, expect, it } from 'vitest';
import { itemView } from '$lib/state/samples';
import { agendaStrip, faultOf, QUIET_CUT_MS } from './model';

describe('a fault of the connection', () => {
  it('is not shown while it may pass unnoticed', () => {
    const lost = { name: 'connecting', since: 100, retryAt: null, problem: 'revoked' } as const;
    expect(faultOf({ name: 'ready' }, 9_999)).toBeNull();
    expect(faultOf(lost, 100 + QUIET_CUT_MS)).toBeNull();
    expect(faultOf(lost, 101 + QUIET_CUT_MS)).toEqual({ name: 'lost', problem: 'revoked' });
  });

  it('is shown at once where somebody has to press a key', () => {
    expect(faultOf({ name: 'held' }, 0)).toEqual({ name: 'held' });
  });
});

describe('the agenda strip', () => {
  const item = (id: string, started_at: number | null = null, finished_at: number | null = null) =>
    itemView(id, { title: `Báo cáo ${id}`, started_at, finished_at });

  it('says what runs and what follows', () => {
    const items = [item('a', 1, 2), item('b', 3), item('c'), item('d')];
    expect(agendaStrip({ items, current: 'b' })).toEqual({
      now: { place: 2, count: 4, title: 'Báo cáo b' },
      next: 'Báo cáo c',
    });
  });

  it('says only what follows before the first and between two items', () => {
    expect(agendaStrip({ items: [item('a'), item('b')], current: null })).toEqual({ now: null, next: 'Báo cáo a' });
    expect(agendaStrip({ items: [item('a', 1, 2), item('b')], current: 'a' })).toEqual({
      now: null,
      next: 'Báo cáo b',
    });
  });

  it('passes over what is left out', () => {
    const skipped = itemView('b', { skipped: true });
    expect(agendaStrip({ items: [item('a', 1), skipped, item('c')], current: 'a' })?.next).toBe('Báo cáo c');
  });

  it('says nothing where nothing is left', () => {
    expect(agendaStrip({ items: [], current: null })).toBeNull();
    expect(agendaStrip({ items: [item('a', 1, 2)], current: 'a' })).toBeNull();
  });
});
