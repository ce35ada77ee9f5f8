import type { App } from '../../functions/shared/apps.ts';
import { normalizeEmail } from '../../functions/shared/email.ts';
import type { RosterRow, RosterStore } from '../../functions/tables/roster-store.ts';
import type { Dialect } from '../../functions/vendor/dialect.ts';
import { KENJI, type Person, STAFF } from './company.ts';
import { LAST_DAY, type SimulatedAccount } from './planted.ts';
import { allSimulated, type VendorServers } from './start-vendors.ts';

// The sample company for a reconciliation: a roster that fits the seeded accounts, and some discrepancies made on
// purpose, which each vendor's server names. Zoë's account in Drata, which the identity provider created before she was
// hired, is an orphan already.

const HIRED_AT = '2024-01-15T09:00:00.000Z';

/**
 * Writes the roster as the apps have it, and then makes some discrepancies, each with another colleague.
 *
 * @param dialect the one in which the apps are asked, as ids may be others there.
 * @throws Error when an app is not simulated.
 */
export async function plantDiscrepancies(
  vendors: Partial<VendorServers>,
  roster: RosterStore,
  dialect?: Dialect,
): Promise<void> {
  for (const { vendor, accounts, discrepancies } of Object.values(allSimulated(vendors))) {
    const held = firstByEmail(accounts(dialect));
    const accountOf = ({ email }: Person) => held.get(normalizeEmail(email));
    const rowOf = (person: Person) => rosterRowOf(vendor, person, accountOf(person));
    const people = [...STAFF, KENJI].filter((person) => accountOf(person) !== undefined);
    await Promise.all(people.map((person) => roster.write(rowOf(person))));
    for (const { person, changes } of discrepancies.roster)
      await roster.write({ ...rowOf(person), ...changes });
    discrepancies.plant();
  }
}

function firstByEmail(accounts: readonly SimulatedAccount[]): Map<string, SimulatedAccount> {
  return new Map(accounts.toReversed().map((account) => [normalizeEmail(account.email), account]));
}

function rosterRowOf(
  app: App,
  { employeeId, email }: Person,
  account: SimulatedAccount | undefined,
): RosterRow {
  const isOpen = account?.isOpen ?? true;
  return {
    app,
    employeeId,
    email,
    vendorUserId: account?.vendorUserId ?? null,
    otherId: account?.otherId ?? null,
    role: null,
    login: isOpen ? 'open' : 'shut',
    lastWorkingDay: isOpen ? null : LAST_DAY,
    reassignTo: null,
    at: HIRED_AT,
  };
}
