import { describe, expect, it } from 'vitest';
import { actionOf, type Press } from './keys';

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

describe('keys of the health page', () => {
  it.each([
    ['KeyA', 'acknowledge'],
    ['Slash', 'find'],
    ['KeyR', 'replay'],
    ['Escape', 'back'],
    ['Space', null],
    ['KeyQ', null],
  ])('%s does %s', (code, action) => {
    expect(actionOf(press(code), false)).toBe(action);
  });

  it('are dead where somebody writes, with a shortcut of the browser, held, or while a letter is composed', () => {
    expect(actionOf(press('KeyA'), true)).toBeNull();
    for (const changes of [{ ctrlKey: true }, { repeat: true }, { isComposing: true }, { keyCode: 229 }])
      expect(actionOf(press('KeyA', changes), false)).toBeNull();
  });
});
