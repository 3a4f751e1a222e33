/** Reasons of an absence. Pure. */

/** Longest reason, in characters; as `conference::roster::MAX_REASON_CHARS`. */
export const MAX_REASON_CHARS = 300;

/** The reason that a key chooses by its number, from 1; none: it chooses none. By `event.code`, whatever the input method. */
export function reasonByKey(code: string, reasons: readonly string[]): string | undefined {
  const number = /^(?:Digit|Numpad)([1-9])$/.exec(code)?.[1];
  return number === undefined ? undefined : reasons[Number(number) - 1];
}
