import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepWallFocus } from './wallFocus';

let end: () => void;
beforeEach(() => {
  document.body.innerHTML = `
    <div data-wall tabindex="-1"></div>
    <button id="take"><span id="word">LÊN HÌNH</span></button>
    <textarea></textarea>
    <p tabindex="-1"></p>
    <div role="dialog"><button id="panel"></button></div>
    <dialog open><button id="dialog"></button></dialog>`;
  end = keepWallFocus(document.body);
  find('[data-wall]').focus();
});
afterEach(() => end());

const find = (selector: string) => document.querySelector<HTMLElement>(selector)!;
/** True if the browser would move the focus by this press. */
const moves = (selector: string) =>
  find(selector).dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }));

it('stays in the wall when a button, or what is in it, is pressed with the mouse', () => {
  expect(moves('#take')).toBe(false);
  expect(moves('#word')).toBe(false);
});

it('goes where it always goes by presses on anything else, and inside dialogs', () => {
  for (const selector of ['textarea', 'p', '#panel', '#dialog']) expect(moves(selector)).toBe(true);
});

it('leaves a field when a button is pressed, so that letters are keys again', () => {
  find('textarea').focus();
  expect(moves('#take')).toBe(true);
});

it('is the browser’s own once the console is gone', () => {
  end();
  expect(moves('#take')).toBe(true);
});
