import { describe, expect, it } from 'vitest';
import { placeOf } from './keyboard.svelte';
import { ACTION_GROUPS, ACTIONS, DEFAULT_KEYMAP, type KeyAction, keymapFrom, keymapText, remap } from './keymap';
import { actionOf, bindingOf, keyLabel, type Press, type PressPlace } from './keys';

describe('keys', () => {
  const press = (code: string, held: string[] = [], more: Partial<Press> = {}): Press => ({
    code,
    repeat: false,
    isComposing: false,
    keyCode: 0,
    getModifierState: (name) => held.includes(name),
    ...more,
  });
  const on = (code: string, held: string[] = [], more: Partial<Press> = {}, place: PressPlace = 'page') =>
    actionOf(press(code, held, more), place, DEFAULT_KEYMAP);

  it.each<[string, string[], KeyAction]>([
    ['F12', [], 'take'],
    ['NumpadEnter', [], 'take'],
    ['F8', [], 'back_to_hall'],
    ['Numpad0', [], 'back_to_hall'],
    ['KeyZ', ['Control'], 'undo'],
    ['F4', [], 'undo'],
    ['F7', [], 'next_item'],
    ['F8', ['Shift'], 'holding'],
    ['Digit3', [], 'layout_3'],
    ['Enter', ['Shift'], 'preview_add'],
    ['KeyK', ['Shift'], 'talkback_all'],
    ['KeyU', ['Shift'], 'tour'],
    ['KeyX', ['Shift'], 'interrupt'],
    ['NumpadAdd', [], 'extend'],
    ['Enter', [], 'preview_selected'],
    ['F9', [], 'previous_in_queue'],
    ['F10', [], 'next_in_queue'],
    ['KeyC', [], 'cue'],
    ['ArrowUp', ['Alt'], 'reorder_up'],
    ['ArrowUp', [], 'up'],
    ['Slash', [], 'find'],
    ['Slash', ['Shift'], 'help'],
  ])('%s with %j is %s', (code, held, action) => {
    expect(on(code, held)).toBe(action);
  });

  it('are dead in text fields and while an input method composes', () => {
    for (const code of ['KeyC', 'Slash', 'NumpadEnter', 'Numpad0', 'Enter', 'ArrowUp']) {
      expect(on(code, [], {}, 'text')).toBeNull();
      expect(on(code, [], { isComposing: true })).toBeNull();
      expect(on(code, [], { keyCode: 229 })).toBeNull();
    }
    expect(on('KeyZ', ['Control'], {}, 'text')).toBeNull();
    expect(on('F12', [], { keyCode: 229 })).toBeNull();
  });

  it("are a choice's own while it has the focus, except for those of the air", () => {
    const own: [string, string[]][] = [
      ['KeyC', []],
      ['Enter', []],
      ['ArrowDown', []],
      ['Home', []],
      ['Slash', []],
      ['KeyZ', ['Control']],
      ['ArrowUp', ['Alt']],
    ];
    for (const [code, held] of own) expect(on(code, held, {}, 'choice')).toBeNull();
    expect(on('NumpadEnter', [], {}, 'choice')).toBe('take');
    expect(on('Numpad0', [], {}, 'choice')).toBe('back_to_hall');
  });

  it('that type nothing act everywhere, also while an input method composes', () => {
    for (const place of ['page', 'wall', 'widget', 'choice', 'text'] as const) {
      expect(on('F8', [], {}, place)).toBe('back_to_hall');
      expect(on('F8', [], { isComposing: true }, place)).toBe('back_to_hall');
      expect(on('F12', [], {}, place)).toBe('take');
      expect(on('F7', [], {}, place)).toBe('next_item');
      expect(on('F4', [], {}, place)).toBe('undo');
      expect(on('F8', ['Shift'], {}, place)).toBe('holding');
      expect(on('F9', [], {}, place)).toBe('previous_in_queue');
      expect(on('F10', [], {}, place)).toBe('next_in_queue');
    }
    expect(actionOf(press('F3'), 'widget', remap(DEFAULT_KEYMAP, 'left', 'F3'))).toBe('left');
  });

  it.each<[string, PressPlace]>([
    ['<textarea></textarea>', 'text'],
    ['<input>', 'text'],
    ['<input type="search">', 'text'],
    ['<input type="number">', 'text'],
    ['<input type="no-such-kind">', 'text'],
    ['<div data-wall><input></div>', 'text'],
    ['<input type="checkbox">', 'widget'],
    ['<input type="range">', 'widget'],
    ['<input type="radio">', 'widget'],
    ['<button></button>', 'widget'],
    ['<select></select>', 'choice'],
    ['<div data-wall><button></button></div>', 'wall'],
    ['<p></p>', 'page'],
  ])('pressed in %s are pressed in a place of the kind %s', (html, place) => {
    document.body.innerHTML = html;
    const elements = document.body.querySelectorAll('*');
    expect(placeOf(elements[elements.length - 1]!)).toBe(place);
    expect(placeOf(null)).toBe('page');
  });

  it('do not repeat, except for walking about', () => {
    for (const action of ACTIONS) {
      const binding = DEFAULT_KEYMAP[action][0]!.split('+');
      const repeated = on(binding.at(-1)!, binding.slice(0, -1), { repeat: true });
      expect(repeated).toBe(['left', 'right', 'up', 'down'].includes(action) ? action : null);
    }
  });

  it('leave a widget its arrows and Enter, but never lose the take', () => {
    expect(on('Enter', [], {}, 'widget')).toBeNull();
    expect(on('ArrowDown', [], {}, 'widget')).toBeNull();
    expect(on('Enter', [], {}, 'wall')).toBe('preview_selected');
    expect(on('F12', [], {}, 'widget')).toBe('take');
  });

  it('need exactly their modifiers', () => {
    expect(on('KeyZ')).toBeNull();
    expect(on('KeyC', ['Control'])).toBeNull();
    expect(on('F12', ['Shift'])).toBeNull();
    expect(on('F8', ['Control'])).toBeNull();
    expect(on('KeyE', ['Shift'])).toBeNull();
  });

  it('never include Space, by default or by remapping', () => {
    expect(ACTIONS.flatMap((action) => DEFAULT_KEYMAP[action]).join()).not.toMatch(/Space/);
    expect(bindingOf(press('Space'))).toBeNull();
    expect(keymapFrom('{"take":["Space"]}').take).toEqual(DEFAULT_KEYMAP.take);
  });

  it('can be remapped; a key has one meaning', () => {
    const keymap = remap(DEFAULT_KEYMAP, 'take', 'KeyC');
    expect(keymap.take).toEqual(['KeyC']);
    expect(keymap.cue).toEqual([]);
    expect(keymapFrom(keymapText(keymap))).toEqual(keymap);
    expect(keymapFrom('not json')).toEqual(DEFAULT_KEYMAP);
    expect(bindingOf(press('KeyP', ['Control', 'Alt']))).toBe('Control+Alt+KeyP');
    expect(bindingOf(press('ShiftLeft', ['Shift']))).toBeNull();
  });

  it('each belong to one action, and each action to one topic', () => {
    const bindings = ACTIONS.flatMap((action) => DEFAULT_KEYMAP[action]);
    expect(new Set(bindings).size).toBe(bindings.length);
    expect(new Set(ACTIONS).size).toBe(ACTIONS.length);
    expect(Object.values(ACTION_GROUPS).flat().sort()).toEqual(Object.keys(DEFAULT_KEYMAP).sort());
  });

  it('that a person has given away stay so when new actions come', () => {
    const remembered = keymapFrom('{"take":["F7"],"cue":["Shift+KeyU"]}');
    expect(remembered.take).toEqual(['F7']);
    expect(remembered.next_item).toEqual([]);
    expect(remembered.tour).toEqual([]);
    expect(remembered.undo).toEqual(DEFAULT_KEYMAP.undo);
  });

  it('that are letters alone neither put a picture on air nor take the word from a speaker', () => {
    const letters = (['take', 'back_to_hall', 'undo', 'holding', 'tour', 'next_item', 'interrupt'] as const).flatMap(
      (action) => DEFAULT_KEYMAP[action].filter((binding) => /^(Key|Digit)/.test(binding)),
    );
    expect(letters).toEqual([]);
    expect([on('KeyU'), on('KeyX')]).toEqual([null, null]);
  });

  it('of a keymap that was stored while they were letters alone are the new ones, a person’s own stay', () => {
    const whole = { ...DEFAULT_KEYMAP, tour: ['KeyU'], interrupt: ['KeyX'], cue: ['KeyH'] };
    const stored = keymapFrom(JSON.stringify(whole));
    expect(stored).toEqual({ ...DEFAULT_KEYMAP, cue: ['KeyH'] });
    expect(keymapFrom(JSON.stringify({ ...whole, tour: ['KeyX'], interrupt: ['KeyU'] })).tour).toEqual(['KeyX']);
    // Whoever wants the letter all the same says so, and has it from then on.
    const again = remap(stored, 'interrupt', 'KeyX');
    expect(keymapFrom(keymapText(again))).toEqual(again);
  });

  it('are written as on the keyboard', () => {
    expect(['Control+KeyZ', 'NumpadEnter', 'Shift+Slash', 'Alt+ArrowUp', 'F12'].map(keyLabel)).toEqual([
      'Ctrl+Z',
      'Num Enter',
      '?',
      'Alt+↑',
      'F12',
    ]);
  });
});
