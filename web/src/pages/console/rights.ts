/** What an operator may ask for now, and why not. Mirrors the server's table of rights, which has the last word. Pure. */
import { refusalText } from '$lib/i18n/wording';
import { m } from '$lib/paraglide/messages';
import { isOperator } from '$lib/state/lease';
import type { Command, Role } from '$lib/wire';

/** Kind of a command. */
export type CommandType = Command['type'];
/** What a role may do: `lease`, only while it holds the control lease; `regions`, then, or at sites of regions given to the sender. */
export type Right = 'never' | 'regions' | 'lease' | 'always';
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
  /** Regions that were given to this operator. */
  regions: readonly string[];
  /** The conference is over: what makes picture and sound safe stays possible, and writing. */
  ended: boolean;
};

const SPEECH: readonly CommandType[] = [
  'grant',
  'end_speech',
  'interrupt',
  'pause_clock',
  'resume_clock',
  'extend_speech',
];
const MICROPHONES: readonly CommandType[] = ['allow_microphones', 'open_microphone', 'close_microphone'];
const ORDER: readonly CommandType[] = ['reorder_queue', 'invite'];
const AGENDA: readonly CommandType[] = ['start_item', 'finish_item', 'skip_item'];
const ROLL_CALL: readonly CommandType[] = ['mark_presence', 'set_delegates'];
const WRITE: readonly CommandType[] = ['send_message', 'acknowledge_message'];
/** Commands of roles that need no lease; an operator's others need it. */
const ALWAYS: Partial<Record<Role, readonly CommandType[]>> = {
  lead: [...ROLL_CALL, ...WRITE],
  assistant: [...ROLL_CALL, ...WRITE],
  chair: [...SPEECH, ...MICROPHONES, ...ORDER, ...AGENDA, ...WRITE],
  secretary: ['set_agenda', ...ORDER, 'withdraw_request', ...ROLL_CALL, ...WRITE],
};
/** What an assistant without the lease may do for sites of the regions that were given to it. */
const DELEGABLE: ReadonlySet<CommandType> = new Set(['mute', 'unmute', 'cue', 'uncue', 'invite', 'withdraw_request']);
/** Done also while the journal cannot be written, and after the end. */
const SAFE: ReadonlySet<CommandType> = new Set([
  'back_to_hall',
  'show_holding',
  'mute',
  'mute_all',
  'mute_others',
  'close_microphone',
  'remove_from_air',
  'interrupt',
]);

/** What a role may do with a command of the console. */
export function rightOf(role: Role, command: CommandType): Right {
  if (ALWAYS[role]?.includes(command)) return 'always';
  if (!isOperator(role) || command === 'request_floor') return 'never';
  return role === 'assistant' && DELEGABLE.has(command) ? 'regions' : 'lease';
}

/**
 * Why a command would be refused before anybody looked at the conference; empty: it would not. `region` is that of the site that
 * the command is about; none: it is about no single site.
 */
export function barrierTo(command: CommandType, standing: Standing, region: string | null = null): string {
  const { ready, role, name, lease, journalOk, ended } = standing;
  if (!ready || role === null) return m.commands_locked();
  const right = rightOf(role, command);
  if (right === 'never') return refusalText({ code: 'forbidden' }, String);
  if (ended && !SAFE.has(command) && !WRITE.includes(command)) return refusalText({ code: 'ended' }, String);
  const delegated = right === 'regions' && region !== null && standing.regions.includes(region);
  const inControl = lease !== null && lease === name;
  if (right !== 'always' && !inControl && !delegated) return withoutLease(right, standing, region);
  return journalOk || SAFE.has(command) ? '' : refusalText({ code: 'journal_unavailable' }, String);
}

function withoutLease(right: Right, { lease, regions }: Standing, region: string | null): string {
  const why = refusalText({ code: 'not_in_control', holder: lease }, String);
  // Whoever looks after some regions has to know why the same button is dead at a site of another one.
  const elsewhere = right === 'regions' && region !== null && regions.length > 0;
  return elsewhere ? `${why} ${m.region_not_delegated({ region })}` : why;
}
