/** Where the cells of a layout lie in a 16:9 frame; the same on every page. Pure. */
import type { Layout } from '$lib/wire';

/** A rectangle in per cent of the frame. */
export type Area = { left: number; top: number; width: number; height: number };

const FULL: Area = { left: 0, top: 0, width: 100, height: 100 };
/** The small cell of speaker + hall: out of the way of the lower third, which lies at the bottom left. */
const CORNER: Area = { left: 74.5, top: 4, width: 22, height: 22 };
const HALVES: readonly Area[] = [
  { left: 0.5, top: 25, width: 49, height: 49 },
  { left: 50.5, top: 25, width: 49, height: 49 },
];
const QUARTERS: readonly Area[] = [
  { left: 0.25, top: 0.25, width: 49.5, height: 49.5 },
  { left: 50.25, top: 0.25, width: 49.5, height: 49.5 },
  { left: 0.25, top: 50.25, width: 49.5, height: 49.5 },
  { left: 50.25, top: 50.25, width: 49.5, height: 49.5 },
];
const SLIDES: readonly Area[] = [
  { left: 0, top: 11, width: 76, height: 78 },
  { left: 77, top: 39, width: 22, height: 22 },
];

/** Areas of `count` cells in a layout, in the layout's order. One cell alone is always full. */
export function areasOf(layout: Layout, count: number): readonly Area[] {
  if (count <= 1) return [FULL].slice(0, count);
  switch (layout) {
    case 'single':
      return [FULL];
    case 'side_by_side':
      return HALVES;
    case 'speaker_hall':
      return [FULL, CORNER];
    case 'grid':
      return count === 2 ? HALVES : QUARTERS.slice(0, count);
    case 'content_speaker':
      return SLIDES;
  }
}

/** Which corner on the right a site's return can have so that it covers the least of the others. */
export function returnCorner(layout: Layout, count: number): 'top' | 'bottom' {
  if (count <= 1) return 'top';
  return layout === 'speaker_hall' || layout === 'grid' ? 'bottom' : 'top';
}
