import { setLocale } from '$lib/i18n/locale.svelte';
import { siteView } from './samples';
import type { SiteView } from '$lib/wire';
import { afterEach, describe, expect, it } from 'vitest';
import { inRoll, nextUncalled, quorumVerdict, ROLL_FILTERS, rollTotals } from './rollCall';
import { delegatesSheet, sitesSheet } from './rollSheet';

afterEach(() => setLocale('vi'));

const PRESENT: Partial<SiteView> = { presence: { state: 'present' } };
const ABSENT: Partial<SiteView> = { presence: { state: 'absent', reason: 'mất điện' } };
const VIEWS = [
  siteView('hall', { delegates: 10, delegates_present: 9 }),
  siteView('a', { ...PRESENT, region: 'Bắc', delegates: 5, delegates_present: 4 }),
  siteView('b', { ...ABSENT, region: 'Bắc', delegates: 3 }),
  siteView('c', { region: 'Nam', delegates: 2, delegates_present: 0 }),
  siteView('d', { region: 'Nam' }),
];

describe('the roll', () => {
  it('counts sites without the hall, and delegates with it', () => {
    expect(rollTotals(VIEWS)).toEqual({ sites: 4, present: 1, absent: 1, uncalled: 2, named: 20, delegates: 13 });
  });

  it('is enough, or says by how much it is not', () => {
    const totals = rollTotals(VIEWS);
    expect(quorumVerdict({ sites: 0, delegates: 0 }, totals)).toEqual({ state: 'none' });
    expect(quorumVerdict({ sites: 1, delegates: 13 }, totals)).toEqual({ state: 'reached' });
    expect(quorumVerdict({ sites: 3, delegates: 0 }, totals)).toEqual({ state: 'missing', sites: 2, delegates: 0 });
    expect(quorumVerdict({ sites: 1, delegates: 20 }, totals)).toEqual({ state: 'missing', sites: 0, delegates: 7 });
  });

  it('is narrowed by answer and region, and never shows the hall', () => {
    const shown = (filter: (typeof ROLL_FILTERS)[number], region = '') =>
      VIEWS.filter((view) => inRoll(view, filter, region))
        .map((view) => view.slug)
        .join('');
    expect(ROLL_FILTERS.map((filter) => shown(filter))).toEqual(['abcd', 'cd', 'a', 'b']);
    expect(shown('all', 'Bắc')).toBe('ab');
    expect(shown('uncalled', 'Bắc')).toBe('');
  });

  it('goes on behind the last one, and comes back to those that were passed over', () => {
    expect(nextUncalled(VIEWS, null)?.slug).toBe('c');
    expect(nextUncalled(VIEWS, 'c')?.slug).toBe('d');
    expect(nextUncalled(VIEWS, 'd')?.slug).toBe('c');
    expect(nextUncalled(VIEWS.slice(0, 3), 'a')).toBeNull();
  });
});

describe('the sheets of the roll', () => {
  const lines = (text: string) => text.slice(1).trimEnd().split('\r\n');

  it('have every site with its answer', () => {
    const [head, hall, a, b, c] = lines(sitesSheet(VIEWS));
    expect(head!.split(',')).toHaveLength(8);
    expect(hall).toBe('1,01,hall,r,Điểm cầu trung tâm,,10,9');
    expect(a).toBe('2,01,a,Bắc,Có mặt,,5,4');
    expect(b).toBe('3,01,b,Bắc,Vắng,mất điện,3,0');
    expect(c).toBe('4,01,c,Nam,chưa điểm danh,,2,0');
  });

  it('have every delegate, in the order of the sites, and execute nothing of what sites wrote', () => {
    const person = { title: 'Giám đốc', organisation: 'Sở Nội vụ', present: true };
    const all = [
      { site: 'c', delegates: [{ ...person, name: '=HYPERLINK("x")', present: false }] },
      { site: 'a', delegates: [{ ...person, name: 'Nguyễn Văn A' }] },
    ];
    const [, first, second] = lines(delegatesSheet(VIEWS, all));
    expect(first).toBe('1,01,a,Nguyễn Văn A,Giám đốc,Sở Nội vụ,Có mặt');
    expect(second).toBe('2,01,c,"\'=HYPERLINK(""x"")",Giám đốc,Sở Nội vụ,Vắng');
  });

  it('follow the language', () => {
    setLocale('en');
    expect(lines(sitesSheet(VIEWS))[2]).toContain('Present');
  });
});
