import { describe, expect, it, vi } from 'vitest';
import { openToChoose } from './deliberate';

function press(key: string, more: KeyboardEventInit = {}) {
  const select = document.createElement('select');
  select.showPicker = vi.fn();
  select.addEventListener('keydown', (event) =>
    openToChoose(event as KeyboardEvent & { currentTarget: HTMLSelectElement }),
  );
  const event = new KeyboardEvent('keydown', { key, cancelable: true, ...more });
  select.dispatchEvent(event);
  return { prevented: event.defaultPrevented, opened: vi.mocked(select.showPicker).mock.calls.length > 0 };
}

describe('a choice that is a command', () => {
  it.each(['ArrowDown', 'ArrowUp', 'End', 'PageDown', 'q'])('opens at %s and changes nothing', (key) => {
    expect(press(key)).toEqual({ prevented: true, opened: true });
  });

  it.each(['Tab', 'Enter', ' ', 'F8', 'Escape'])('leaves %s to the browser and the page', (key) => {
    expect(press(key)).toEqual({ prevented: false, opened: false });
  });

  it('leaves combinations to the page', () => {
    expect(press('z', { ctrlKey: true })).toEqual({ prevented: false, opened: false });
  });
});
