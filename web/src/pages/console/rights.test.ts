import { mayClaim } from '$lib/state/lease';
import { describe, expect, it, vi } from 'vitest';
import type { Desk } from './desk.svelte';
import { DEFAULT_KEYMAP } from './keymap';
import { Keyboard } from './keyboard.svelte';
import { barrierTo, type CommandType, type Right, rightOf, type Standing } from './rights';

const well: Standing = {
  ready: true,
  role: 'assistant',
  name: 'lan',
  lease: 'lan',
  journalOk: true,
  regions: [],
  ended: false,
};
const ROLES = ['lead', 'assistant', 'chair', 'secretary', 'technician', 'site', 'screen'] as const;

/** Who may do what: lead, assistant, chair, secretary (`l`: with the lease, `r`: or in its regions, `a`: always, `-`: never); nobody else may do anything here. */
const TABLE: Record<CommandType, string> = {
  open_conference: 'll--',
  end_conference: 'll--',
  start_rehearsal: 'll--',
  end_rehearsal: 'll--',
  lock_plan: 'll--',
  set_details: 'll--',
  set_agenda: 'll-a',
  set_sites: 'll--',
  delegate_regions: 'll--',
  set_quorum: 'll--',
  set_templates: 'll--',
  set_preview: 'll--',
  clear_preview: 'll--',
  take: 'll--',
  back_to_hall: 'll--',
  undo: 'll--',
  remove_from_air: 'll--',
  show_holding: 'll--',
  set_lower_third: 'll--',
  show_names: 'll--',
  start_tour: 'll--',
  stop_tour: 'll--',
  mute: 'lr--',
  unmute: 'lr--',
  mute_all: 'll--',
  mute_others: 'll--',
  unmute_all: 'll--',
  allow_microphones: 'lla-',
  open_microphone: 'lla-',
  close_microphone: 'lla-',
  set_floor_mode: 'll--',
  request_floor: '----',
  withdraw_request: 'lr-a',
  reorder_queue: 'llaa',
  clear_queue: 'll--',
  invite: 'lraa',
  cue: 'lr--',
  uncue: 'lr--',
  grant: 'lla-',
  end_speech: 'lla-',
  interrupt: 'lla-',
  pause_clock: 'lla-',
  resume_clock: 'lla-',
  extend_speech: 'lla-',
  start_item: 'lla-',
  finish_item: 'lla-',
  skip_item: 'lla-',
  mark_presence: 'aa-a',
  set_delegates: 'aa-a',
  send_message: 'aaaa',
  acknowledge_message: 'aaaa',
};
const LETTER: Record<Right, string> = { lease: 'l', regions: 'r', always: 'a', never: '-' };

describe('what an operator may ask for', () => {
  it.each(Object.entries(TABLE) as [CommandType, string][])('%s: %s', (command, rights) => {
    expect(ROLES.map((role) => LETTER[rightOf(role, command)]).join('')).toBe(rights.padEnd(ROLES.length, '-'));
  });

  it('is named with what stands in the way: the connection, the role, the lease, the journal', () => {
    expect(barrierTo('take', well)).toBe('');
    expect(barrierTo('take', { ...well, ready: false })).toContain('lệnh tạm khóa');
    expect(barrierTo('take', { ...well, role: 'chair' })).toContain('không có quyền');
    expect(barrierTo('take', { ...well, lease: 'minh' })).toContain('minh');
    expect(barrierTo('take', { ...well, lease: null })).toContain('nhận quyền');
    expect(barrierTo('send_message', { ...well, lease: 'minh' })).toBe('');
    expect(barrierTo('take', { ...well, journalOk: false })).toContain('nhật ký');
    for (const safe of ['back_to_hall', 'show_holding', 'mute_others', 'close_microphone'] as const) {
      expect(barrierTo(safe, { ...well, journalOk: false })).toBe('');
    }
  });

  it('after the end is what makes safe, and writing', () => {
    const over = { ...well, ended: true };
    for (const command of ['cue', 'uncue', 'withdraw_request', 'take', 'set_preview', 'mark_presence'] as const) {
      expect(barrierTo(command, over), command).toContain('đã kết thúc');
    }
    for (const command of ['back_to_hall', 'mute', 'interrupt', 'send_message', 'acknowledge_message'] as const) {
      expect(barrierTo(command, over), command).toBe('');
    }
  });

  it('without the lease: some commands, at sites of the regions that were given to it', () => {
    const helper: Standing = { ...well, lease: 'minh', regions: ['Tây Bắc'] };
    for (const command of ['mute', 'unmute', 'cue', 'uncue', 'invite', 'withdraw_request'] as const) {
      expect(barrierTo(command, helper, 'Tây Bắc'), command).toBe('');
      expect(barrierTo(command, helper, 'Đông Bắc'), command).toMatch(/minh.*Đông Bắc/);
      expect(barrierTo(command, { ...helper, regions: [] }, 'Tây Bắc'), command).toMatch(/^minh [^.]*\.$/);
    }
    for (const command of ['grant', 'remove_from_air', 'open_microphone', 'mute_all'] as const) {
      expect(barrierTo(command, helper, 'Tây Bắc'), command).toContain('minh');
    }
    expect(barrierTo('mute', { ...helper, role: 'lead' }, 'Tây Bắc')).toContain('minh');
    expect(barrierTo('mute', { ...helper, role: 'technician' }, 'Tây Bắc')).toContain('không có quyền');
  });

  it('the lease only while nobody holds it or its holder is missing', () => {
    expect(mayClaim({ ...well, lease: 'minh' }, null)).toBe(false);
    expect(mayClaim({ ...well, lease: 'minh' }, 5_000)).toBe(true);
    expect(mayClaim({ ...well, lease: null }, null)).toBe(true);
    expect(mayClaim({ ...well, lease: null, role: 'technician' }, null)).toBe(false);
    expect(mayClaim({ ...well, lease: null, ready: false }, null)).toBe(false);
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
