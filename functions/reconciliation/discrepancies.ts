import type { FINDING_KINDS } from '../tables/finding-store.ts';
import type { RosterRow } from '../tables/roster-store.ts';
import type { IndexedAccount } from './account-index.ts';

/** An employee's accounts: the one whose id is recorded, and all that have the id or the address. */
export type Match = {
  /** The hash of the employee's address. */
  emailHash: string;
  recorded: IndexedAccount | null;
  all: readonly IndexedAccount[];
};

export type Discrepancy = { kind: (typeof FINDING_KINDS)[number]; detail: string };

export type Rules = {
  /** In epoch milliseconds. */
  now: number;
  /** After how many days an invitation that nobody accepts is a finding. */
  invitationDays: number;
};

const DAY_MS = 86_400_000;

/** How an employee's accounts in an app differ from the roster. A new kind of finding is added here. */
export function discrepancies(row: RosterRow, match: Match, rules: Rules): Discrepancy[] {
  return row.login === 'shut' ? ofLeaver(match) : ofEmployee(row, match, rules);
}

function ofLeaver({ recorded, all }: Match): Discrepancy[] {
  if (!all.some(({ isOpen }) => isOpen)) return [];
  const detail = recorded?.isOpen
    ? 'The employee has left, and the account is open.'
    : 'The employee has left, and an account with the same address is open.';
  return [{ kind: 'leaver_can_log_in', detail }];
}

function ofEmployee(row: RosterRow, match: Match, rules: Rules): Discrepancy[] {
  const absence = absenceOf(row, match);
  if (absence !== null) return [absence];
  return [emailOf(match), invitationOf(match, rules), roleOf(row, match)].filter((found) => found !== null);
}

function absenceOf({ vendorUserId }: RosterRow, { recorded, all }: Match): Discrepancy | null {
  if (all.length === 0 && vendorUserId === null)
    return { kind: 'missing_account', detail: 'The employee should have an account, and has none.' };
  if (all.length === 0) return { kind: 'vanished_account', detail: 'The recorded account is gone.' };
  // An entry without an id, such as an invitation, may belong to the recorded account.
  if (vendorUserId !== null && recorded === null && all.every(({ hasId }) => hasId))
    return {
      kind: 'vanished_account',
      detail: 'The recorded account is gone; another one has the address.',
    };
  if (all.some(({ isOpen }) => isOpen)) return null;
  return { kind: 'missing_account', detail: 'The employee should have an account, and it is deactivated.' };
}

function emailOf({ emailHash, recorded }: Match): Discrepancy | null {
  if (recorded?.hasEmail(emailHash) !== false) return null;
  return { kind: 'changed_email', detail: 'The account has another address than the employee.' };
}

function invitationOf({ all }: Match, { now, invitationDays }: Rules): Discrepancy | null {
  const invitedAt = all.map((account) => account.invitedAt).find((instant) => instant !== undefined);
  if (invitedAt === undefined) return null;
  const days = Math.floor((now - invitedAt) / DAY_MS);
  if (days <= invitationDays) return null;
  return { kind: 'pending_invitation', detail: `The invitation has not been accepted for ${days} days.` };
}

function roleOf({ role: wanted }: RosterRow, { all }: Match): Discrepancy | null {
  const told = all.map(({ role }) => role).filter((role) => role !== undefined);
  if (wanted === null || told.length === 0 || told.includes(wanted)) return null;
  return { kind: 'different_role', detail: `The role is ${told[0] ?? 'none'}, and should be ${wanted}.` };
}
