import { floorView, messageView, queueEntry, siteView } from '$lib/state/samples';
import type { Quality } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { GROUPS, type GroupFacts, isIn, readCount, readingOf, receiversOf, share, toggled } from './audience';

const site = (slug: string, quality: Quality = 'good', changes = {}) => ({ view: siteView(slug, changes), quality });
const FACTS: GroupFacts = {
  floor: floorView({ queue: [queueEntry('a')], cued: ['b'] }),
  messages: [
    messageView(1, { to: [], acknowledged: [] }),
    messageView(2, { to: ['a', 'b'], acknowledged: ['a'] }),
    messageView(3, { from: 'c', acknowledged: [] }),
  ],
};

describe('groups of receivers', () => {
  const members = (group: (typeof GROUPS)[number]) =>
    [
      site('hall'),
      site('a'),
      site('b', 'lost', { presence: { state: 'absent', reason: 'x' } }),
      site('c', 'bad', { presence: { state: 'present' } }),
    ]
      .filter((one) => isIn(group, one, FACTS))
      .map((one) => one.view.slug);

  it('are those that wait, are lost, were not called, are absent, or owe an answer to the centre’s last message', () => {
    expect(members('waiting')).toEqual(['a', 'b']);
    expect(members('lost')).toEqual(['b']);
    expect(members('uncalled')).toEqual(['a']);
    expect(members('absent')).toEqual(['b']);
    expect(members('silent')).toEqual(['b']);
  });

  it('owe nothing where the centre has written nothing', () => {
    expect(isIn('silent', site('a'), { ...FACTS, messages: [FACTS.messages[2]!] })).toBe(false);
  });
});

describe('picks', () => {
  it('of a group are set together, completed if some are missing, and cleared together', () => {
    expect([...toggled(new Set(), ['a', 'b'])]).toEqual(['a', 'b']);
    expect([...toggled(new Set(['x', 'b']), ['a', 'b'])]).toEqual(['x', 'b', 'a']);
    expect([...toggled(new Set(['x', 'a', 'b']), ['a', 'b'])]).toEqual(['x']);
    expect([...toggled(new Set(['x']), [])]).toEqual(['x']);
  });

  it('say whether all, some or none of a group are among them', () => {
    expect(share(new Set(['a']), ['a', 'b'])).toBe('some');
    expect(share(new Set(['a', 'b', 'c']), ['a', 'b'])).toBe('all');
    expect(share(new Set(['c']), ['a', 'b'])).toBe('none');
  });
});

describe('receivers', () => {
  it('are named one by one, but for all, who are nobody by name', () => {
    expect(receiversOf('all', null, new Set(['a']))).toEqual([]);
    expect(receiversOf('selected', 'a', new Set())).toEqual(['a']);
    expect(receiversOf('several', 'a', new Set(['b', 'c']))).toEqual(['b', 'c']);
  });

  it('are never all because nobody was chosen', () => {
    expect(receiversOf('selected', null, new Set(['a']))).toBeNull();
    expect(receiversOf('several', 'a', new Set())).toBeNull();
  });
});

describe('acknowledgements', () => {
  const views = ['hall', 'Đà Nẵng', 'An Giang', 'Cao Bằng'].map((name) => siteView(name));

  it('are counted of those that the message was for', () => {
    expect(readCount(messageView(1, { acknowledged: ['An Giang'] }), views.length)).toEqual({ read: 1, receivers: 4 });
    expect(readCount(messageView(1, { to: ['An Giang'], acknowledged: [] }), views.length)).toEqual({
      read: 0,
      receivers: 1,
    });
  });

  it('are told by name, in Vietnamese order', () => {
    const names = (message: Parameters<typeof readingOf>[0]) => {
      const { read, unread } = readingOf(message, views);
      return [read, unread].map((list) => list.map((view) => view.name).join());
    };
    expect(names(messageView(1, { acknowledged: ['Đà Nẵng', 'An Giang'] }))).toEqual([
      'An Giang,Đà Nẵng',
      'Cao Bằng,hall',
    ]);
    expect(names(messageView(1, { to: ['Cao Bằng'] }))).toEqual(['', 'Cao Bằng']);
  });
});
