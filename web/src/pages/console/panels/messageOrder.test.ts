import { messageView } from '$lib/state/samples';
import { describe, expect, it } from 'vitest';
import { callsOf } from './callOrder';
import { cleanTemplates, ordered, SHOWN } from './messageOrder';

describe('messages on the desk', () => {
  it('are those that wait, the oldest first, and then the latest of the others', () => {
    const { waiting, others } = ordered([
      messageView(1, { from: 'a', acknowledged: ['centre'] }),
      messageView(2, { from: 'a' }),
      messageView(3),
      messageView(4, { from: 'b' }),
    ]);
    expect(waiting.map((message) => message.id)).toEqual([2, 4]);
    expect(others.map((message) => message.id)).toEqual([3, 1]);
  });

  it('never lose one that waits, however many came after it', () => {
    const many = [messageView(0, { from: 'a' }), ...Array.from({ length: 100 }, (_, at) => messageView(at + 1))];
    const { waiting, others } = ordered(many);
    expect(waiting.map((message) => message.id)).toEqual([0]);
    expect(others).toHaveLength(SHOWN);
    expect(others[0]?.id).toBe(100);
  });
});

describe('templates', () => {
  it('are kept without empty ones and repetitions', () => {
    expect(cleanTemplates([' Xin chào ', '', '  ', 'Xin chào', 'Mời vào'])).toEqual(['Xin chào', 'Mời vào']);
  });
});

describe('calls to the control room', () => {
  it('are answered in the order in which they came', () => {
    const site = (slug: string, callingSince: number | null) => ({ view: { slug }, callingSince });
    expect(callsOf([site('a', 300), site('b', null), site('c', 100)])).toEqual([
      { site: 'c', since: 100 },
      { site: 'a', since: 300 },
    ]);
    expect(callsOf([])).toEqual([]);
  });
});
