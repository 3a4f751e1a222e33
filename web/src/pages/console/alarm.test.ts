import { floorView, holderView } from '$lib/state/samples';
import { describe, expect, it } from 'vitest';
import { type AlarmFacts, alarmOf } from './alarm';

const well: AlarmFacts = {
  status: { name: 'ready' },
  journalOk: true,
  relayKeepsUp: true,
  floor: floorView(),
  agenda: { items: [], current: null },
  online: () => true,
};
const missing = floorView({ holder: holderView('cao-bang', { grace_until: 1 }) });

describe('the alarm in the header', () => {
  it('is none while all is well', () => {
    expect(alarmOf(well)).toBeNull();
  });

  it('is first of all what keeps commands from working', () => {
    const lost = { name: 'connecting', since: 5, retryAt: null, problem: null } as const;
    const worst: AlarmFacts = { ...well, status: lost, journalOk: false, relayKeepsUp: false, floor: missing };
    expect(alarmOf(worst)).toEqual({ name: 'control_lost', since: 5, problem: null });
    expect(alarmOf({ ...worst, status: { name: 'held' } })?.name).toBe('held');
    expect(alarmOf({ ...worst, status: { name: 'ready' } })?.name).toBe('journal_down');
    expect(alarmOf({ ...worst, status: { name: 'ready' }, journalOk: true })?.name).toBe('dropout');
    expect(alarmOf({ ...well, relayKeepsUp: false })?.name).toBe('relay_behind');
  });
});
