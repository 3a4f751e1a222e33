/** The keys of the page: which press means which action. By `event.code`, so that Telex and VNI change nothing. Pure. */

/** What a key can do. */
export type HealthAction = 'acknowledge' | 'find' | 'replay' | 'back';

const KEYS: Record<string, HealthAction> = {
  KeyA: 'acknowledge',
  Slash: 'find',
  KeyR: 'replay',
  Escape: 'back',
};

/** The members of a keyboard event that decide. */
export type Press = Pick<
  KeyboardEvent,
  'code' | 'repeat' | 'isComposing' | 'keyCode' | 'ctrlKey' | 'altKey' | 'metaKey' | 'shiftKey'
>;

/** `keydown` of a press that an input method is composing carries this code (UI Events §9.1). */
const COMPOSING_KEY_CODE = 229;

/** The action of a press, or none. A field in which somebody writes or chooses keeps its letters; a held key acts once. */
export function actionOf(press: Press, typing: boolean): HealthAction | null {
  if (press.repeat || press.isComposing || press.keyCode === COMPOSING_KEY_CODE) return null;
  if (press.ctrlKey || press.altKey || press.metaKey || press.shiftKey) return null;
  return typing ? null : (KEYS[press.code] ?? null);
}
