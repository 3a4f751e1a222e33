/** What a role does at this page. Mirrors the server's table of rights, which has the last word. Pure. */
import type { Role } from '$lib/wire';

/**
 * A group of controls: the holder's speech, the order of the queue, calling sites to speak, taking requests back, the agenda,
 * microphones beyond the holder's, the roll call. What is not among somebody's powers is not on their page.
 */
export type Power = 'speech' | 'order' | 'call' | 'agenda' | 'microphones' | 'roll_call';

const POWERS: Partial<Record<Role, readonly Power[]>> = {
  chair: ['speech', 'order', 'agenda', 'microphones'],
  secretary: ['order', 'call', 'roll_call'],
};

/** The powers of a role; whoever has none may look. */
export function powersOf(role: Role | null): ReadonlySet<Power> {
  return new Set(role === null ? [] : POWERS[role]);
}
