/** The keys of the podium: which press means which action. By `event.code`, so that Telex and VNI change nothing. Pure. */

/** What a key can do. */
export type ChairAction = 'grant_next' | 'interrupt' | 'end_speech' | 'next_item' | 'extend' | 'clock';

/** Keys of each action, by code, and how the first of them is written. */
export const KEYS: Record<ChairAction, { codes: readonly string[]; label: string }> = {
  grant_next: { codes: ['F10'], label: 'F10' },
  interrupt: { codes: ['KeyX'], label: 'X' },
  end_speech: { codes: ['KeyE'], label: 'E' },
  next_item: { codes: ['KeyN'], label: 'N' },
  extend: { codes: ['Equal', 'NumpadAdd'], label: '+' },
  clock: { codes: ['KeyT'], label: 'T' },
};

/** The members of a keyboard event that decide. */
export type Press = Pick<
  KeyboardEvent,
  'code' | 'repeat' | 'isComposing' | 'keyCode' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'
>;

/** `keydown` of a press that an input method is composing carries this code (UI Events §9.1). */
const COMPOSING_KEY_CODE = 229;
/** `+` is written with Shift on the keyboards in use. */
const WITH_SHIFT = 'Equal';

/** The action of a press, or none. A field in which somebody writes keeps all its keys; a held key acts once. */
export function actionOf(press: Press, typing: boolean): ChairAction | null {
  if (typing || press.repeat || press.isComposing || press.keyCode === COMPOSING_KEY_CODE) return null;
  if (press.ctrlKey || press.altKey || press.metaKey || (press.shiftKey && press.code !== WITH_SHIFT)) return null;
  const found = Object.entries(KEYS).find(([, { codes }]) => codes.includes(press.code));
  return found === undefined ? null : (found[0] as ChairAction);
}
