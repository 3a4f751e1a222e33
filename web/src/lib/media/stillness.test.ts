import { describe, expect, it } from 'vitest';
import { framesBySlot } from './statistics';
import { STILL_MS, Stillness } from './stillness';

const frames = (counts: Record<string, number>) => new Map(Object.entries(counts));

describe('what really arrives', () => {
  it('is unknown before the first look, runs while packets come, and has stopped when none came for a while', () => {
    const stillness = new Stillness();
    expect(stillness.flowAt(0)).toBe('unknown');
    stillness.handleCounts(10, frames({}), 0);
    stillness.handleCounts(20, frames({}), 1_000);
    expect(stillness.flowAt(1_000)).toBe('running');
    stillness.handleCounts(20, frames({}), 1_000 + STILL_MS);
    expect(stillness.flowAt(1_000 + STILL_MS)).toBe('stopped');
    stillness.handleCounts(21, frames({}), 5_000);
    expect(stillness.flowAt(5_000)).toBe('running');
  });

  it('tells of each picture whether it stopped or never was there', () => {
    const stillness = new Stillness();
    stillness.handleCounts(1, frames({ 'wall:0': 5, 'wall:1': 5, 'wall:2': 0 }), 0);
    stillness.handleCounts(2, frames({ 'wall:0': 30, 'wall:1': 5, 'wall:2': 0 }), STILL_MS);
    expect([...stillness.stillAt(STILL_MS)]).toEqual([
      ['wall:1', 'stopped'],
      ['wall:2', 'never'],
    ]);
    stillness.handleCounts(3, frames({ 'wall:0': 31, 'wall:1': 6, 'wall:2': 1 }), STILL_MS + 1);
    expect(stillness.stillAt(STILL_MS + 1).size).toBe(0);
  });

  it('starts anew with a new connection, whose counters start at zero', () => {
    const stillness = new Stillness();
    stillness.handleCounts(1_000, frames({ 'wall:0': 500 }), 0);
    stillness.handleBuilt();
    expect(stillness.flowAt(10_000)).toBe('unknown');
    stillness.handleCounts(3, frames({ 'wall:0': 1 }), 10_000);
    stillness.handleCounts(4, frames({ 'wall:0': 2 }), 10_100);
    expect(stillness.flowAt(10_100)).toBe('running');
    expect(stillness.stillAt(10_100).size).toBe(0);
  });

  it('counts frames by slot; a line without a report has none', () => {
    const slots = new Map<string, string>();
    slots.set('track-a', 'wall:0').set('track-b', 'wall:1');
    const entries = [
      { type: 'inbound-rtp', trackIdentifier: 'track-a', framesDecoded: 7 },
      { type: 'inbound-rtp', trackIdentifier: 'sound', framesDecoded: 9 },
      { type: 'outbound-rtp', trackIdentifier: 'track-b', framesDecoded: 9 },
    ];
    expect([...framesBySlot(entries, slots)]).toEqual([
      ['wall:0', 7],
      ['wall:1', 0],
    ]);
  });
});
