import { itemView, siteView, camera } from '$lib/state/samples';
import type { ItemView, Layout, SourceRef, SpeakerView } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { type CaptionFacts, captionOf, NO_CAPTION } from './caption';

const SPEAKER = { name: 'Nguyễn Thị Hương', title: 'Trưởng ban', organisation: 'Ban Tổ chức Trung ương' };
const SITES = new Map(
  [
    siteView('hall', { name: 'Hội trường Diên Hồng', full_name: 'Điểm cầu trung tâm' }),
    siteView('cao-bang', { name: 'Cao Bằng', full_name: 'Tỉnh Cao Bằng' }),
    siteView('ha-noi', { name: 'Hà Nội', full_name: 'Thành phố Hà Nội' }),
  ].map((view) => [view.slug, view]),
);

const facts = (changes: Partial<CaptionFacts> = {}): CaptionFacts => ({
  lowerThird: { type: 'automatic' },
  namesShown: true,
  agenda: { items: [itemView('a', { speaker: SPEAKER, site: 'cao-bang', started_at: 1 })], current: 'a' },
  onAirSince: null,
  site: (slug) => SITES.get(slug),
  tour: false,
  returned: false,
  ...changes,
});
const single = (site: string, changes: Partial<CaptionFacts> = {}) =>
  captionOf('single', [camera(site)], facts(changes));
const several = (layout: Layout, sources: SourceRef[], changes: Partial<CaptionFacts> = {}) =>
  captionOf(layout, sources, facts(changes));

describe('the automatic lower third', () => {
  it('names the speaker while it is the turn of the speaker’s site', () => {
    expect(single('cao-bang').lines).toEqual({
      name: 'Nguyễn Thị Hương',
      detail: 'Trưởng ban, Ban Tổ chức Trung ương — Tỉnh Cao Bằng',
    });
  });

  it('says neither the place nor the name twice', () => {
    const speaking = (speaker: SpeakerView, site: string) =>
      single(site, { agenda: { items: [itemView('a', { speaker, site })], current: 'a' } }).lines?.detail;
    const province = { name: 'Nông Văn An', title: 'Chủ tịch', organisation: 'Ủy ban nhân dân tỉnh Cao Bằng' };
    expect(speaking(province, 'cao-bang')).toBe('Chủ tịch, Ủy ban nhân dân tỉnh Cao Bằng');
    const office = { name: 'Chủ tịch Quốc hội', title: 'Chủ tịch Quốc hội', organisation: '' };
    expect(speaking(office, 'hall')).toBe('Hội trường Diên Hồng');
    expect(speaking({ name: 'Bí thư Thành ủy Hà Nội', title: '', organisation: '' }, 'ha-noi')).toBe('');
  });

  it('names the place when another site is on air, and the hall by its short name', () => {
    expect(single('ha-noi').lines).toEqual({ name: 'Thành phố Hà Nội', detail: '' });
    expect(single('hall').lines).toEqual({ name: 'Hội trường Diên Hồng', detail: '' });
  });

  it('names nobody who has finished, and nobody during a tour', () => {
    const finished = itemView('a', { speaker: SPEAKER, site: 'cao-bang', started_at: 1, finished_at: 2 });
    expect(single('cao-bang', { agenda: { items: [finished], current: 'a' } }).lines?.name).toBe('Tỉnh Cao Bằng');
    expect(single('cao-bang', { tour: true }).lines?.name).toBe('Tỉnh Cao Bằng');
  });

  describe('while what is on air stays on air', () => {
    const CAME = 10;
    const NEXT = itemView('b', { speaker: { ...SPEAKER, name: 'Lê Minh' }, site: 'ha-noi', started_at: 20 });
    const former = (id: string, name: string, finished_at: number) =>
      itemView(id, { speaker: { ...SPEAKER, name }, site: 'cao-bang', started_at: 1, finished_at });
    const named = (site: string, items: ItemView[], onAirSince: number | null = CAME) =>
      single(site, { agenda: { items, current: 'b' }, onAirSince }).lines?.name;

    it('keeps the name of who spoke last when the next item is started elsewhere', () => {
      expect(named('cao-bang', [former('a', 'Nông Văn An', 20), NEXT])).toBe('Nông Văn An');
      const over = { items: [former('a', 'Nông Văn An', 20)], current: null };
      expect(single('cao-bang', { agenda: over, onAirSince: CAME }).lines?.name).toBe('Nông Văn An');
    });

    it('keeps the latest of several, and none that was over before', () => {
      const several = [former('c', 'Sau cùng', 19), former('a', 'Trước đó', 15), NEXT];
      expect(named('cao-bang', several)).toBe('Sau cùng');
      expect(named('cao-bang', [former('a', 'Nông Văn An', CAME - 1), NEXT])).toBe('Tỉnh Cao Bằng');
    });

    it('is over with the next take, in the preview of which it is not', () => {
      expect(named('cao-bang', [former('a', 'Nông Văn An', 20), NEXT], 30)).toBe('Tỉnh Cao Bằng');
      expect(named('cao-bang', [former('a', 'Nông Văn An', 20), NEXT], null)).toBe('Tỉnh Cao Bằng');
      expect(named('ha-noi', [former('a', 'Nông Văn An', 20), NEXT], 30)).toBe('Lê Minh');
    });

    it('gives way to the item that runs at the same site', () => {
      const here = itemView('b', { speaker: { ...SPEAKER, name: 'Lê Minh' }, site: 'cao-bang', started_at: 20 });
      expect(named('cao-bang', [former('a', 'Nông Văn An', 20), here])).toBe('Lê Minh');
    });
  });

  it('leaves places out where names are not shown, but not the speaker', () => {
    expect(single('ha-noi', { namesShown: false }).lines).toBeNull();
    expect(single('cao-bang', { namesShown: false }).lines?.name).toBe('Nguyễn Thị Hương');
  });

  it('speaks of several pictures only if one of them is the speaker’s', () => {
    expect(several('side_by_side', [camera('ha-noi'), camera('hall')]).lines).toBeNull();
    expect(several('speaker_hall', [camera('cao-bang'), camera('hall')]).lines?.name).toBe('Nguyễn Thị Hương');
  });
});

describe('a lower third that operators have chosen', () => {
  const text = { type: 'text', name: 'Phiên thảo luận', description: '' } as const;

  it('is what they wrote, or nothing', () => {
    expect(single('ha-noi', { lowerThird: text }).lines).toEqual({ name: 'Phiên thảo luận', detail: '' });
    expect(single('cao-bang', { lowerThird: { type: 'hidden' } }).lines).toBeNull();
  });

  it('is not written under the sites of a tour', () => {
    expect(single('ha-noi', { lowerThird: text, tour: true }).lines?.name).toBe('Thành phố Hà Nội');
  });

  it('is not written where a site on air sees the hall instead of itself', () => {
    expect(single('hall', { lowerThird: text, returned: true }).lines).toBeNull();
  });
});

describe('names in the cells', () => {
  it('are written into each camera of several, and into no slides', () => {
    expect(several('side_by_side', [camera('ha-noi'), camera('hall')]).named).toEqual([true, true]);
    const slides: SourceRef = { site: 'ha-noi', kind: 'content' };
    expect(several('content_speaker', [slides, camera('ha-noi')]).named).toEqual([false, true]);
    expect(single('ha-noi').named).toEqual([false]);
  });

  it('give way to a lower third that lies in their place', () => {
    expect(several('speaker_hall', [camera('cao-bang'), camera('hall')]).named).toEqual([false, true]);
    expect(several('grid', ['cao-bang', 'ha-noi', 'x', 'hall'].map(camera)).named).toEqual([false, true, true, true]);
    expect(several('side_by_side', [camera('cao-bang'), camera('hall')]).named).toEqual([true, true]);
  });

  it('are left out on demand', () => {
    expect(several('grid', ['a', 'b', 'c'].map(camera), { namesShown: false }).named).toEqual([false, false, false]);
  });
});

it('nothing is written where nothing is shown', () => {
  expect(captionOf('single', [], facts())).toEqual(NO_CAPTION);
});
