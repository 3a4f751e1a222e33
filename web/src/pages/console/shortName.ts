/** Names for small tiles. Pure. */

/** Longest name that is left as it is, in characters. */
const FITS = 11;

/** `Thừa Thiên Huế` → `TT Huế`, `Bà Rịa – Vũng Tàu` → `BRV Tàu`: initials and the last word. */
export function shortName(name: string): string {
  if (name.length <= FITS) return name;
  const words = name.split(/[\s–-]+/u).filter((word) => word !== '');
  const last = words.at(-1);
  if (words.length < 2 || last === undefined) return name;
  return `${words
    .slice(0, -1)
    .map((word) => word[0])
    .join('')} ${last}`;
}
