/** Messages that nobody at the centre has acknowledged. Pure. */
import type { MessageView } from '$lib/wire';

/** Who acknowledges at the centre, as the server names it. */
const CENTRE = 'centre';

/** True while a site waits for the centre's acknowledgement. */
export function awaitsCentre(message: MessageView): boolean {
  return message.from !== null && !message.acknowledged.includes(CENTRE);
}
