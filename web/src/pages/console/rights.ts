/** What an operator may ask for now, and why not. Mirrors the server's table of rights, which has the last word. Pure. */
import { refusalText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import type { Command, Role } from '$lib/wire';

/** Kind of a command. */
export type CommandType = Command['type'];
/** What a role may do: `lease`, only while it holds the control lease. */
export type Right = 'never' | 'lease' | 'always';
/** What the answer depends on. */
export type Standing = {
  /** Commands reach the server. */
  ready: boolean;
  role: Role | null;
  name: string | null;
  /** Holder of the control lease. */
  lease: string | null;
  /** The server can write its journal; if not, only safe commands are done. */
  journalOk: boolean;
};

const SPEECH: readonly CommandType[] = [
  'grant',
  'end_speech',
  'interrupt',
  'pause_clock',
  'resume_clock',
  'extend_speech',
];
const ORDER: readonly CommandType[] = ['reorder_queue', 'invite'];
const AGENDA: readonly CommandType[] = ['start_item', 'finish_item'];
const WRITE: readonly CommandType[] = ['send_message', 'acknowledge_message'];
/** Commands of roles that need no lease; an operator's others need it. */
const ALWAYS: Partial<Record<Role, readonly CommandType[]>> = {
  lead: ['mark_presence', ...WRITE],
  assistant: ['mark_presence', ...WRITE],
  chair: [...SPEECH, ...ORDER, ...AGENDA, ...WRITE],
  secretary: [...ORDER, 'withdraw_request', 'mark_presence', ...WRITE],
};
const WITH_LEASE: ReadonlySet<Role> = new Set(['lead', 'assistant']);
/** Done also while the journal cannot be written. */
const SAFE: ReadonlySet<CommandType> = new Set(['back_to_hall', 'mute', 'mute_all', 'remove_from_air', 'interrupt']);

/** What a role may do with a command of the console. */
export function rightOf(role: Role, command: CommandType): Right {
  if (ALWAYS[role]?.includes(command)) return 'always';
  return WITH_LEASE.has(role) && command !== 'request_floor' ? 'lease' : 'never';
}

/** Why a command would be refused before anybody looked at the conference; empty: it would not. */
export function barrierTo(command: CommandType, { ready, role, name, lease, journalOk }: Standing): string {
  if (!ready || role === null) return m.commands_locked();
  const right = rightOf(role, command);
  if (right === 'never') return refusalText({ code: 'forbidden' }, String);
  if (right === 'lease' && (lease === null || lease !== name)) {
    return refusalText({ code: 'not_in_control', holder: lease }, String);
  }
  return journalOk || SAFE.has(command) ? '' : refusalText({ code: 'journal_unavailable' }, String);
}

/** True if an operator may take the control lease: nobody holds it, or its holder is not here. */
export function mayClaim(
  { ready, role, lease }: Pick<Standing, 'ready' | 'role' | 'lease'>,
  here: readonly string[],
): boolean {
  return ready && role !== null && WITH_LEASE.has(role) && (lease === null || !here.includes(lease));
}
