import { describe, expect, it } from 'vitest';
import type { Layout } from '$lib/wire';
import { type Area, areasOf, lowerThirdPlace, returnCorner } from './layout';

/** Two lines and their padding, in per cent of the frame's height: 4.14 em, an em being 1.8 % of the width of 16:9. */
const LOWER_THIRD_HEIGHT = 4.14 * 1.8 * (16 / 9);

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

  it.each([
    ['side_by_side', 2],
    ['grid', 2],
    ['grid', 3],
    ['content_speaker', 2],
  ] as const)('leave a site’s return a corner of %s with %i pictures', (layout, count) => {
    const top = returnCorner(layout, count) === 'top' ? 1.6 : 76.4;
    const own = { left: 76.4, top, width: 22, height: 22 };
    for (const area of areasOf(layout, count)) expect(overlap(area, own)).toBe(false);
  });

  it('keep the return away from the hall’s small picture', () => {
    expect(returnCorner('speaker_hall', 2)).toBe('bottom');
    expect(returnCorner('speaker_hall', 1)).toBe('top');
  });

  it.each([
    ['side_by_side', 2],
    ['grid', 2],
    ['content_speaker', 2],
  ] as const)('leave the lower third of %s with %i pictures room below the pictures', (layout, count) => {
    const { left, bottom, width, scale, overMain } = lowerThirdPlace(layout, count);
    const height = LOWER_THIRD_HEIGHT * scale;
    const lies = { left, top: 100 - bottom - height, width, height };
    for (const area of areasOf(layout, count)) expect(overlap(area, lies)).toBe(false);
    expect(overMain).toBe(false);
  });

  it.each([
    ['grid', 3],
    ['grid', 4],
    ['speaker_hall', 2],
    ['single', 1],
  ] as const)('keep the lower third of %s with %i pictures inside the main one', (layout, count) => {
    const { left, bottom, width, scale, overMain } = lowerThirdPlace(layout, count);
    const height = LOWER_THIRD_HEIGHT * scale;
    const lies = { left, top: 100 - bottom - height, width, height };
    const [main, ...others] = areasOf(layout, count);
    expect(lies.left >= main!.left && lies.left + width <= main!.left + main!.width).toBe(true);
    expect(lies.top >= main!.top && lies.top + height <= main!.top + main!.height).toBe(true);
    for (const other of others) expect(overlap(other, lies)).toBe(false);
    expect(overMain).toBe(true);
  });

  it('has nothing for nothing', () => {
    expect(areasOf('single', 0)).toEqual([]);
  });
});

function overlap(a: Area, b: Area): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;
}
