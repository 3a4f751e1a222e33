import { describe, expect, it } from 'vitest';
import { csv } from './csv';
import { byName } from './order';

describe('the order of names', () => {
  it('is Vietnamese: đ after d, letters with marks after those without, tones last', () => {
    const sorted = (names: string[]) => names.toSorted(byName((name) => name));
    expect(sorted(['Đắk Lắk', 'Điện Biên', 'Hà Nội', 'Cao Bằng', 'An Giang', 'Dak'])).toEqual([
      'An Giang',
      'Cao Bằng',
      'Dak',
      'Đắk Lắk',
      'Điện Biên',
      'Hà Nội',
    ]);
    expect(sorted(['Bắc', 'Bạc', 'Bác', 'Bấc'])).toEqual(['Bác', 'Bạc', 'Bắc', 'Bấc']);
    expect(sorted(['Điểm 10', 'Điểm 9'])).toEqual(['Điểm 9', 'Điểm 10']);
  });
});

describe('a table for spreadsheets', () => {
  it('says that it is UTF-8 and ends its lines as the format wants', () => {
    expect(
      csv([
        ['Điểm cầu', 'Mã'],
        ['Cao Bằng', '04'],
      ]),
    ).toBe('\uFEFFĐiểm cầu,Mã\r\nCao Bằng,04\r\n');
  });

  it('quotes what would break it', () => {
    expect(csv([['a,b', 'nói "có"', 'hai\ndòng', '']])).toBe('\uFEFF"a,b","nói ""có""","hai\ndòng",\r\n');
  });

  it.each(['=1+1', '+84 912', '-2', '@SUM(A1)', '\t=1', '\r=1'])('executes nothing of %j', (text) => {
    const line = csv([[text]]).slice(1);
    expect(line.replace('"', '').startsWith(`'${text}`)).toBe(true);
  });

  it('keeps numbers numbers, also below zero', () => {
    expect(csv([[-2, 0, 12]])).toBe('\uFEFF-2,0,12\r\n');
  });
});
