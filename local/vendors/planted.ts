import { sameEmail } from '../../functions/shared/email.ts';
import type { RosterRow } from '../../functions/tables/roster-store.ts';
import type { Person } from './company.ts';

/** An account as every vendor has it. */
export type SimulatedAccount = {
  vendorUserId: string;
  /** As the roster has it. */
  otherId?: string;
  email: string;
  isOpen: boolean;
};

/** What the roster says of a person, apart from what fits the seeded account. */
export type RosterDiscrepancy = { person: Person; changes: Partial<RosterRow> };

/** What is wrong on purpose at one vendor, for a reconciliation of the sample company to find. */
export type Discrepancies<State extends object> = {
  roster?: readonly RosterDiscrepancy[];
  /** Changes accounts, so that they no longer fit the roster. */
  plant?: (state: State) => void;
};

export const LAST_DAY = '2026-10-30';

/** What the roster says of somebody who has left. */
export const LEFT = { login: 'shut', lastWorkingDay: LAST_DAY } as const satisfies Partial<RosterRow>;

/**
 * The account of a person.
 *
 * @throws Error when there is none.
 */
export function accountOf<Account extends { email: string }>(
  accounts: readonly Account[],
  { email }: Person,
): Account {
  const account = accounts.find((candidate) => sameEmail(candidate.email, email));
  if (account === undefined) throw new Error(`${email} is not seeded.`);
  return account;
}

/** An account for each address: copies of the first, with ids by their number, from 1. */
export function copiesOf<Account extends { email: string }>(
  accounts: readonly Account[],
  emails: readonly string[],
  idsOf: (number: number) => Partial<Account>,
): Account[] {
  const [first] = accounts;
  if (first === undefined) throw new Error('There is no account to copy.');
  return emails.map((email, index) => ({ ...first, ...idsOf(index + 1), email }));
}
