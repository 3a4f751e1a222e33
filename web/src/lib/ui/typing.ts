/** Where a key that is pressed belongs to a field. */

/** Inputs that are operated and not written in. */
const OPERATED: ReadonlySet<string> = new Set([
  'button',
  'checkbox',
  'color',
  'file',
  'image',
  'radio',
  'range',
  'reset',
  'submit',
]);
/** What is written in besides inputs. */
const WRITTEN_IN = 'textarea, [contenteditable=""], [contenteditable="true"]';

/** The field that takes the keys pressed on `target`: one that is written in, or one in which something is chosen by letters. */
export function fieldAt(target: EventTarget | null): 'text' | 'choice' | null {
  if (!(target instanceof HTMLElement)) return null;
  if (target instanceof HTMLInputElement) return OPERATED.has(target.type) ? null : 'text';
  if (target.isContentEditable || target.matches(WRITTEN_IN)) return 'text';
  return target.matches('select') ? 'choice' : null;
}

/** True if a key that is pressed on `target` writes or chooses something there. */
export const isTyping = (target: EventTarget | null): boolean => fieldAt(target) !== null;
