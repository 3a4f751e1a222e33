import { describe, expect, it } from 'vitest';
import { nextItem } from './nextItem';
import { itemView } from './samples';

describe('the next item', () => {
  it('is the first before anything has begun', () => {
    expect(nextItem({ items: [itemView('a'), itemView('b')], current: null })?.id).toBe('a');
  });

  it('follows the current one and passes over what is left out or was begun already', () => {
    const items = [
      itemView('a', { started_at: 1 }),
      itemView('b', { skipped: true }),
      itemView('c', { started_at: 2, finished_at: 3 }),
      itemView('d'),
    ];
    expect(nextItem({ items, current: 'a' })?.id).toBe('d');
  });

  it('follows the one that ended last, and not one that was passed over', () => {
    const items = [
      itemView('a', { started_at: 1, finished_at: 2 }),
      itemView('b'),
      itemView('c', { started_at: 3, finished_at: 4 }),
      itemView('d'),
    ];
    expect(nextItem({ items, current: null })?.id).toBe('d');
  });

  it('is none at the end, and nothing that was passed over earlier', () => {
    expect(nextItem({ items: [itemView('a'), itemView('b', { started_at: 1 })], current: 'b' })).toBeNull();
    expect(nextItem({ items: [], current: null })).toBeNull();
  });
});
