import type { Role } from '$lib/wire';
import { describe, expect, it, vi } from 'vitest';
import type { Desk } from './desk.svelte';
import { DEFAULT_KEYMAP } from './keymap';
import { Keyboard } from './keyboard.svelte';
import { barrierTo, type CommandType, mayClaim, rightOf } from './rights';

const well = { ready: true, role: 'assistant' as Role, name: 'assistant', lease: 'assistant', journalOk: true };

describe('what an operator may ask for', () => {
  it.each<[CommandType, Partial<Record<Role, string>>]>([
    ['take', { lead: 'lease', assistant: 'lease', chair: 'never', secretary: 'never', technician: 'never' }],
    ['mute_all', { lead: 'lease', assistant: 'lease', chair: 'never', secretary: 'never', technician: 'never' }],
    ['cue', { lead: 'lease', assistant: 'lease', chair: 'never', secretary: 'never', technician: 'never' }],
    ['grant', { lead: 'lease', assistant: 'lease', chair: 'always', secretary: 'never', technician: 'never' }],
    ['interrupt', { lead: 'lease', assistant: 'lease', chair: 'always', secretary: 'never', technician: 'never' }],
    ['invite', { lead: 'lease', assistant: 'lease', chair: 'always', secretary: 'always', technician: 'never' }],
    ['withdraw_request', { lead: 'lease', chair: 'never', secretary: 'always', technician: 'never' }],
    ['start_item', { lead: 'lease', chair: 'always', secretary: 'never', technician: 'never' }],
    [
      'mark_presence',
      { lead: 'always', assistant: 'always', chair: 'never', secretary: 'always', technician: 'never' },
    ],
    [
      'send_message',
      { lead: 'always', assistant: 'always', chair: 'always', secretary: 'always', technician: 'never' },
    ],
    ['request_floor', { lead: 'never', assistant: 'never', chair: 'never', secretary: 'never' }],
  ])('%s', (command, rights) => {
    for (const [role, right] of Object.entries(rights)) expect(rightOf(role as Role, command), role).toBe(right);
  });

  it('is named with what stands in the way: the connection, the role, the lease, the journal', () => {
    expect(barrierTo('take', well)).toBe('');
    expect(barrierTo('take', { ...well, ready: false })).toContain('lệnh tạm khóa');
    expect(barrierTo('take', { ...well, role: 'chair' })).toContain('không có quyền');
    expect(barrierTo('take', { ...well, lease: 'lead' })).toContain('lead');
    expect(barrierTo('take', { ...well, lease: null })).toContain('nhận quyền');
    expect(barrierTo('send_message', { ...well, lease: 'lead' })).toBe('');
    expect(barrierTo('take', { ...well, journalOk: false })).toContain('nhật ký');
    expect(barrierTo('back_to_hall', { ...well, journalOk: false })).toBe('');
  });

  it('the lease only while nobody holds it or its holder is not here', () => {
    expect(mayClaim({ ...well, lease: 'lead' }, ['lead', 'assistant'])).toBe(false);
    expect(mayClaim({ ...well, lease: 'lead' }, ['assistant'])).toBe(true);
    expect(mayClaim({ ...well, lease: null }, ['assistant'])).toBe(true);
    expect(mayClaim({ ...well, lease: null, role: 'technician' }, [])).toBe(false);
    expect(mayClaim({ ...well, lease: null, ready: false }, [])).toBe(false);
  });
});

describe('keys while a dialog is open', () => {
  it('the hall comes at once and the dialog goes; nothing else happens behind it', () => {
    const stage = { backToHall: vi.fn(), take: vi.fn() };
    const desk = { stage, sound: { endTalk: vi.fn() } };
    const end = new Keyboard(desk as unknown as Desk, DEFAULT_KEYMAP).start();
    const dialog = document.body.appendChild(document.createElement('dialog'));
    const press = (code: string) => window.dispatchEvent(new KeyboardEvent('keydown', { code, cancelable: true }));

    dialog.showModal();
    press('F12');
    expect(stage.take).not.toHaveBeenCalled();
    expect(dialog.open).toBe(true);
    press('F8');
    expect(stage.backToHall).toHaveBeenCalledOnce();
    expect(dialog.open).toBe(false);
    press('F12');
    expect(stage.take).toHaveBeenCalledOnce();

    end();
    dialog.remove();
  });
});
