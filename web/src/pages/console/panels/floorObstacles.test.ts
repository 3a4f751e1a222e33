import { floorView, holderView, queueEntry, siteView } from '$lib/state/samples';
import type { FloorView, Phase } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { grantObstacle, inviteObstacle, MAX_OPENED, MAX_QUEUE, microphoneObstacle } from './floorObstacles';

const facts = (floor: Partial<FloorView>, phase: Phase = 'live') => ({ floor: floorView(floor), phase });

describe('the floor', () => {
  const queue = [queueEntry('a'), queueEntry('b'), queueEntry('c', { invited: true })];

  it('is given in order in the mode of the order, or to whom was called', () => {
    expect(grantObstacle('a', facts({ queue }))).toBeNull();
    expect(grantObstacle('b', facts({ queue }))).toEqual({ code: 'not_first_in_queue', first: 'a' });
    expect(grantObstacle('c', facts({ queue }))).toBeNull();
    expect(grantObstacle('x', facts({ queue }))).toEqual({ code: 'not_first_in_queue', first: 'a' });
    expect(grantObstacle('x', facts({}))).toBeNull();
  });

  it.each(['operator', 'open', 'closed'] as const)('is given to anybody in the mode %s', (mode) => {
    expect(grantObstacle('b', facts({ queue, mode }))).toBeNull();
  });

  it('is held by one at most', () => {
    const held = facts({ queue, mode: 'operator', holder: holderView('z') });
    expect(grantObstacle('a', held)).toEqual({ code: 'floor_held', holder: 'z' });
    expect(grantObstacle('z', held)).toEqual({ code: 'already_so' });
    expect(inviteObstacle('z', held)).toEqual({ code: 'already_so' });
  });

  it('can be offered to anybody who was not called already, while there is room', () => {
    expect(inviteObstacle('a', facts({ queue }))).toBeNull();
    expect(inviteObstacle('c', facts({ queue }))).toEqual({ code: 'already_so' });
    expect(inviteObstacle('x', facts({ queue, mode: 'closed' }))).toBeNull();
    const full = Array.from({ length: MAX_QUEUE }, (_, place) => queueEntry(`s${place}`));
    expect(inviteObstacle('x', facts({ queue: full }))).toEqual({ code: 'queue_full', limit: MAX_QUEUE });
    expect(inviteObstacle('s3', facts({ queue: full }))).toBeNull();
  });

  it('is nobody’s after the end', () => {
    expect(grantObstacle('a', facts({ queue }, 'ended'))).toEqual({ code: 'ended' });
    expect(inviteObstacle('a', facts({ queue }, 'ended'))).toEqual({ code: 'ended' });
  });
});

describe('microphones beside the picture', () => {
  const site = siteView('a');
  const here = { online: true, onAir: false };
  const allowed = { microphones_allowed: true };

  it('are opened when the chair allows it, where media arrives, within the bound', () => {
    expect(microphoneObstacle(site, facts(allowed), here)).toBeNull();
    expect(microphoneObstacle(site, facts({}), here)).toEqual({ code: 'microphones_not_allowed' });
    expect(microphoneObstacle(site, facts(allowed), { ...here, online: false })?.code).toBe('source_offline');
    const open_microphones = ['b', 'c'];
    expect(microphoneObstacle(site, facts({ ...allowed, open_microphones }), here)).toEqual({
      code: 'too_many_microphones',
      limit: MAX_OPENED,
    });
  });

  it('can always be closed', () => {
    const open = facts({ open_microphones: ['a', 'b'] });
    expect(microphoneObstacle(site, open, { online: false, onAir: false })).toBeNull();
  });

  it('are open already on air, and in the hall', () => {
    expect(microphoneObstacle(site, facts(allowed), { ...here, onAir: true })).toEqual({ code: 'already_so' });
    expect(microphoneObstacle(siteView('hall'), facts(allowed), here)).toEqual({ code: 'already_so' });
  });
});
