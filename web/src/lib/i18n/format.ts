/** Times, durations and numbers as they are written. */
import type { ClockReading } from '$lib/state/speechClock';
import { locale } from './locale.svelte';

const TAGS = { vi: 'vi-VN', en: 'en-GB' } as const;
/** The conference's wall clock is the hall's, wherever the page is open. */
const ZONE = 'Asia/Ho_Chi_Minh';
const formats = new Map<string, Intl.DateTimeFormat>();

function timeFormat(seconds: boolean): Intl.DateTimeFormat {
  const key = `${locale()}:${seconds}`;
  const known = formats.get(key);
  if (known) return known;
  const made = new Intl.DateTimeFormat(TAGS[locale()], {
    hour: '2-digit',
    minute: '2-digit',
    ...(seconds ? { second: '2-digit' } : {}),
    hourCycle: 'h23',
    timeZone: ZONE,
  });
  formats.set(key, made);
  return made;
}

/** `09:41:27` */
export const clockTime = (ms: number) => timeFormat(true).format(ms);
/** `09:41` */
export const shortTime = (ms: number) => timeFormat(false).format(ms);

/** `1:02:05`, `02:05`: whole seconds, rounded down. */
export function duration(ms: number): string {
  const seconds = Math.floor(Math.max(0, ms) / 1_000);
  const pad = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3_600);
  const tail = `${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return hours > 0 ? `${hours}:${tail}` : tail;
}

/** Time that is left, rounded up: 00:00 means that nothing is left. */
export const remaining = (ms: number) => duration(Math.ceil(ms / 1_000) * 1_000);

/** A speech clock as every page shows it: what is left, `+` what is over, or what was spoken where no time was set. */
export function speechTime({ phase, overrunMs, remainingMs, spokenMs }: ClockReading): string {
  if (phase === 'overrun') return `+${duration(overrunMs)}`;
  return remainingMs === null ? duration(spokenMs) : remaining(remainingMs);
}

/** Minutes, `15'`. */
export const minutes = (ms: number) => `${Math.round(ms / 60_000)}′`;

/** Size of a file, `1,2 MB`: at most one digit behind the point. */
export function fileSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1_000 ** power;
  const digits = power === 0 || value >= 100 ? 0 : 1;
  return `${value.toLocaleString(TAGS[locale()], { maximumFractionDigits: digits })} ${units[power]}`;
}

/** A share as `6,2 %`. */
export function percent(share: number): string {
  const text = (share * 100).toFixed(1);
  return `${locale() === 'vi' ? text.replace('.', ',') : text} %`;
}
