/** Who looks after the sites' health. Pure. */
import type { Role } from '$lib/wire';

const WATCHERS: ReadonlySet<Role> = new Set(['lead', 'assistant', 'technician']);

/** True for roles that settle alarms and begin line checks; as `Watcher` of the server, which has the last word. */
export const mayWatch = (role: Role | null | undefined): boolean => role != null && WATCHERS.has(role);
