/** The edge where text becomes a message. The server's types are generated; this keeps out what is not one of them. */
import type { ServerMessage } from '$lib/wire';
import * as v from 'valibot';

/** Every kind of message; the type makes the list complete. */
const KINDS: Record<ServerMessage['type'], true> = {
  welcome: true,
  event: true,
  live: true,
  health: true,
  check: true,
  accepted: true,
  refused: true,
  answer: true,
  offer_refused: true,
  picture: true,
  cut: true,
  uplink: true,
  take_report: true,
  talkback: true,
  error: true,
  pong: true,
};

const Envelope = v.pipe(v.string(), v.parseJson(), v.looseObject({ type: v.picklist(Object.keys(KINDS)) }));

/** The message in a text, or none where it is not one: a newer server may say things that this page does not know. */
export function parseServerMessage(text: unknown): ServerMessage | null {
  const parsed = v.safeParse(Envelope, text);
  return parsed.success ? (parsed.output as unknown as ServerMessage) : null;
}
