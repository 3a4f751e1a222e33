/** Why the plan cannot be edited now. Pure. */
import { isOperator } from '$lib/state/lease';
import type { Phase, Role } from '$lib/wire';

/** Who holds the plan back; the first that holds. */
export type Barrier =
  | { why: 'connecting' }
  /** The person's role only reads. */
  | { why: 'role' }
  | { why: 'live' }
  | { why: 'ended' }
  | { why: 'rehearsal' }
  /** Locked by hand. */
  | { why: 'locked' }
  /** Somebody else, or nobody, is in control. */
  | { why: 'lease'; holder: string | null }
  | { why: 'journal' };

/** What the answer depends on. */
export type PlanStanding = {
  ready: boolean;
  role: Role | null;
  name: string | null;
  lease: string | null;
  journalOk: boolean;
  phase: Phase | null;
  locked: boolean;
};

/** What keeps this person from what needs the control lease: rehearsal, lock, quorum, prepared texts. */
export function controlBarrier({ ready, role, name, lease, journalOk }: PlanStanding): Barrier | null {
  if (!ready || role === null) return { why: 'connecting' };
  if (!isOperator(role)) return { why: 'role' };
  if (lease === null || lease !== name) return { why: 'lease', holder: lease };
  return journalOk ? null : { why: 'journal' };
}

/** What keeps this person from editing the agenda: as the rest of the plan, but the secretary keeps it without the control lease. */
export function agendaBarrier(standing: PlanStanding): Barrier | null {
  const { role, name } = standing;
  return planBarrier(role === 'secretary' ? { ...standing, role: 'assistant', lease: name } : standing);
}

/** What keeps this person from editing sites and details. What the conference forbids is told before what the person lacks. */
export function planBarrier(standing: PlanStanding): Barrier | null {
  const { phase, locked } = standing;
  const control = controlBarrier(standing);
  if (control?.why === 'connecting' || control?.why === 'role') return control;
  switch (phase) {
    case 'live':
      return { why: 'live' };
    case 'ended':
      return { why: 'ended' };
    case 'rehearsal':
      return { why: 'rehearsal' };
    case 'preparing':
    case null:
      return locked ? { why: 'locked' } : control;
  }
}
