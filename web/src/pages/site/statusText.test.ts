import { setLocale } from '$lib/i18n/locale.svelte';
import { afterEach, describe, expect, it } from 'vitest';
import type { SiteStatus } from './model';
import { statusHelp, statusTitle } from './statusText';

const PLACE = { site: 'Cao Bằng', connecting: false };
const clock = { phase: 'normal', running: true, spokenMs: 0, remainingMs: 1, overrunMs: 0, share: 0 } as const;
const STATUSES: SiteStatus[] = [
  { name: 'lost', since: 0, retryAt: null, problem: null },
  { name: 'held' },
  { name: 'check' },
  { name: 'ended' },
  { name: 'on_air', clock, heard: true },
  { name: 'overtime', clock, heard: true },
  { name: 'touring', heard: false },
  { name: 'microphone' },
  { name: 'kept', graceMs: 42_000 },
  { name: 'next', why: 'cued' },
  { name: 'queued', place: 2, total: 5, response: false, minutes: null, held: null },
  { name: 'waiting' },
  { name: 'connected', canRequest: true, canRespond: false, heard: false },
];
const held = (place: number, remainingMs: number | null): SiteStatus => ({
  name: 'queued',
  place,
  total: 5,
  response: false,
  minutes: null,
  held: { ...clock, remainingMs },
});

afterEach(() => setLocale('vi'));

describe('the words of a status', () => {
  it.each(['vi', 'en'] as const)('are two different lines for each, in %s', (locale) => {
    setLocale(locale);
    const titles = STATUSES.map((status) => statusTitle(status, PLACE));
    expect(new Set(titles).size).toBe(titles.length);
    for (const status of STATUSES) {
      expect(statusTitle(status, PLACE)).not.toBe('');
      expect(statusHelp(status, PLACE)).not.toBe('');
    }
  });

  it('say of a tour that the microphone is silent, unless it is open', () => {
    expect(statusTitle({ name: 'touring', heard: false }, PLACE)).toBe('Điểm cầu đang được chiếu');
    expect(statusHelp({ name: 'touring', heard: false }, PLACE)).toContain('micro không phát');
    expect(statusHelp({ name: 'touring', heard: true }, PLACE)).toContain('MICRO ĐANG MỞ');
  });

  it('say how a place is held', () => {
    expect(statusTitle(held(1, 360_000), PLACE)).toBe('Giữ chỗ');
    expect(statusHelp(held(1, 350_000), PLACE)).toBe('Đầu danh sách, còn 6 phút để phát biểu');
    expect(statusHelp(held(3, 45_000), PLACE)).toBe('Thứ 3 trong 5 lượt, còn 00:45 để phát biểu');
    expect(statusHelp(held(1, null), PLACE)).toBe('Đầu danh sách');
    expect(statusHelp({ name: 'kept', graceMs: 42_000 }, PLACE)).toContain('00:42');
  });
});
