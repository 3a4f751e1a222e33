/** What each line of a pasted programme is: an item, a part of one, a heading. Pure. */
import { takeDuration, takeTime } from './clock';

/** How deep a line stands in the programme. */
export type Rank = 'part' | 'main' | 'sub' | 'plain';
/** A line as it was read. */
export type Line = {
  /** From 1. */
  number: number;
  source: string;
  rank: Rank;
  /** Without mark, time and duration. */
  body: string;
  /** Minutes since midnight. */
  start: number | null;
  end: number | null;
  minutes: number | null;
  /** The duration is that of each of several speeches. */
  each: boolean;
};

const MARKS: readonly { rank: Rank; form: RegExp }[] = [
  { rank: 'part', form: /^(?:[Pp](?:hần|HẦN)\s+(?:(?:thứ|THỨ)\s+)?[\p{L}\d]+|[IVX]{1,5})\s*[.):–-]\s+/u },
  { rank: 'part', form: /^[A-ZĐ]\s*[.)]\s+(?=\p{Lu}{2,})/u },
  { rank: 'sub', form: /^\(?\d{1,2}\.\d{1,2}\.?(?:\d{1,2}\.?)?\s+/u },
  { rank: 'main', form: /^\(?\d{1,2}\s*[.)/](?!\d)\s*/u },
  { rank: 'main', form: /^(?:nội dung|mục)\s+(?:số\s+|thứ\s+)?\d{1,2}\s*[:.–-]\s*/iu },
  { rank: 'sub', form: /^\(?[a-zđ]\s*[.)]\s+/u },
  { rank: 'sub', form: /^(?:[-–—•·*+▪■●○◦➢➤✓❖]\s*(?=[\p{L}\d(])|o\s+)/u },
];
const DAY_HEADING =
  /^(?:(?:buổi\s+)?(?:sáng|chiều|tối)(?![\p{L}])(?!\s+tạo)|ngày\s+(?:thứ|\d)|thứ\s+(?:hai|ba|tư|năm|sáu|bảy)(?![\p{L}])|chủ\s+nhật)/iu;
const FRONT_MATTER =
  /^(?:thời\s+gian|địa\s+điểm|thành\s+phần|hình\s+thức|chủ\s+trì|chương\s+trình|dự\s+kiến\s+chương\s+trình|kính\s+gửi|nơi\s+nhận|lưu\s*:|số\s*:|hội\s+nghị\s+trực\s+tuyến|cộng\s+hòa\s+xã\s+hội|độc\s+lập|stt(?![\p{L}])|trang\s+\d)/iu;
const RULE = /^[\s\-–—_=*.•~]+$/u;

/** Reads the lines that say anything. */
export function linesOf(text: string): Line[] {
  return text
    .normalize('NFC')
    .split(/\r\n?|\n|\u2028|\u2029/u)
    .map((source, index) => ({ source: source.replace(/[\s\u00a0\u200b\ufeff]+/gu, ' ').trim(), number: index + 1 }))
    .filter(({ source }) => source !== '' && !RULE.test(source))
    .map(({ source, number }) => lineOf(source, number));
}

/** True for a line that opens a part of the programme or says what it is, and is no item itself. */
export function isHeading(line: Line): boolean {
  if (DAY_HEADING.test(line.body) || DAY_HEADING.test(line.source)) return true;
  if (FRONT_MATTER.test(line.body) && line.rank !== 'main') return true;
  if (/^\(?\s*ngày\s+\d/iu.test(line.source)) return true;
  return line.start === null && line.minutes === null && line.rank !== 'main' && isShouted(line.body);
}

/** All in large letters, as titles and parts are. */
function isShouted(text: string): boolean {
  const letters = text.replace(/[^\p{L}]/gu, '');
  return letters.length > 5 && letters === letters.toLocaleUpperCase('vi');
}

function lineOf(source: string, number: number): Line {
  let rank: Rank = 'plain';
  let body = source;
  // A time may stand before the mark or behind it: "8h00: 1. Khai mạc", "1. 8h00 – 8h15: Khai mạc".
  let time = takeTime(body);
  if (time) body = time.rest;
  const mark = MARKS.find(({ form }) => form.test(body));
  if (mark) {
    rank = mark.rank;
    body = body.replace(mark.form, '');
    if (!time) {
      time = takeTime(body);
      if (time) body = time.rest;
    }
  }
  const duration = takeDuration(body);
  return {
    number,
    source,
    rank: time && !(mark && mark.rank === 'sub') ? 'main' : rank,
    body: duration ? duration.rest : body,
    start: time?.start ?? null,
    end: time?.end ?? null,
    minutes: duration?.minutes ?? null,
    each: duration?.each ?? false,
  };
}
