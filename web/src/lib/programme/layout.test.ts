import { describe, expect, it } from 'vitest';
import type { Layout } from '$lib/wire';
import { type Area, areasOf } from './layout';

const COUNTS: Record<Layout, readonly number[]> = {
  single: [1],
  side_by_side: [2],
  speaker_hall: [1, 2],
  grid: [2, 3, 4],
  content_speaker: [1, 2],
};

describe('areas of a layout', () => {
  it.each(Object.entries(COUNTS))('%s has an area inside the frame for each cell', (layout, counts) => {
    for (const count of counts) {
      const areas = areasOf(layout as Layout, count);
      expect(areas).toHaveLength(count);
      for (const area of areas) {
        expect(area.left + area.width).toBeLessThanOrEqual(100);
        expect(area.top + area.height).toBeLessThanOrEqual(100);
      }
    }
  });

  it.each(['side_by_side', 'grid', 'content_speaker'] as const)('cells of %s do not overlap', (layout) => {
    const areas = areasOf(layout, Math.max(...COUNTS[layout]));
    areas.forEach((one, i) => areas.slice(i + 1).forEach((other) => expect(overlap(one, other)).toBe(false)));
  });

  it('has nothing for nothing', () => {
    expect(areasOf('single', 0)).toEqual([]);
  });
});

function overlap(a: Area, b: Area): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}
