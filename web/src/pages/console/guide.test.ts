import { describe, expect, it } from 'vitest';
import { type Box, CARD_MARGIN, cardPlace, GUIDE_STEPS } from './guide';

const WINDOW = { width: 1366, height: 650 };
const CARD = { width: 360, height: 180 };
const keys = new Proxy({} as Parameters<(typeof GUIDE_STEPS)[number]['text']>[0], {
  get: (_, name) => `<${String(name)}>`,
});

describe('the guide', () => {
  it('is short enough to be read, and points at different things', () => {
    expect(GUIDE_STEPS.length).toBeLessThanOrEqual(6);
    expect(new Set(GUIDE_STEPS.map((step) => step.target)).size).toBe(GUIDE_STEPS.length);
    for (const step of GUIDE_STEPS) expect(step.text(keys).length).toBeLessThan(220);
  });

  it('names the keys as this person has them', () => {
    const said = GUIDE_STEPS.map((step) => step.text(keys)).join(' ');
    for (const key of ['take', 'hall', 'undo', 'item', 'queue', 'find', 'preview', 'help', 'holding']) {
      expect(said).toContain(`<${key}>`);
    }
  });

  it.each<[string, Box]>([
    ['the preview', { left: 6, top: 50, width: 224, height: 152 }],
    ['LÊN HÌNH', { left: 236, top: 88, width: 240, height: 70 }],
    ['the keys', { left: 1000, top: 210, width: 90, height: 24 }],
    ['the wall', { left: 6, top: 240, width: 1088, height: 404 }],
    ['the whole window', { left: 0, top: 0, width: 1366, height: 650 }],
  ])('has its card inside the window, beside %s', (_, target) => {
    const { left, top } = cardPlace(target, CARD, WINDOW);
    expect(left).toBeGreaterThanOrEqual(CARD_MARGIN);
    expect(top).toBeGreaterThanOrEqual(CARD_MARGIN);
    expect(left + CARD.width).toBeLessThanOrEqual(WINDOW.width - CARD_MARGIN);
    expect(top + CARD.height).toBeLessThanOrEqual(WINDOW.height - CARD_MARGIN);
    const covers = top < target.top + target.height && target.top < top + CARD.height;
    expect(covers).toBe(target.height === WINDOW.height);
  });
});
