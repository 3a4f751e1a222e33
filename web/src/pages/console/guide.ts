/** The first look round the console: six steps, each beside what it is about. Pure. */
import { m } from '$lib/paraglide/messages';

/** A step: what it points at, as a selector, and what it says. */
export type GuideStep = { target: string; title: () => string; text: (keys: GuideKeys) => string };

/** How keys are written, as this person has them. */
export type GuideKeys = Record<
  'take' | 'hall' | 'undo' | 'item' | 'queue' | 'find' | 'preview' | 'help' | 'holding',
  string
>;

/** In the order in which a site comes on air. */
export const GUIDE_STEPS: readonly GuideStep[] = [
  { target: '[data-wall]', title: m.guide_wall, text: ({ preview, find }) => m.guide_wall_text({ preview, find }) },
  { target: '[data-monitor="preview"]', title: m.guide_preview, text: () => m.guide_preview_text() },
  {
    target: '[data-guide="take"]',
    title: m.guide_take,
    text: ({ take, hall, undo }) => m.guide_take_text({ take, hall, undo }),
  },
  {
    target: '[data-guide="next"]',
    title: m.guide_next,
    text: ({ item, queue, take }) => m.guide_next_text({ item, queue, take }),
  },
  {
    target: '[data-monitor="program"]',
    title: m.guide_program,
    text: ({ holding }) => m.guide_program_text({ holding }),
  },
  { target: '[data-guide="keys"]', title: m.guide_keys, text: ({ help }) => m.guide_keys_text({ help }) },
];

/** A rectangle in the window, CSS pixels. */
export type Box = { left: number; top: number; width: number; height: number };
type Size = { width: number; height: number };

/** Between a card and what it points at, and between a card and the window's edge, CSS pixels. */
export const CARD_MARGIN = 12;

/** Where a card of this size lies best: below its target, above it, or in the middle of a target that fills the window. */
export function cardPlace(target: Box, card: Size, window: Size): { left: number; top: number } {
  const within = (wanted: number, length: number, room: number) =>
    Math.max(CARD_MARGIN, Math.min(wanted, room - length - CARD_MARGIN));
  const left = within(target.left + target.width / 2 - card.width / 2, card.width, window.width);
  const below = target.top + target.height + CARD_MARGIN;
  const above = target.top - card.height - CARD_MARGIN;
  if (below + card.height + CARD_MARGIN <= window.height) return { left, top: below };
  if (above >= CARD_MARGIN) return { left, top: above };
  return { left, top: within(target.top + target.height / 2 - card.height / 2, card.height, window.height) };
}
