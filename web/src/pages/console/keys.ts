/** The console's keys: which press means which action. By `event.code`, so that Telex and VNI change nothing. Pure. */
import { matchKeyBindingPress, parseKeybinding } from 'tinykeys';
import { ACTIONS, isAllowed, type KeyAction, type Keymap } from './keymap';

/** The members of a keyboard event that decide. */
export type Press = {
  code: string;
  repeat: boolean;
  isComposing: boolean;
  keyCode: number;
  getModifierState(name: string): boolean;
};

/** `keydown` of a press that an input method is composing carries this code (UI Events §9.1). */
const COMPOSING_KEY_CODE = 229;
/** Keys that neither type nor choose anything. */
const FUNCTION_KEY = /^F\d{1,2}$/;
/** Keys that type in a text field, and do nothing of their own anywhere else. */
const NUMPAD_KEY = /^Numpad/;
/** What the keys of the number block are for. */
const AIR_ACTIONS: ReadonlySet<KeyAction> = new Set(['take', 'back_to_hall']);
/** Actions that a held key may repeat: moving about, nothing that the conference notices. */
const REPEATABLE: ReadonlySet<KeyAction> = new Set(['left', 'right', 'up', 'down']);
/** Inside a widget these keys are the widget's own. */
const WIDGET_KEYS: ReadonlySet<KeyAction> = new Set([
  'preview_selected',
  'preview_add',
  'clear_preview',
  'left',
  'right',
  'up',
  'down',
  'first',
  'last',
]);

/** Where the press happened: a choice is a `<select>`, which takes letters and arrows for itself as a text field does. */
export type PressPlace = 'page' | 'wall' | 'widget' | 'choice' | 'text';

/** The action of a press, or none. Text fields, choices and compositions keep their keys, but never those that type nothing. */
export function actionOf(press: Press, place: PressPlace, keymap: Keymap): KeyAction | null {
  const action = ACTIONS.find((one) => keymap[one].some((binding) => isPressed(press, binding)));
  if (action === undefined || press.keyCode === COMPOSING_KEY_CODE) return null;
  if (press.repeat && !REPEATABLE.has(action)) return null;
  // Whoever has just chosen or typed something must get the hall at once.
  if (FUNCTION_KEY.test(press.code)) return action;
  if (press.isComposing || place === 'text') return null;
  if (AIR_ACTIONS.has(action) && NUMPAD_KEY.test(press.code)) return action;
  if (place === 'choice') return null;
  if (place === 'widget' && WIDGET_KEYS.has(action)) return null;
  return action;
}

/** Notation of a press, to remap by pressing; none for a modifier alone and for keys that are not given away. */
export function bindingOf(press: Press): string | null {
  if (/^(Control|Shift|Alt|Meta)(Left|Right)$/.test(press.code) || !isAllowed(press.code)) return null;
  const modifiers = ['Control', 'Alt', 'Shift', 'Meta'].filter((name) => press.getModifierState(name));
  return [...modifiers, press.code].join('+');
}

/** A binding as it is written on the keys: `Ctrl+Z`, `Numpad Enter`, `/`. */
export function keyLabel(binding: string): string {
  if (binding === 'Shift+Slash') return '?';
  return binding
    .split('+')
    .map((part) => LABELS[part] ?? part.replace(/^(Key|Digit)/, '').replace(/^Numpad/, 'Num '))
    .join('+');
}

const LABELS: Partial<Record<string, string>> = {
  Control: 'Ctrl',
  Slash: '/',
  Equal: '=',
  NumpadAdd: 'Num +',
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
};

function isPressed(press: Press, binding: string): boolean {
  const sequence = parseKeybinding(binding);
  const first = sequence[0];
  if (first === undefined || sequence.length !== 1) return false;
  // Only the code may decide: the key changes with the input method.
  const byCode = {
    key: press.code,
    code: press.code,
    getModifierState: (name: string) => press.getModifierState(name),
  };
  return matchKeyBindingPress(byCode as unknown as KeyboardEvent, first);
}
