/**
 * What the line to the server carries: bytes by HTTP in both directions, more and more of them, until a transfer measures the line and not its
 * own beginning. TCP begins slowly: on a line whose round trip is 400 ms a transfer of 32 KB takes 1.6 s, whatever the line carries. Where
 * four times the bytes take nearly four times as long, the line is what they wait for. (`transfer.rs` of the endpoints does the same.)
 */

/** Sizes of the transfers, bytes, one after the other. The largest is the most that the server hands out. */
const SIZES = [32 << 10, 128 << 10, 512 << 10, 2 << 20, 4 << 20];
/** A shorter transfer measures nothing. */
const LONG_ENOUGH_MS = 1_500;
/** A line that carries so much carries a conference several times: how much more is not worth its users' time, kbit/s. */
const ENOUGH_KBPS = 3_000;
/** The time of a transfer must have grown by this share of what its size has. */
const IN_PROPORTION = 0.75;
/** A transfer is given up after this time: what it would have needed at least is then all that is known. */
const GIVEN_UP_MS = 10_000;
/** A timer may ring a little early, ms. */
const CLOCK_TOLERANCE_MS = 100;
/** Random bytes that the browser makes at once, at most (W3C Web Cryptography, `getRandomValues`). */
const RANDOM_BYTES = 65_536;

/**
 * What was measured, kbit/s; null: there is no line, or nothing answers. Of a line on which not even the first transfer came to its end in time:
 * the most that it can have carried.
 */
export type Carried = { up_kbps: number | null; down_kbps: number | null };

/** Carries so many bytes; false: it came to no end. */
type Transfer = (bytes: number) => Promise<boolean>;

/** Measures both directions, one after the other. */
export async function measureLine(token: string): Promise<Carried> {
  const headers = { authorization: `Bearer ${token}` };
  const give = (init: RequestInit): RequestInit => ({
    ...init,
    cache: 'no-store',
    signal: AbortSignal.timeout(GIVEN_UP_MS),
  });
  const down: Transfer = async (bytes) => {
    const answer = await fetch(`/api/v1/line/down?bytes=${bytes}`, give({ headers }));
    return answer.ok && (await answer.arrayBuffer()).byteLength === bytes;
  };
  const up: Transfer = async (bytes) => {
    const answer = await fetch('/api/v1/line/up', give({ method: 'POST', headers, body: randomBytes(bytes) }));
    return answer.ok;
  };
  const down_kbps = await carried(down);
  return { down_kbps, up_kbps: await carried(up) };
}

/** Random, because something on the way may compress. */
function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += RANDOM_BYTES) crypto.getRandomValues(bytes.subarray(at, at + RANDOM_BYTES));
  return bytes;
}

/** The rate of the last transfer that came to its end, kbit/s. */
export async function carried(transfer: Transfer, now = () => performance.now()): Promise<number | null> {
  let before: { bytes: number; took: number } | null = null;
  const rate = ({ bytes, took }: { bytes: number; took: number }) => (bytes * 8) / Math.max(took, 1);
  for (const bytes of SIZES) {
    const began = now();
    const whole = await transfer(bytes).catch(() => false);
    const one = { bytes, took: now() - began };
    if (!whole) return before ? rate(before) : one.took + CLOCK_TOLERANCE_MS >= GIVEN_UP_MS ? rate(one) : null;
    const grew = before && one.took / Math.max(before.took, 1) / (bytes / before.bytes);
    before = one;
    if (one.took >= LONG_ENOUGH_MS && ((grew ?? 0) >= IN_PROPORTION || rate(one) >= ENOUGH_KBPS)) break;
  }
  return before && rate(before);
}
