/** Times, durations and numbers as they are written. */
import type { ClockReading } from '$lib/state/speechClock';
import { locale } from './locale.svelte';

const TAGS = { vi: 'vi-VN', en: 'en-GB' } as const;
/** The conference's wall clock is the hall's, wherever the page is open. */
const ZONE = 'Asia/Ho_Chi_Minh';
const formats = new Map<string, Intl.DateTimeFormat>();

const TIME = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
/** What is written of a time. */
const PARTS = {
  short: TIME,
  clock: { ...TIME, second: '2-digit' },
  date: { dateStyle: 'full' },
  day: { day: 'numeric', month: 'numeric' },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

function written(parts: keyof typeof PARTS, ms: number): string {
  const key = `${locale()}:${parts}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(TAGS[locale()], { ...PARTS[parts], timeZone: ZONE });
  formats.set(key, format);
  return format.format(ms);
}

/** `09:41:27` */
export const clockTime = (ms: number) => written('clock', ms);
/** `09:41` */
export const shortTime = (ms: number) => written('short', ms);
/** `Thứ Sáu, 27 tháng 11, 2026` */
export const fullDate = (ms: number) => written('date', ms);
/** `09:41 27/11`: of what may have been on another day. */
export const dayTime = (ms: number) => `${written('short', ms)} ${written('day', ms)}`;

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

/** A number with one digit behind the point, `6,2`. */
export function decimal(value: number): string {
  const text = value.toFixed(1);
  return locale() === 'vi' ? text.replace('.', ',') : text;
}

/** A share as `6,2 %`. */
export const percent = (share: number): string => `${decimal(share * 100)} %`;
