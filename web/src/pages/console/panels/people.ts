/** The people at the centre: who is here, who is in control, who looks after which sites. Pure. */
import { byName } from '$lib/i18n/order';
import { isOperator } from '$lib/state/lease';
import type { OperatorLive, Role } from '$lib/wire';

/** Somebody of the centre. */
export type Person = {
  name: string;
  /** None: not here, and known only because something is given to it. */
  live: OperatorLive | null;
  /** It is this page's. */
  me: boolean;
  inControl: boolean;
  /** It could be given the control lease. */
  mayControl: boolean;
  /** Regions that were given to it. */
  regions: readonly string[];
};

const RANK: Record<Role, number> = {
  lead: 0,
  assistant: 1,
  chair: 2,
  secretary: 3,
  technician: 4,
  site: 5,
  screen: 6,
};

/** What the list is made from. */
export type PeopleFacts = {
  operators: readonly OperatorLive[];
  me: string | null;
  lease: string | null;
  delegations: Readonly<Record<string, readonly string[]>>;
};

/**
 * Everybody who is here, and those who are not here though the lease or a region is theirs. By role, then by name, whoever is in control
 * or here: the list must not move under the hand.
 */
export function peopleOf({ operators, me, lease, delegations }: PeopleFacts): Person[] {
  const person = (name: string, live: OperatorLive | null): Person => ({
    name,
    live,
    me: name === me,
    inControl: name === lease,
    mayControl: live !== null && isOperator(live.role) && name !== lease,
    regions: delegations[name] ?? [],
  });
  const here = new Set(operators.map((one) => one.name));
  const owners = Object.keys(delegations).filter((name) => (delegations[name] ?? []).length > 0);
  const missing = new Set([...owners, ...(lease === null ? [] : [lease])].filter((name) => !here.has(name)));
  const rank = ({ live }: Person) => (live ? RANK[live.role] : RANK.screen + 1);
  const names = byName((one: Person) => one.name);
  return [
    ...operators.map((live) => person(live.name, live)),
    ...[...missing].map((name) => person(name, null)),
  ].toSorted((left, right) => rank(left) - rank(right) || names(left, right));
}

/** Regions that nobody was given, of all. */
export function unattended(regions: readonly string[], delegations: PeopleFacts['delegations']): string[] {
  const given = new Set(Object.values(delegations).flat());
  return regions.filter((region) => !given.has(region));
}

/** A change of who is in control, as everybody is told. */
export type LeaseChange = { to: string; from: string | null };

/** What a change of the lease has to say; none: nothing, or it is not known who had it before. `before` undefined: just arrived. */
export function leaseChange(before: string | null | undefined, now: string | null): LeaseChange | null {
  return before === undefined || now === null || before === now ? null : { to: now, from: before };
}
