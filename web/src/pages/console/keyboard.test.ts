import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Desk } from './desk.svelte';
import { keyDeeds } from './keyActions';
import { Keyboard } from './keyboard.svelte';
import { ACTIONS, DEFAULT_KEYMAP } from './keymap';

/** A desk that only notes what it is told. */
function notingDesk(selected: string | null) {
  const told: string[] = [];
  const part = (name: string) =>
    new Proxy(
      {},
      {
        get:
          (_, deed: string) =>
          (...of: unknown[]) =>
            told.push(`${name}.${deed} ${of.join()}`.trim()),
        set: (_, fact: string, value: unknown) => told.push(`${name}.${fact} = ${value}`) > 0,
      },
    );
  const parts = new Map<string, unknown>();
  const desk = new Proxy(
    {},
    {
      get: (_, name: string) => {
        if (name === 'selected') return selected;
        if (name === 'conference') return { sites: [] };
        if (name === 'write' || name.startsWith('preview'))
          return (...of: unknown[]) => told.push(`${name} ${of.join()}`);
        if (!parts.has(name)) parts.set(name, part(name));
        return parts.get(name);
      },
    },
  );
  return { desk: desk as Desk, told };
}

const around = { move: vi.fn(), find: vi.fn(), help: vi.fn() };

describe('deeds', () => {
  it('every action does one thing, and no two do the same', () => {
    const { desk, told } = notingDesk('cao-bang');
    const deeds = keyDeeds(desk, around);
    for (const action of ACTIONS) deeds[action](false);
    const calls = [around.move, around.find, around.help].flatMap((spy) => spy.mock.calls.map((of) => `around ${of}`));
    expect(told.length + calls.length).toBe(ACTIONS.length);
    expect(new Set(told).size).toBe(told.length);
  });

  it('about a site need one that is selected', () => {
    const { desk, told } = notingDesk(null);
    const deeds = keyDeeds(desk, around);
    for (const action of [
      'mute',
      'grant',
      'cue',
      'invite',
      'solo',
      'talkback',
      'present',
      'preview_selected',
    ] as const) {
      deeds[action](false);
    }
    expect(told).toEqual([]);
  });
});

describe('the keyboard', () => {
  const { desk, told } = notingDesk('cao-bang');
  let end: () => void;
  const press = (code: string, target: EventTarget = document.body, more: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent('keydown', { code, bubbles: true, cancelable: true, ...more });
    target.dispatchEvent(event);
    return event;
  };
  const field = () => {
    const box = document.body.appendChild(document.createElement('textarea'));
    box.focus();
    return box;
  };

  beforeEach(() => {
    told.length = 0;
    document.body.innerHTML = '';
    end = new Keyboard(desk, DEFAULT_KEYMAP).start();
  });
  afterEach(() => end());

  it('acts by F keys inside the message box, and leaves it its letters', () => {
    const box = field();
    for (const code of ['F7', 'F12', 'F10', 'F8', 'F4', 'KeyE', 'Slash', 'Digit1', 'Enter', 'Delete']) press(code, box);
    expect(told).toEqual([
      'agenda.startNext',
      'stage.take false',
      'previewInQueue 1',
      'stage.backToHall',
      'stage.undo',
    ]);
  });

  it('leaves the message box by Escape, so that the next letter is a key', () => {
    const box = field();
    expect(document.activeElement).toBe(box);
    press('Escape', box);
    expect(document.activeElement).not.toBe(box);
    press('KeyE');
    expect(told).toEqual(['floor.endSpeech']);
  });

  it('leaves Escape to a field that has another use for it, and to an input method', () => {
    const box = field();
    box.addEventListener('keydown', (event) => event.preventDefault(), { once: true });
    press('Escape', box);
    press('Escape', box, { isComposing: true });
    expect(document.activeElement).toBe(box);
  });

  it('speaks while a key is held, to all while Shift was held with it, and is silent when the window is left', () => {
    press('KeyK');
    press('KeyK', document.body, { repeat: true });
    window.dispatchEvent(new KeyboardEvent('keyup', { code: 'KeyK' }));
    expect(told).toEqual(['sound.talk cao-bang', 'sound.endTalk']);
    window.dispatchEvent(new Event('blur'));
    window.dispatchEvent(new KeyboardEvent('keyup', { code: 'KeyM' }));
    expect(told).toEqual(['sound.talk cao-bang', 'sound.endTalk', 'sound.endTalk']);
  });
});
