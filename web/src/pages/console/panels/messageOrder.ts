/** The order of messages on the desk: what waits for the centre first, the longest wait first; then the latest. Pure. */
import type { MessageView } from '$lib/wire';
import { awaitsCentre } from '../openMessages';

/** Messages that a panel shows; older ones are in the record. */
export const SHOWN = 40;

/** Messages that wait, and the others, at most [`SHOWN`] of these. */
export function ordered(messages: readonly MessageView[]): { waiting: MessageView[]; others: MessageView[] } {
  return {
    waiting: messages.filter(awaitsCentre),
    others: messages
      .filter((message) => !awaitsCentre(message))
      .slice(-SHOWN)
      .toReversed(),
  };
}

/** Templates without blanks at their ends, without empty ones, each once: what the server keeps. */
export function cleanTemplates(texts: readonly string[]): string[] {
  return [...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))];
}
