/** What a page remembers in its browser profile. Where storage is denied, it is remembered for this page only. */
const memory = new Map<string, string>();

/** Names are prefixed so that other pages of the same host are left alone. */
const PREFIX = 'dienhong.';

/** Remembered text, or none. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name) ?? memory.get(name) ?? null;
  } catch {
    return memory.get(name) ?? null;
  }
}

/** Remembers a text. */
export function remember(name: string, value: string): void {
  memory.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Storage is full or denied: the map above serves until the page is closed.
  }
}

/** Forgets a text. */
export function forget(name: string): void {
  memory.delete(name);
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // Storage is denied: there was nothing but the map above.
  }
}

/** Random id of this browser profile, kept across reloads: the same device replaces its own connection. */
export function deviceId(): string {
  const known = recall('device');
  if (known) return known;
  const made = newId();
  remember('device', made);
  return made;
}

/** A random UUID (version 4). `crypto.randomUUID` exists in secure contexts only; `getRandomValues` always does. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
