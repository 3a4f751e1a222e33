/** What the line to the server carries: bytes by HTTP in both directions, more and more of them, until a transfer takes long enough to be measured. */

/** Sizes of the transfers, bytes, one after the other. The largest is the most that the server hands out. */
const SIZES = [64 << 10, 256 << 10, 1 << 20, 4 << 20];
/** A transfer that took so long is measured well enough: the slow start of TCP is over. */
const LONG_ENOUGH_MS = 1_500;
/** A transfer is given up after this time. */
const GIVEN_UP_MS = 15_000;

/** What was measured, kbit/s; null: no transfer came to its end. */
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
    const answer = await fetch('/api/v1/line/up', give({ method: 'POST', headers, body: new Uint8Array(bytes) }));
    return answer.ok;
  };
  const down_kbps = await carried(down);
  return { down_kbps, up_kbps: await carried(up) };
}

/** The rate of the last transfer that came to its end, kbit/s. */
export async function carried(transfer: Transfer, now = () => performance.now()): Promise<number | null> {
  let kbps: number | null = null;
  for (const bytes of SIZES) {
    const began = now();
    const whole = await transfer(bytes).catch(() => false);
    if (!whole) break;
    const took = now() - began;
    kbps = (bytes * 8) / Math.max(took, 1);
    if (took >= LONG_ENOUGH_MS) break;
  }
  return kbps;
}
