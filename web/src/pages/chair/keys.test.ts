import { isTyping } from '$lib/ui/typing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { actionOf, KEYS, type Press } from './keys';
import { listenToKeys } from './keyboard';
import type { Podium } from './podium.svelte';

const press = (code: string, changes: Partial<Press> = {}): Press => ({
  code,
  repeat: false,
  isComposing: false,
  keyCode: 0,
  ctrlKey: false,
  altKey: false,
  metaKey: false,
  shiftKey: false,
  ...changes,
});

describe('keys of the podium', () => {
  it.each([
    ['F10', 'grant_next'],
    ['KeyX', 'interrupt'],
    ['KeyE', 'end_speech'],
    ['KeyN', 'next_item'],
    ['Equal', 'extend'],
    ['NumpadAdd', 'extend'],
    ['KeyT', 'clock'],
    ['Space', null],
    ['Enter', null],
    ['KeyQ', null],
  ])('%s does %s', (code, action) => {
    expect(actionOf(press(code), false)).toBe(action);
  });

  it('act once for one press, and never for a shortcut of the browser or a letter that is being composed', () => {
    for (const { codes } of Object.values(KEYS)) {
      for (const code of codes) {
        expect(actionOf(press(code, { repeat: true }), false)).toBeNull();
        expect(actionOf(press(code, { ctrlKey: true }), false)).toBeNull();
        expect(actionOf(press(code, { altKey: true }), false)).toBeNull();
        expect(actionOf(press(code, { isComposing: true }), false)).toBeNull();
        expect(actionOf(press(code, { keyCode: 229 }), false)).toBeNull();
        expect(actionOf(press(code), true)).toBeNull();
      }
    }
    expect(actionOf(press('KeyX', { shiftKey: true }), false)).toBeNull();
    expect(actionOf(press('Equal', { shiftKey: true }), false)).toBe('extend');
  });
});

describe('keys on the page', () => {
  const podium = { do: vi.fn() };
  const end = listenToKeys(podium as unknown as Podium);
  const strike = (target: EventTarget, code: string) =>
    target.dispatchEvent(new KeyboardEvent('keydown', { code, bubbles: true, cancelable: true }));

  afterEach(() => {
    document.body.innerHTML = '';
    podium.do.mockClear();
  });

  it('are dead where somebody writes or chooses', () => {
    document.body.innerHTML =
      '<input><textarea></textarea><select></select><div contenteditable="true"></div><input type="checkbox"><button></button>';
    for (const element of document.body.children) strike(element, 'KeyX');
    // The checkbox and the button take no letters.
    expect(podium.do).toHaveBeenCalledTimes(2);
    expect([...document.body.children].map(isTyping)).toEqual([true, true, true, true, false, false]);
  });

  it('do nothing behind a dialog, but an interruption closes it', () => {
    const dialog = document.body.appendChild(document.createElement('dialog'));
    dialog.showModal();
    strike(dialog, 'F10');
    strike(dialog, 'KeyE');
    expect(podium.do).not.toHaveBeenCalled();
    strike(dialog, 'KeyX');
    expect(podium.do).toHaveBeenCalledExactlyOnceWith('interrupt');
    expect(dialog.open).toBe(false);
  });

  it('end with the page', () => {
    end();
    strike(window, 'KeyX');
    expect(podium.do).not.toHaveBeenCalled();
  });
});
