/** The console's keys: which press means which action. By `event.code`, so that Telex and VNI change nothing. Pure. */
import { matchKeyBindingPress, parseKeybinding } from 'tinykeys';
import * as v from 'valibot';

/** Everything that a key can do, in the order of the overview. */
export const ACTIONS = [
  'take',
  'back_to_hall',
  'undo',
  'preview_selected',
  'previous_in_queue',
  'next_in_queue',
  'cue',
  'mute',
  'solo',
  'talkback',
  'clock',
  'reorder_up',
  'reorder_down',
  'acknowledge',
  'find',
  'left',
  'right',
  'up',
  'down',
  'first',
  'last',
  'claim',
  'help',
] as const;
/** An action of the keyboard. */
export type KeyAction = (typeof ACTIONS)[number];

/** Keys of each action, in tinykeys' notation. Space is never among them: it presses buttons. */
export type Keymap = Record<KeyAction, readonly string[]>;

/** Keys as they are delivered. */
export const DEFAULT_KEYMAP: Keymap = {
  take: ['F12', 'NumpadEnter'],
  back_to_hall: ['F8', 'Numpad0'],
  undo: ['Control+KeyZ'],
  preview_selected: ['Enter'],
  previous_in_queue: ['F9'],
  next_in_queue: ['F10'],
  cue: ['KeyC'],
  mute: ['KeyM'],
  solo: ['KeyS'],
  talkback: ['KeyK'],
  clock: ['KeyT'],
  reorder_up: ['Alt+ArrowUp'],
  reorder_down: ['Alt+ArrowDown'],
  acknowledge: ['KeyA'],
  find: ['Slash'],
  left: ['ArrowLeft'],
  right: ['ArrowRight'],
  up: ['ArrowUp'],
  down: ['ArrowDown'],
  first: ['Home'],
  last: ['End'],
  claim: ['KeyL'],
  help: ['Shift+Slash'],
};

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

/** The keymap with a person's own keys; a key that is given away is taken from its former action. */
export function remap(keymap: Keymap, action: KeyAction, binding: string): Keymap {
  const next = Object.fromEntries(ACTIONS.map((one) => [one, keymap[one].filter((old) => old !== binding)])) as Record<
    KeyAction,
    string[]
  >;
  return { ...next, [action]: [binding] };
}

const Bindings = v.array(v.pipe(v.string(), v.check(isAllowed)));
const StoredKeymap = v.pipe(
  v.string(),
  v.parseJson(),
  v.object(v.entriesFromList(ACTIONS, v.optional(v.fallback(v.nullable(Bindings), null)))),
);

/** Reads a remembered keymap; what does not fit is left as delivered. */
export function keymapFrom(text: string | null): Keymap {
  const stored = v.safeParse(StoredKeymap, text);
  if (!stored.success) return DEFAULT_KEYMAP;
  const keys = ACTIONS.map((action) => [action, stored.output[action] ?? DEFAULT_KEYMAP[action]]);
  return Object.fromEntries(keys) as Keymap;
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

/** Space presses buttons, Tab and Escape lead about: none of them can be given another meaning. */
function isAllowed(binding: string): boolean {
  return !/(^|\+)(Space|Tab|Escape)$/.test(binding);
}
