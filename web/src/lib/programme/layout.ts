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

/**
 * Where the lower third lies: per cent of the frame from its left and bottom edge, how wide it may be, and its size against the usual.
 * `overMain`: it lies in the main cell, in the place of that cell's name.
 */
export type LowerThirdPlace = { left: number; bottom: number; width: number; scale: number; overMain: boolean };

/** The place of the lower third among `count` cells. */
export function lowerThirdPlace(layout: Layout, count: number): LowerThirdPlace {
  if (count > 1) {
    switch (layout) {
      case 'single':
      case 'speaker_hall':
        break;
      case 'side_by_side':
        return UNDER_HALVES;
      case 'grid':
        return count === 2 ? UNDER_HALVES : { left: 1.5, bottom: 52, width: 46, scale: 0.66, overMain: true };
      case 'content_speaker':
        // Below the slides, which are read to their last line.
        return { left: 1.5, bottom: 0.7, width: 74, scale: 0.72, overMain: false };
    }
  }
  return { left: 4, bottom: 6, width: 66, scale: 1, overMain: true };
}

const UNDER_HALVES: LowerThirdPlace = { left: 4, bottom: 6, width: 66, scale: 1, overMain: false };
