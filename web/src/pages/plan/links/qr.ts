/** QR codes as the path of an SVG picture. Loaded when the first sheet is shown. */
import { encode } from 'uqr';

/** Modules of white around a code that readers need (ISO/IEC 18004, 9.1). */
const QUIET_ZONE = 4;

/** A code: its side in modules, the quiet zone included, and the dark modules as a path. */
export type QrPath = { size: number; path: string };

/** The code of a text. A quarter of it may be covered or smudged less than a tenth: level M, which phones read from paper at once. */
export function qrPath(text: string): QrPath {
  const { data, size } = encode(text, { ecc: 'M', border: QUIET_ZONE });
  let path = '';
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue;
      const from = x;
      while (row[x + 1]) x++;
      path += `M${from} ${y}h${x - from + 1}v1h${from - x - 1}z`;
    }
  }
  return { size, path };
}
