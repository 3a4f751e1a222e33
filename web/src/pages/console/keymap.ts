/** Everything that a key can do, and which keys do it. Pure. */
import * as v from 'valibot';

/** Actions by topic, in the order of the overview. */
export const ACTION_GROUPS = {
  air: ['take', 'back_to_hall', 'undo', 'holding', 'tour', 'preview_selected', 'preview_add', 'clear_preview', 'find'],
  layouts: ['layout_1', 'layout_2', 'layout_3', 'layout_4', 'layout_5'],
  order: ['next_item', 'next_in_queue', 'previous_in_queue', 'invite', 'cue', 'grant', 'reorder_up', 'reorder_down'],
  speech: ['clock', 'extend', 'end_speech', 'interrupt'],
  sound: ['mute', 'mute_others', 'microphone', 'solo', 'talkback', 'talkback_all'],
  sites: ['acknowledge', 'write', 'answer_call', 'present', 'absent', 'roll_call'],
  desk: ['claim', 'help'],
  moves: ['left', 'right', 'up', 'down', 'first', 'last'],
} as const;
/** A topic of the overview. */
export type ActionGroup = keyof typeof ACTION_GROUPS;
/** An action of the keyboard. */
export type KeyAction = (typeof ACTION_GROUPS)[ActionGroup][number];
/** All actions. */
export const ACTIONS: readonly KeyAction[] = Object.values(ACTION_GROUPS).flat();

/** Keys of each action, in tinykeys' notation. Space is never among them: it presses buttons. */
export type Keymap = Record<KeyAction, readonly string[]>;

/** Keys as they are delivered. */
export const DEFAULT_KEYMAP: Keymap = {
  take: ['F12', 'NumpadEnter'],
  back_to_hall: ['F8', 'Numpad0'],
  undo: ['F4', 'Control+KeyZ'],
  holding: ['Shift+F8'],
  // Never a letter alone: it puts a picture on air.
  tour: ['Shift+KeyU'],
  preview_selected: ['Enter'],
  preview_add: ['Shift+Enter'],
  clear_preview: ['Delete'],
  find: ['Slash'],
  layout_1: ['Digit1'],
  layout_2: ['Digit2'],
  layout_3: ['Digit3'],
  layout_4: ['Digit4'],
  layout_5: ['Digit5'],
  next_item: ['F7'],
  next_in_queue: ['F10'],
  previous_in_queue: ['F9'],
  invite: ['KeyI'],
  cue: ['KeyC'],
  grant: ['KeyG'],
  reorder_up: ['Alt+ArrowUp'],
  reorder_down: ['Alt+ArrowDown'],
  clock: ['KeyT'],
  extend: ['Equal', 'NumpadAdd'],
  end_speech: ['KeyE'],
  // X alone lies beside C.
  interrupt: ['Shift+KeyX'],
  mute: ['KeyM'],
  mute_others: ['Shift+KeyM'],
  microphone: ['KeyV'],
  solo: ['KeyS'],
  talkback: ['KeyK'],
  talkback_all: ['Shift+KeyK'],
  acknowledge: ['KeyA'],
  write: ['KeyN'],
  answer_call: ['KeyB'],
  present: ['KeyP'],
  absent: ['Shift+KeyP'],
  roll_call: ['KeyR'],
  claim: ['KeyL'],
  left: ['ArrowLeft'],
  right: ['ArrowRight'],
  up: ['ArrowUp'],
  down: ['ArrowDown'],
  first: ['Home'],
  last: ['End'],
  help: ['Shift+Slash'],
};

/** The keymap with a person's own keys; a key that is given away is taken from its former action. */
export function remap(keymap: Keymap, action: KeyAction, binding: string): Keymap {
  const next = Object.fromEntries(ACTIONS.map((one) => [one, keymap[one].filter((old) => old !== binding)])) as Record<
    KeyAction,
    string[]
  >;
  return { ...next, [action]: [binding] };
}

/** Space presses buttons, Tab and Escape lead about: none of them can be given another meaning. */
export function isAllowed(binding: string): boolean {
  return !/(^|\+)(Space|Tab|Escape)$/.test(binding);
}

/** Edition of the keys as delivered; a keymap that was stored under an older one has their former keys in it. */
const EDITION = 2;
/** Keys of the first edition that were replaced because one letter alone could do harm. */
const FORMER: Partial<Record<KeyAction, string>> = { tour: 'KeyU', interrupt: 'KeyX' };

const Bindings = v.array(v.pipe(v.string(), v.check(isAllowed)));
const StoredKeymap = v.pipe(
  v.string(),
  v.parseJson(),
  v.object({
    ...v.entriesFromList(ACTIONS, v.optional(v.fallback(v.nullable(Bindings), null))),
    edition: v.optional(v.fallback(v.number(), 1), 1),
  }),
);

/** A keymap as it is remembered. */
export const keymapText = (keymap: Keymap): string => JSON.stringify({ ...keymap, edition: EDITION });

/** Reads a remembered keymap; what does not fit is left as delivered. */
export function keymapFrom(text: string | null): Keymap {
  const stored = v.safeParse(StoredKeymap, text);
  if (!stored.success) return DEFAULT_KEYMAP;
  const { edition, ...own } = stored.output;
  if (edition < EDITION) forgetFormer(own);
  // An action that a person's keymap does not know yet gets its keys as far as they are still free.
  const taken = new Set(ACTIONS.flatMap((action) => own[action] ?? []));
  const keys = ACTIONS.map((action) => [
    action,
    own[action] ?? DEFAULT_KEYMAP[action].filter((binding) => !taken.has(binding)),
  ]);
  return Object.fromEntries(keys) as Keymap;
}

/** What was stored as it was delivered then is nobody's own key. */
function forgetFormer(own: Partial<Record<KeyAction, string[] | null>>): void {
  for (const action of ACTIONS) {
    if (own[action]?.join() === FORMER[action]) own[action] = null;
  }
}

/** The key of a binding without its modifiers. */
export const codeOf = (binding: string): string => binding.split('+').at(-1) ?? '';
