// Waiting for what is measured by how long it takes.

/** Looked at this often, ms: a time is known that well. */
const EVERY_MS = 25;

/** Time until `is`, ms; the whole patience when it never is. */
export async function timeUntil(is: () => Promise<boolean>, patienceMs: number): Promise<number> {
  const began = Date.now();
  while (Date.now() - began < patienceMs) {
    if (await is()) return Date.now() - began;
    await new Promise((done) => setTimeout(done, EVERY_MS));
  }
  return patienceMs;
}
