import type { Refusal } from '$lib/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { readClock } from '$lib/state/speechClock';
import { clockTime, duration, percent, remaining, speechTime } from './format';
import { locale, setLocale } from './locale.svelte';
import { fold, search } from './search';
import { refusalText } from './wording';

/** One of each; the type makes this list complete. */
const REFUSALS: { [Code in Refusal['code']]: Extract<Refusal, { code: Code }> } = {
  forbidden: { code: 'forbidden' },
  not_in_control: { code: 'not_in_control', holder: 'An' },
  unknown_site: { code: 'unknown_site', site: 'x' },
  unknown_item: { code: 'unknown_item', item: 'x' },
  unknown_message: { code: 'unknown_message', message: 1 },
  source_offline: { code: 'source_offline', site: 'cao-bang' },
  preview_changed: { code: 'preview_changed', preview: 2 },
  preview_empty: { code: 'preview_empty' },
  layout_mismatch: { code: 'layout_mismatch', min: 2, max: 4 },
  take_pending: { code: 'take_pending' },
  nothing_to_undo: { code: 'nothing_to_undo' },
  already_so: { code: 'already_so' },
  floor_closed: { code: 'floor_closed' },
  already_in_queue: { code: 'already_in_queue' },
  not_in_queue: { code: 'not_in_queue' },
  queue_full: { code: 'queue_full', limit: 64 },
  not_first_in_queue: { code: 'not_first_in_queue', first: 'cao-bang' },
  floor_held: { code: 'floor_held', holder: 'cao-bang' },
  no_holder: { code: 'no_holder' },
  clock_state: { code: 'clock_state' },
  hall_protected: { code: 'hall_protected' },
  not_on_air: { code: 'not_on_air', site: 'cao-bang' },
  not_open: { code: 'not_open' },
  rehearsing: { code: 'rehearsing' },
  not_rehearsing: { code: 'not_rehearsing' },
  plan_locked: { code: 'plan_locked' },
  bad_plan: { code: 'bad_plan', problems: ['agenda: item 3 has no title'] },
  item_changed: { code: 'item_changed', current: 'x' },
  no_tour: { code: 'no_tour' },
  nobody_to_show: { code: 'nobody_to_show' },
  microphones_not_allowed: { code: 'microphones_not_allowed' },
  too_many_microphones: { code: 'too_many_microphones', limit: 2 },
  unknown_operator: { code: 'unknown_operator', name: 'lan' },
  unknown_region: { code: 'unknown_region', region: 'Tây Bắc' },
  too_many: { code: 'too_many', limit: 20 },
  ended: { code: 'ended' },
  wrong_confirmation: { code: 'wrong_confirmation' },
  bad_text: { code: 'bad_text', max: 2_000 },
  out_of_range: { code: 'out_of_range', min: 1, max: 3_600 },
  journal_unavailable: { code: 'journal_unavailable' },
  busy: { code: 'busy' },
  too_late: { code: 'too_late' },
};

afterEach(() => setLocale('vi'));

describe('refusals', () => {
  it.each(Object.values(REFUSALS))('$code has words of its own in both languages', (refusal) => {
    const name = () => 'Cao Bằng';
    const vietnamese = refusalText(refusal, name);
    setLocale('en');
    const english = refusalText(refusal, name);

    expect(vietnamese).not.toBe(english);
    for (const text of [vietnamese, english]) {
      expect(text.length).toBeGreaterThan(5);
      expect(text).not.toMatch(/undefined|[{}]|_/);
    }
  });

  it('name the site and the bounds', () => {
    expect(refusalText(REFUSALS.source_offline, () => 'Cao Bằng')).toContain('Cao Bằng');
    expect(refusalText(REFUSALS.layout_mismatch, String)).toMatch(/2.*4/);
  });

  it('do not count microphones where the picture has no room for any', () => {
    const full = refusalText({ code: 'too_many_microphones', limit: 0 }, String);
    expect(full).not.toBe(refusalText(REFUSALS.too_many_microphones, String));
    expect(full).not.toContain('0');
  });
});

describe('language', () => {
  it('is Vietnamese first, switched without a reload, and marks the document', () => {
    expect(locale()).toBe('vi');
    setLocale('en');
    expect(locale()).toBe('en');
    expect(document.documentElement.lang).toBe('en');
  });
});

describe('search', () => {
  const NAMES = ['Hà Nội', 'Hà Nam', 'Cao Bằng', 'Đắk Lắk', 'Đắk Nông', 'Thừa Thiên Huế', 'Bà Rịa – Vũng Tàu'];
  const find = (query: string) => search(query, NAMES, (name) => [name]);

  it('ignores accents, case and đ', () => {
    expect(fold('ĐẮK LẮK – Thừa')).toBe('dak lak thua');
    expect(find('cao bang')).toEqual(['Cao Bằng']);
    expect(find('DAK')).toEqual(['Đắk Lắk', 'Đắk Nông']);
    expect(find('huế')).toEqual(['Thừa Thiên Huế']);
  });

  it('finds a decomposed spelling, words without blanks, and initials', () => {
    expect(find('Hà Nội'.normalize('NFD'))).toEqual(['Hà Nội']);
    expect(find('vungtau')).toEqual(['Bà Rịa – Vũng Tàu']);
    expect(find('cb')[0]).toBe('Cao Bằng');
  });

  it('puts the better answer first, and finds nothing where nothing is', () => {
    expect(find('ha')[0]).toBe('Hà Nội');
    expect(find('ha nam')[0]).toBe('Hà Nam');
    expect(find('xyz')).toEqual([]);
  });
});

describe('times', () => {
  it('are written as clocks', () => {
    expect(duration(125_900)).toBe('02:05');
    expect(duration(3_725_000)).toBe('1:02:05');
    expect(duration(-5)).toBe('00:00');
    expect(remaining(60_001)).toBe('01:01');
    expect(remaining(0)).toBe('00:00');
  });

  it('of a speech are what is left, what is over, or what was spoken', () => {
    const clock = { allowed_ms: 60_000, warning_ms: 10_000, spoken_ms: 0, running_since: 0 };
    expect(speechTime(readClock(clock, 1_000))).toBe('00:59');
    expect(speechTime(readClock(clock, 60_000))).toBe('00:00');
    expect(speechTime(readClock(clock, 65_000))).toBe('+00:05');
    expect(speechTime(readClock({ ...clock, allowed_ms: 0 }, 65_000))).toBe('01:05');
  });

  it('are the hall’s, wherever the page is open', () => {
    expect(clockTime(Date.UTC(2021, 0, 21, 1, 30, 5))).toBe('08:30:05');
  });

  it('follow the language in numbers', () => {
    expect(percent(0.062)).toBe('6,2 %');
    setLocale('en');
    expect(percent(0.062)).toBe('6.2 %');
  });
});
