import { APPS, type App } from '../../functions/shared/apps.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import type { RosterRow, RosterStore } from '../../functions/tables/roster-store.ts';
import { COLLEAGUES, KENJI, MARA, PETRA, type Person, STAFF } from './company.ts';
import type { VendorServers } from './start-vendors.ts';

// The sample company for a reconciliation: a roster that fits the seeded accounts, and some discrepancies made on
// purpose. Zoë's account in Drata, which the identity provider created before she was hired, is an orphan already.

type Account = { vendorUserId: string; otherId?: string; email: string; isOpen: boolean };

const HIRED_AT = '2024-01-15T09:00:00.000Z';
const LAST_DAY = '2026-10-30';
const CONTRACTOR = 'contractor@agency.example';
const DAY_MS = 86_400_000;

/** The colleague with this number, from 1. */
export function colleague(number: number): Person {
  const person = COLLEAGUES[number - 1];
  if (person === undefined) throw new Error(`There is no colleague ${number}.`);
  return person;
}

/**
 * Writes the roster as the apps have it, and then makes some discrepancies, each with another colleague.
 *
 * @throws Error when an app is not simulated.
 */
export async function plantDiscrepancies(
  vendors: Partial<VendorServers>,
  roster: RosterStore,
): Promise<void> {
  const servers = allOf(vendors);
  const accounts = accountsOf(servers);
  const accountOf = (app: App, { email }: Person) =>
    accounts[app].find((account) => sameEmail(account.email, email));
  const put = (app: App, person: Person, changes: Partial<RosterRow> = {}) =>
    roster.write({ ...rowOf(app, person, accountOf(app, person)), ...changes });

  for (const app of APPS) {
    const people = [...STAFF, KENJI].filter((person) => accountOf(app, person) !== undefined);
    await Promise.all(people.map((person) => put(app, person)));
  }
  await plantOnRoster(put);
  plantInApps(servers);
}

async function plantOnRoster(
  put: (app: App, person: Person, changes?: Partial<RosterRow>) => Promise<void>,
): Promise<void> {
  const left = { login: 'shut', lastWorkingDay: LAST_DAY, reassignTo: MARA.email } as const;
  await put('pipedrive', colleague(1), left);
  await put('driftwood', colleague(1), left);
  // This account was not known when the leaver was offboarded.
  await put('drift', colleague(2), { ...left, vendorUserId: null, otherId: null });
  // She was never invited, although she should have been.
  await put('drift', colleague(120));
  await put('pipedrive', colleague(6), { role: 'Account Executive' });
}

function plantInApps({ pipedrive, drata, salesloft, drift, driftwood }: VendorServers): void {
  const petra = find(pipedrive.state.users, PETRA).id;
  pipedrive.state.deals.push({ id: 1900, title: 'Forgotten deal', user_id: petra, status: 'open' });
  pipedrive.state.persons.push({ id: 3900, title: 'Forgotten contact', user_id: petra });
  for (const contact of drift.state.contacts.slice(0, 2))
    contact.ownerId = find(drift.state.agents, PETRA).id;

  find(pipedrive.state.users, colleague(5)).email = 'new.name@northlight.example';
  const role = { id: 900, role_id: 3, user_id: find(pipedrive.state.users, colleague(6)).id };
  pipedrive.state.roleAssignments.push({ ...role, active_flag: true });

  driftwood.state.users = driftwood.state.users.filter(({ email }) => email !== colleague(4).email);
  const [someone] = driftwood.state.users;
  if (someone !== undefined)
    driftwood.state.users.push({ ...someone, id: 'd41f7000-0000-4000-8000-000000009999', email: CONTRACTOR });

  find(drata.state.personnel, colleague(7)).isActive = false;

  Object.assign(find(salesloft.state.users, colleague(8)), { accepted: false });
  const yesterday = new Date(Date.now() - DAY_MS).toISOString();
  Object.assign(find(salesloft.state.users, colleague(9)), { accepted: false, created_at: yesterday });
}

function rowOf(app: App, { employeeId, email }: Person, account: Account | undefined): RosterRow {
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

function accountsOf({
  pipedrive,
  drata,
  salesloft,
  drift,
  driftwood,
}: VendorServers): Record<App, Account[]> {
  return {
    pipedrive: pipedrive.state.users.map(({ id, email, active_flag }) => ({
      vendorUserId: String(id),
      email,
      isOpen: active_flag,
    })),
    drata: drata.state.personnel.map(({ id, email, isActive }) => ({
      vendorUserId: id,
      email,
      isOpen: isActive,
    })),
    salesloft: salesloft.state.users.map(({ id, email, active }) => ({
      vendorUserId: String(id),
      email,
      isOpen: active,
    })),
    drift: drift.state.agents.map(({ id, scimId, email, active }) => ({
      vendorUserId: String(id),
      otherId: `scim:${scimId}`,
      email,
      isOpen: active,
    })),
    driftwood: driftwood.state.users.map(({ id, email, deactivated_at }) => ({
      vendorUserId: id,
      email,
      isOpen: deactivated_at === null,
    })),
  };
}

function find<Account extends { email: string }>(accounts: Account[], { email }: Person): Account {
  const account = accounts.find((candidate) => sameEmail(candidate.email, email));
  if (account === undefined) throw new Error(`${email} is not seeded.`);
  return account;
}

function allOf(vendors: Partial<VendorServers>): VendorServers {
  const { pipedrive, drata, salesloft, drift, driftwood } = vendors;
  if (!pipedrive || !drata || !salesloft || !drift || !driftwood)
    throw new Error('Discrepancies can be planted only when all five apps are simulated.');
  return { pipedrive, drata, salesloft, drift, driftwood };
}
