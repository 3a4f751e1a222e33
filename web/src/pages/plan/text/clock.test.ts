import { describe, expect, it } from 'vitest';
import { minutesOf, takeDuration, takeTime, timeOf } from './clock';

describe('times at the beginning of a line', () => {
  it.each([
    ['8h00 – 8h15: Khai mạc', 480, 495, 'Khai mạc'],
    ['08h00-08h15 Khai mạc', 480, 495, 'Khai mạc'],
    ['8 giờ 00 - 8 giờ 15 phút: Khai mạc', 480, 495, 'Khai mạc'],
    ['Từ 8h00’ đến 8h15’, Khai mạc', 480, 495, 'Khai mạc'],
    ['7g30 - 8g00: Đón đại biểu', 450, 480, 'Đón đại biểu'],
    ['13:30 → 14:00 | Thảo luận', 810, 840, 'Thảo luận'],
    ['8.00 - 8.30: Khai mạc', 480, 510, 'Khai mạc'],
    ['(8h00 - 8h30) Khai mạc', 480, 510, 'Khai mạc'],
    ['8h - 9h: Khai mạc', 480, 540, 'Khai mạc'],
    ['Khai mạc hội nghị (8h00 – 8h15)', 480, 495, 'Khai mạc hội nghị'],
  ])('%s', (line, start, end, rest) => {
    expect(takeTime(line)).toEqual({ start, end, rest });
  });

  it('may stand alone', () => {
    expect(takeTime('10h15: Giải lao')).toEqual({ start: 615, end: null, rest: 'Giải lao' });
    expect(takeTime('Lúc 9 giờ, phát biểu')).toEqual({ start: 540, end: null, rest: 'phát biểu' });
  });

  it.each(['8 hội nghị trực tuyến', '1. Khai mạc', '8.1 Báo cáo', '25h00 không có', 'Báo cáo số 36', '8h75: sai'])(
    'are not seen in “%s”',
    (line) => {
      expect(takeTime(line)).toBeNull();
    },
  );
});

describe('durations', () => {
  it.each([
    ['Khai mạc (15 phút)', 15, 'Khai mạc'],
    ['Khai mạc - 15 phút', 15, 'Khai mạc'],
    ['Khai mạc: 15’', 15, 'Khai mạc'],
    ['Báo cáo (dự kiến 1 giờ 30 phút)', 90, 'Báo cáo'],
    ['Báo cáo (không quá 10 phút).', 10, 'Báo cáo'],
    ['Báo cáo (thời gian: 20ph)', 20, 'Báo cáo'],
    ['Thảo luận (2 giờ)', 120, 'Thảo luận'],
    ['Báo cáo (15 phút) – Đồng chí A', 15, 'Báo cáo – Đồng chí A'],
    ['15 phút', 15, ''],
  ])('%s', (line, minutes, rest) => {
    expect(takeDuration(line)).toEqual({ minutes, each: false, rest });
  });

  it('of each speech are told as such', () => {
    expect(takeDuration('Tham luận (10 phút/điểm cầu)')).toMatchObject({ minutes: 10, each: true });
    expect(takeDuration('Tham luận (mỗi địa phương 7 phút)')).toMatchObject({ minutes: 7, each: true });
  });

  it.each(['Nghị quyết số 15', 'Khóa XV, nhiệm kỳ 2021 - 2026', 'Báo cáo 5 năm phát triển', 'Kế hoạch 42/KH'])(
    'are not seen in “%s”',
    (line) => {
      expect(takeDuration(line)).toBeNull();
    },
  );
});

describe('cells', () => {
  it.each([
    ['15', 15],
    ['15 phút', 15],
    ["15'", 15],
    ['1 giờ 30', 90],
    ['0:20', 20],
    ['00:20:00', 20],
    ['7,5', 8],
    // A spreadsheet's 0:30.
    ['0.0208333333333333', 30],
    ['', null],
    ['sáng', null],
  ])('of minutes: “%s”', (cell, minutes) => {
    expect(minutesOf(cell)).toBe(minutes);
  });

  it.each([
    ['8h00 - 8h15', { start: 480, end: 495 }],
    ['8:00', { start: 480, end: null }],
    ['08:00:00', { start: 480, end: null }],
    // A spreadsheet's 8:00.
    ['0.333333333333333', { start: 480, end: null }],
    ['Buổi sáng', null],
    ['15', null],
  ])('of times: “%s”', (cell, time) => {
    expect(timeOf(cell)).toEqual(time);
  });
});
