import type { Delegate } from '$lib/wire';
import { describe, expect, it } from 'vitest';
import { cleaned, faultsOf, isList, MAX_DELEGATES, MAX_FIELD_CHARS, parseLines, sameList } from './list';

const delegate = (name: string, changes: Partial<Delegate> = {}): Delegate => ({
  name,
  title: '',
  organisation: '',
  present: false,
  ...changes,
});

describe('pasted lines', () => {
  it('are name; title; organisation', () => {
    expect(
      parseLines('Nguyễn Văn An; Chủ tịch; UBND tỉnh\n  Trần   Thị Bình ;Phó Chánh Văn phòng\n\nLê Văn Cường'),
    ).toEqual([
      delegate('Nguyễn Văn An', { title: 'Chủ tịch', organisation: 'UBND tỉnh' }),
      delegate('Trần Thị Bình', { title: 'Phó Chánh Văn phòng' }),
      delegate('Lê Văn Cường'),
    ]);
  });

  it('are columns of a spreadsheet, with their heads and numbers', () => {
    const text =
      'STT\tHọ và tên\tChức vụ\tCơ quan\r\n1\tNguyễn Văn An\tChủ tịch\tUBND tỉnh\r\n2.\tTrần Thị Bình\t\tSở Nội vụ\r\n';
    const found = parseLines(text);
    expect(found.slice(-2)).toEqual([
      delegate('Nguyễn Văn An', { title: 'Chủ tịch', organisation: 'UBND tỉnh' }),
      delegate('Trần Thị Bình', { organisation: 'Sở Nội vụ' }),
    ]);
    expect(found).toHaveLength(2);
  });

  it('lose the number in front of a name, and nothing else', () => {
    expect(parseLines('1. Nguyễn Văn An\n2) Trần Thị Bình\nĐại biểu 3').map((one) => one.name)).toEqual([
      'Nguyễn Văn An',
      'Trần Thị Bình',
      'Đại biểu 3',
    ]);
  });

  it('have composed accents, however they were typed', () => {
    expect(parseLines('Nguyễn Văn An'.normalize('NFD'))[0]!.name).toBe('Nguyễn Văn An'.normalize('NFC'));
  });

  it('are told from a single name that is pasted into a field', () => {
    expect(isList('Nguyễn Văn An')).toBe(false);
    expect(isList('Nguyễn Văn An\n')).toBe(false);
    expect(isList('Nguyễn Văn An; Chủ tịch')).toBe(true);
    expect(isList('An\tChủ tịch')).toBe(true);
    expect(isList('An\nBình')).toBe(true);
  });
});

describe('a list', () => {
  it('is sent tidied, without the rows in which nothing was written', () => {
    const rows = [delegate('  Nguyễn  Văn An '), delegate(' '), delegate('', { present: true })];
    expect(cleaned(rows)).toEqual([delegate('Nguyễn Văn An')]);
  });

  it('is named its faults by row', () => {
    const long = 'ă'.repeat(MAX_FIELD_CHARS + 1);
    const rows = [
      delegate('An', { title: 'x' }),
      delegate('', { organisation: 'UBND' }),
      delegate(''),
      delegate('Bình', { title: long }),
      delegate(' an', { title: 'X' }),
    ];
    expect(faultsOf(rows)).toEqual([
      { name: 'no_name', row: 1 },
      { name: 'too_long', row: 3, field: 'title' },
      { name: 'twice', row: 4, as: 0 },
    ]);
    expect(faultsOf([delegate('ă'.repeat(MAX_FIELD_CHARS))])).toEqual([]);
  });

  it('has at most a hundred people; empty rows are nobody', () => {
    const people = (count: number) => Array.from({ length: count }, (_, index) => delegate(`Đại biểu ${index}`));
    expect(faultsOf([...people(MAX_DELEGATES), delegate('')])).toEqual([]);
    expect(faultsOf(people(MAX_DELEGATES + 1))).toEqual([{ name: 'too_many', count: MAX_DELEGATES + 1 }]);
  });

  it('is compared by what it says', () => {
    expect(sameList([delegate('An')], [delegate(' An'), delegate('')])).toBe(true);
    expect(sameList([delegate('An')], [delegate('An', { present: true })])).toBe(false);
    expect(sameList([delegate('An'), delegate('Bình')], [delegate('Bình'), delegate('An')])).toBe(false);
  });
});
