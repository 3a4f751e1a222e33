import type { TourView } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { readTour } from './tourText';

const tour = (changes: Partial<TourView> = {}): TourView => ({
  sites: ['a', 'b', 'c'],
  place: 0,
  dwell_ms: 8_000,
  next_at: 10_000,
  repeat: false,
  ...changes,
});
const all = () => true;

describe('a tour', () => {
  it('says where it is, what comes next and when', () => {
    expect(readTour(tour(), 7_500, all)).toEqual({ place: 1, count: 3, site: 'a', next: 'b', leftMs: 2_500 });
  });

  it('passes over sites that do not send', () => {
    expect(readTour(tour(), 0, (site) => site !== 'b')?.next).toBe('c');
  });

  it('ends with the last, or begins anew', () => {
    expect(readTour(tour({ place: 2 }), 0, all)?.next).toBeNull();
    expect(readTour(tour({ place: 2, repeat: true }), 0, all)?.next).toBe('a');
    expect(readTour(tour({ place: 2, repeat: true }), 0, (site) => site === 'c')?.next).toBe('c');
  });

  it('that is late has no time left, and one without a site is none', () => {
    expect(readTour(tour(), 11_000, all)?.leftMs).toBe(0);
    expect(readTour(tour({ sites: [] }), 0, all)).toBeNull();
  });
});
