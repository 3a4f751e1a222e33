/** Choices that are commands: a key must not send each value that it passes over. */

const MOVES: ReadonlySet<string> = new Set([
  'ArrowUp',
  'ArrowDown',
  'ArrowLeft',
  'ArrowRight',
  'Home',
  'End',
  'PageUp',
  'PageDown',
]);

/** True if a browser would choose another value of a closed list by this key: by moving, or by the first letters of its name. */
function chooses({ key, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  const writes = key.length === 1 && key !== ' ' && !ctrlKey && !metaKey && !altKey;
  return writes || MOVES.has(key);
}

/** Key handler of a `select` whose value is sent at once: such a key opens the list instead, and Enter chooses there. */
export function openToChoose(event: KeyboardEvent & { currentTarget: HTMLSelectElement }): void {
  if (event.defaultPrevented || !chooses(event)) return;
  event.preventDefault();
  event.currentTarget.showPicker();
}
