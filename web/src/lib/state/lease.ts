/** The control lease: whose it can be. Pure. */
import type { Role } from '$lib/wire';

const OPERATORS: ReadonlySet<Role> = new Set(['lead', 'assistant']);

/** True for roles that work at the console and can hold the control lease. */
export const isOperator = (role: Role | null | undefined): boolean => role != null && OPERATORS.has(role);

/** What decides whether the lease can be taken. */
export type Claim = {
  /** Commands reach the server. */
  ready: boolean;
  role: Role | null;
  /** Its holder. */
  lease: string | null;
};

/** True if an operator may take the control lease: nobody holds it, or its holder is missing (`missing`: since then). */
export const mayClaim = ({ ready, role, lease }: Claim, missing: number | null): boolean =>
  ready && isOperator(role) && (lease === null || missing !== null);
