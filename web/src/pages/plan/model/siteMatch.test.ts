import { describe, expect, it } from 'vitest';
import { SAMPLE_SITES } from '../text/sampleSites';
import { SiteMatcher, similarity } from './siteMatch';

const sites = new SiteMatcher(SAMPLE_SITES);

describe('a site that is named', () => {
  it.each([
    ['Cao Bằng', 'cao-bang'],
    ['cao bang', 'cao-bang'],
    ['CAO BẰNG', 'cao-bang'],
    ['Tỉnh Cao Bằng', 'cao-bang'],
    ['Điểm cầu tỉnh Cao Bằng', 'cao-bang'],
    ['UBND tỉnh Cao Bằng', 'cao-bang'],
    ['cao-bang', 'cao-bang'],
    ['04', 'cao-bang'],
    ['Bà Rịa - Vũng Tàu', 'ba-ria-vung-tau'],
    ['TP Hồ Chí Minh', 'ho-chi-minh'],
    ['Thành phố Hồ Chí Minh', 'ho-chi-minh'],
    ['Hồ Chí Minh', 'ho-chi-minh'],
    ['TP.Đà Nẵng', 'da-nang'],
    ['Điểm cầu trung tâm', 'dien-hong'],
    ['Hội trường Diên Hồng', 'dien-hong'],
    ['Cao Bằng'.normalize('NFD'), 'cao-bang'],
  ])('%s', (text, site) => {
    expect(sites.match(text)).toEqual({ found: 'exact', site });
  });

  it.each([
    ['Cao Băngg', 'cao-bang'],
    ['Thừa Thiên Hué', 'thua-thien-hue'],
    ['Thua Thien Heu', 'thua-thien-hue'],
    ['Đăk Lăk', 'dak-lak'],
    ['Daklak', 'dak-lak'],
    ['Huế', 'thua-thien-hue'],
    ['Vũng Tàu', 'ba-ria-vung-tau'],
  ])('with a slip: %s', (text, site) => {
    expect(sites.match(text)).toMatchObject({ site });
  });

  it('that is none is answered by suggestions, best first', () => {
    expect(sites.match('Hà Giám')).toMatchObject({ suggestions: expect.arrayContaining(['ha-giang', 'ha-nam']) });
    expect(sites.match('Singapore')).toEqual({ found: 'none', suggestions: [] });
    expect(sites.match('Hà')).toMatchObject({ found: 'none' });
    expect(sites.match('')).toEqual({ found: 'none', suggestions: [] });
  });
});

describe('a site in a sentence', () => {
  it.each([
    ['Báo cáo của UBND tỉnh Cao Bằng về công tác nhân sự', 'cao-bang'],
    ['Tham luận tại điểm cầu Đà Nẵng', 'da-nang'],
    ['Phó Bí thư Tỉnh ủy Hà Giang', 'ha-giang'],
    ['tham luan diem cau', null],
    ['Điểm cầu trung tâm phát biểu', 'dien-hong'],
    ['Kinh nghiệm của tỉnh Thái Bình', 'thai-binh'],
    ['Ý kiến của tỉnh Cao Bằng và tỉnh Sơn La', null],
    ['Các tỉnh, thành phố báo cáo', null],
    ['Lễ hội Thái Bìnhx', null],
  ])('%s', (text, site) => {
    expect(sites.mentionedIn(text)).toBe(site);
  });
});

describe('similarity', () => {
  it('counts a swap as one edit', () => {
    expect(similarity('abcd', 'abdc')).toBe(0.75);
    expect(similarity('', '')).toBe(1);
    expect(similarity('abc', 'xyz')).toBe(0);
  });
});
