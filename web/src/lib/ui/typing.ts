/** Fields in which letters are written or chosen: a key that is pressed there is theirs. */
const FIELDS = 'textarea, select, input, [contenteditable=""], [contenteditable="true"]';
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

/** True if a key that is pressed on `target` writes or chooses something there. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement) || !target.matches(FIELDS)) return false;
  return !(target instanceof HTMLInputElement) || !OPERATED.has(target.type);
}
