/** Text out of a file of which nobody says in which encoding it is: UTF-8, UTF-16 or the old Vietnamese code page. Pure. */

/** Of so many bytes a look is enough. */
const LOOKED_AT = 2_000;
/** A text in UTF-16 without a mark has a zero in at least this share of its places of one parity: Latin letters. */
const ZEROES = 0.2;

/** The text of a file, composed (NFC), without a byte order mark. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes))
    .decode(bytes)
    .replace(/^\uFEFF/u, '')
    .normalize('NFC');
}

function encodingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  const head = bytes.subarray(0, LOOKED_AT);
  const zeroesAt = (parity: number) => head.filter((byte, index) => byte === 0 && index % 2 === parity).length;
  if (zeroesAt(1) > (head.length / 2) * ZEROES) return 'utf-16le';
  if (zeroesAt(0) > (head.length / 2) * ZEROES) return 'utf-16be';
  return isUtf8(bytes) ? 'utf-8' : 'windows-1258';
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
