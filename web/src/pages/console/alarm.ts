/** What takes the place of the title in the header: the first thing that is wrong. Pure. */
import type { LinkStatus } from '$lib/link/machine';
import { type Dropout, dropoutOf, type Waiting } from './standby';

/** Something that the operator must know at once. */
export type Alarm =
  | { name: 'held' }
  | { name: 'control_lost'; since: number; problem: Extract<LinkStatus, { name: 'connecting' }>['problem'] }
  | { name: 'journal_down' }
  | { name: 'relay_behind' }
  | { name: 'dropout'; dropout: Dropout };

/** What is looked at. */
export type AlarmFacts = Waiting & {
  status: LinkStatus;
  journalOk: boolean;
  relayKeepsUp: boolean;
};

/** The alarm to show; none: all is well. What keeps commands from working comes first. */
export function alarmOf({ status, journalOk, relayKeepsUp, ...waiting }: AlarmFacts): Alarm | null {
  if (status.name === 'held') return { name: 'held' };
  if (status.name === 'connecting') return { name: 'control_lost', since: status.since, problem: status.problem };
  if (!journalOk) return { name: 'journal_down' };
  const dropout = dropoutOf(waiting);
  if (dropout) return { name: 'dropout', dropout };
  return relayKeepsUp ? null : { name: 'relay_behind' };
}
