import { forget } from '$lib/link/storage';
import type { Delegate } from '$lib/wire';
import { flushSync, mount, tick, unmount } from 'svelte';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import DelegatesEditor from './DelegatesEditor.svelte';
import { DelegatesDraft } from './draft.svelte';
import { MAX_DELEGATES } from './list';

const KEY = 'delegates.editor-test';
const delegate = (name: string, present = false): Delegate => ({ name, title: '', organisation: '', present });

let shown: object | null = null;

/** The editor with a server that keeps what it is sent, or refuses it with a reason. */
function show(server: Delegate[], refusal = '') {
  const sent: Delegate[][] = [];
  const draft = new DelegatesDraft(KEY, server);
  const save = async (list: Delegate[]) => {
    sent.push(list);
    return refusal;
  };
  shown = mount(DelegatesEditor, { target: document.body, props: { draft, save, ready: true } });
  flushSync();
  return { sent, draft };
}

const button = (action: string) => document.querySelector<HTMLButtonElement>(`[data-action="${action}"]`)!;
const rows = () => [...document.querySelectorAll<HTMLElement>('[data-row]')];
const said = () => document.querySelector('.said')!.textContent!.trim();

function write(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  flushSync();
}

beforeEach(() => forget(KEY));
afterEach(async () => {
  if (shown) await unmount(shown);
  shown = null;
});

describe('the table of delegates', () => {
  it('sends the whole list once something is written, and says that it is saved', async () => {
    const { sent } = show([delegate('An')]);
    expect(button('save').disabled).toBe(true);
    button('add').click();
    await tick();
    expect(document.activeElement).toBe(rows()[1]!.querySelector('input'));
    // An empty row is nobody yet.
    expect(button('save').disabled).toBe(true);
    write(rows()[1]!.querySelector('input')!, 'Bình');
    expect(said()).toContain('chưa lưu');
    rows()[1]!.querySelector<HTMLInputElement>('[type="checkbox"]')!.click();
    button('save').click();
    await tick();
    expect(sent).toEqual([[delegate('An'), delegate('Bình', true)]]);
    await tick();
    flushSync();
    expect(said()).toContain('Đã lưu 2');
    expect(button('save').disabled).toBe(true);
  });

  it('keeps what was written when the server refuses it, and says why', async () => {
    const { draft } = show([], 'Không ghi được nhật ký');
    button('add').click();
    await tick();
    write(rows()[0]!.querySelector('input')!, 'An');
    button('save').click();
    await tick();
    await tick();
    flushSync();
    expect(said()).toContain('Không ghi được nhật ký');
    expect(draft.list).toEqual([delegate('An')]);
    expect(draft.dirty).toBe(true);
  });

  it('names the row of a fault, and is not sent with it', async () => {
    show([delegate('An')]);
    button('add').click();
    await tick();
    write(rows()[1]!.querySelectorAll('input')[1]!, 'Chủ tịch');
    expect(said()).toContain('Dòng 2');
    expect(rows()[1]!.querySelector('input')!.getAttribute('aria-invalid')).toBe('true');
    expect(button('save').disabled).toBe(true);
  });

  it('takes a list that is pasted in the box, as far as there is room', () => {
    const { draft } = show([delegate('An')]);
    button('paste').click();
    flushSync();
    const lines = Array.from({ length: MAX_DELEGATES + 4 }, (_, index) => `Đại biểu ${index}; Chuyên viên`);
    write(document.querySelector('textarea')!, lines.join('\n'));
    expect(button('add-lines').textContent).toContain(String(MAX_DELEGATES - 1));
    button('add-lines').click();
    flushSync();
    expect(draft.count).toBe(MAX_DELEGATES);
    expect(said()).toContain('5 người');
    expect(button('add').disabled).toBe(true);
  });

  it('takes a list that is pasted into a field, and leaves a single name to the field', () => {
    const { draft } = show([delegate('An')]);
    const field = rows()[0]!.querySelector('input')!;
    const paste = (text: string) => {
      const event = new Event('paste', { bubbles: true, cancelable: true });
      Object.assign(event, { clipboardData: { getData: () => text } });
      field.dispatchEvent(event);
      flushSync();
      return event.defaultPrevented;
    };
    expect(paste('Trần Thị Bình')).toBe(false);
    expect(paste('Bình\tGiám đốc\tSở Nội vụ\nCường\t\t')).toBe(true);
    expect(draft.list.map((one) => one.name)).toEqual(['An', 'Bình', 'Cường']);
  });

  it('offers the centre’s list when that was changed meanwhile, and keeps its own until it is taken', () => {
    const { draft } = show([delegate('An')]);
    button('all-present').click();
    flushSync();
    draft.handleServer([delegate('Cường')]);
    flushSync();
    expect(document.querySelector('.conflict')).not.toBeNull();
    expect(rows()[0]!.querySelector('input')!.value).toBe('An');
    document.querySelector<HTMLButtonElement>('.conflict button')!.click();
    flushSync();
    expect(rows()[0]!.querySelector('input')!.value).toBe('Cường');
  });
});
