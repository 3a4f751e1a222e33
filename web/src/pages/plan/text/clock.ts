/** Times and durations as Vietnamese programmes write them: `8h00 – 8h15`, `08g30`, `(15 phút)`, `1 giờ 30`. Pure. */

/** Minutes since midnight, and what of a line is left without them. */
export type TimeSpan = { start: number; end: number | null; rest: string };
/** A duration in minutes, and what of a line is left without it. */
export type Duration = { minutes: number; each: boolean; rest: string };

const MINUTES_OF_DAY = 24 * 60;
/** Longest speech, minutes; as `conference::setup::MAX_SPEECH_MS`. */
export const MAX_MINUTES = MINUTES_OF_DAY;

/** `8h`, `08h00`, `8 giờ 30 phút`, `8g00'`, `8:00`; the South writes `g` for `giờ`. */
const CLOCK = String.raw`(\d{1,2})\s*(?:h|g|giờ|:)(?![\p{L}])\s*(?:(\d{2})(?!\d)(?:\s*(?:phút|ph|['’′]))?)?`;
/** `8.00`: a number of a list looks the same, so it counts in a span only. */
const DOTTED = String.raw`(\d{1,2})\.(\d{2})(?!\d)`;
const TO = String.raw`\s*(?:-+>?|–|—|−|→|~|đến|tới)\s*(?:lúc\s+)?`;
const FROM = String.raw`(?:(?:từ|lúc|hồi)\s+)?`;
/** What stands between a time and its text. */
const GAP = String.raw`\s*[)\]]?\s*[:.,;|\-–—]*\s*`;

const HEAD_SPAN = new RegExp(`^[([]?\\s*${FROM}${CLOCK}${TO}${CLOCK}${GAP}`, 'iu');
const HEAD_DOTTED = new RegExp(`^[([]?\\s*${FROM}${DOTTED}${TO}${DOTTED}${GAP}`, 'iu');
const HEAD_TIME = new RegExp(`^[([]?\\s*${FROM}${CLOCK}${GAP}`, 'iu');
const TAIL_SPAN = new RegExp(`[\\s,;:]*[([]\\s*${FROM}${CLOCK}${TO}${CLOCK}\\s*[)\\]]\\s*\\.?$`, 'iu');

/** The time at the beginning of a line, or the span in brackets at its end. */
export function takeTime(line: string): TimeSpan | null {
  for (const form of [HEAD_SPAN, HEAD_DOTTED, TAIL_SPAN]) {
    const hit = form.exec(line);
    if (!hit) continue;
    const start = minuteOf(hit[1], hit[2]);
    const end = minuteOf(hit[3], hit[4]);
    if (start !== null && end !== null) return { start, end, rest: without(line, hit) };
  }
  const hit = HEAD_TIME.exec(line);
  const start = hit && minuteOf(hit[1], hit[2]);
  return hit && start !== null ? { start, end: null, rest: without(line, hit) } : null;
}

/** Minutes of a span; one that ends before it begins has none. */
export function spanMinutes(start: number, end: number): number | null {
  return end > start ? end - start : null;
}

const WORDS = String.raw`(?:(?:dự kiến|khoảng|tối đa|không quá|thời gian|thời lượng|trong|tổng|mỗi[^\d()]{0,40})[:\s]*)*`;
const HOURS = String.raw`(\d{1,2})\s*(?:giờ|tiếng|h)(?![\p{L}])`;
const LENGTH = String.raw`(?:${HOURS}(?:\s*(\d{1,2})(?!\d)\s*(?:phút|ph|p|['’′])?)?|(\d{1,4})\s*(?:phút|ph(?![\p{L}])|p(?![\p{L}])|['’′]))`;
const EACH = String.raw`(\s*\/\s*[\p{L}\s]{2,40})?`;
const IN_BRACKETS = new RegExp(`[\\s,;:–-]*[([]\\s*(${WORDS})${LENGTH}${EACH}\\s*\\.?\\s*[)\\]](?:\\s*\\.$)?`, 'iu');
const AT_END = new RegExp(`\\s*[-–—:,;.|]\\s*(${WORDS})${LENGTH}${EACH}\\s*\\.?$`, 'iu');
const ALONE = new RegExp(`^(${WORDS})${LENGTH}${EACH}\\s*\\.?$`, 'iu');
const PER_SPEECH = /mỗi|\//iu;

/** The duration that a line names in brackets or at its end. `each`: it is that of each of several speeches. */
export function takeDuration(line: string): Duration | null {
  for (const form of [ALONE, IN_BRACKETS, AT_END]) {
    const hit = form.exec(line);
    if (!hit) continue;
    const [text, words = '', hours, minutes, alone, each = ''] = hit;
    const total = alone !== undefined ? Number(alone) : Number(hours ?? 0) * 60 + Number(minutes ?? 0);
    return { minutes: total, each: PER_SPEECH.test(words + each), rest: without(line, hit, text) };
  }
  return null;
}

/**
 * Minutes as a cell of a table says them: `15`, `15 phút`, `1 giờ 30 phút`, `0:15`. None: it says nothing of the kind.
 * A spreadsheet keeps a time as a part of a day: less than one is that.
 */
export function minutesOf(cell: string): number | null {
  const text = cell.trim().replace(',', '.');
  const number = Number(text);
  if (text !== '' && Number.isFinite(number)) {
    return number > 0 && number < 1 ? Math.round(number * MINUTES_OF_DAY) : Math.round(number);
  }
  const clock = /^(\d{1,2}):(\d{2})(?::\d{2})?$/.exec(text);
  if (clock) return Number(clock[1]) * 60 + Number(clock[2]);
  return takeDuration(text)?.minutes ?? null;
}

/** A time, or a span, that is all of a cell; a spreadsheet keeps a time as a part of a day. */
export function timeOf(cell: string): Omit<TimeSpan, 'rest'> | null {
  const text = cell.trim();
  const part = Number(text.replace(',', '.'));
  if (text !== '' && part > 0 && part < 1) return { start: Math.round(part * MINUTES_OF_DAY), end: null };
  const found = takeTime(text.replace(/(\d{1,2}:\d{2}):\d{2}/g, '$1'));
  return found && found.rest === '' ? { start: found.start, end: found.end } : null;
}

function minuteOf(hours: string | undefined, minutes: string | undefined): number | null {
  const total = Number(hours) * 60 + Number(minutes ?? 0);
  return Number(minutes ?? 0) < 60 && total < MINUTES_OF_DAY ? total : null;
}

function without(line: string, hit: RegExpExecArray, text = hit[0]): string {
  const joint = hit.index > 0 && hit.index + text.length < line.length ? ' ' : '';
  return (line.slice(0, hit.index).trimEnd() + joint + line.slice(hit.index + text.length).trimStart()).trim();
}
