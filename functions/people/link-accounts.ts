import type { App } from '../shared/apps.ts';
import { hashOfEmail } from '../shared/email.ts';
import { IdentityConflictError } from '../shared/errors.ts';
import type { IdentityStore } from '../tables/identity-store.ts';
import { BEFORE_ALL_EVENTS, type RosterStore } from '../tables/roster-store.ts';
import type { StagedAccount } from '../tables/staged-pages.ts';
import type { Person } from './people-file.ts';
import type { LinkRow } from './summary.ts';

type Parts = {
  app: App;
  people: readonly Person[];
  /** All accounts of the app. */
  accounts: readonly StagedAccount[];
  store: Pick<IdentityStore, 'findByAddress' | 'findOwner' | 'readAccounts' | 'writeAccount'>;
  roster: Pick<RosterStore, 'find' | 'write'>;
  /** Whether only to say what would be linked. */
  plan: boolean;
  execution: string;
  /** Now, as an ISO instant. */
  at: string;
};

const AT_ONCE = 20;

/**
 * Links the accounts of an app to the people whose address they have. The company says in its file whose an address is;
 * an account that is recorded as somebody else's stays theirs, and where several could be meant none is linked.
 *
 * @returns a row for each person, and one for each open account that is nobody's.
 * @throws the stores' errors.
 */
export async function linkAccounts(parts: Parts): Promise<LinkRow[]> {
  const { app, people, accounts } = parts;
  const byAddress = Map.groupBy(distinct(accounts), ({ emailHash }) => emailHash);
  const claimed = new Set<StagedAccount>();
  const byId = new Map(accounts.map((account) => [account.id, account]));
  const linkOne = async (person: Person): Promise<LinkRow> => {
    const same = person.email === null ? [] : (byAddress.get(hashOfEmail(person.email)) ?? []);
    const known = (await parts.store.readAccounts(person.employeeId)).find((row) => row.app === app);
    for (const account of [...same, byId.get(known?.vendorUserId ?? ''), byId.get(known?.otherId ?? '')])
      if (account !== undefined) claimed.add(account);
    const { employeeId, email } = person;
    const row = { app, employeeId, email, name: `${person.firstName} ${person.lastName}` };
    if (known !== undefined) return { ...row, status: 'known', vendorUserId: known.vendorUserId };
    return { ...row, ...(await link(parts, person, same)) };
  };
  // Whoever has left lacks nothing.
  const isOver = new Set<string | null>(
    people.flatMap(({ employeeId, hasLeft }) => (hasLeft ? [employeeId] : [])),
  );
  const rows: LinkRow[] = [];
  for (let from = 0; from < people.length; from += AT_ONCE)
    for (const row of await Promise.all(people.slice(from, from + AT_ONCE).map(linkOne)))
      if (!(isOver.has(row.employeeId) && (row.status === 'lacks' || row.status === 'closed')))
        rows.push(row);
  return [...rows, ...(await nobodys(parts, claimed))];
}

type Linked = Pick<LinkRow, 'status' | 'vendorUserId' | 'detail'>;

async function link(parts: Parts, person: Person, same: readonly StagedAccount[]): Promise<Linked> {
  const { app, store, roster, plan, execution, at } = parts;
  const account = accountOf(same);
  if (account === null) {
    const invitation = same.find(({ isOpen }) => isOpen);
    if (same.length > 1 && same.some(({ id }) => id !== null))
      return { status: 'in_doubt', vendorUserId: null, detail: 'Several accounts have the address.' };
    if (invitation !== undefined)
      return { status: 'lacks', vendorUserId: null, detail: 'Is invited, and has no account yet.' };
    return { status: 'lacks', vendorUserId: null };
  }
  const { vendorUserId, otherId, isOpen } = account;
  const holders = (await store.findByAddress(person.email ?? '')).filter((id) => id !== person.employeeId);
  const owner = holders[0] ?? (await store.findOwner(app, vendorUserId));
  if (owner !== null && owner !== person.employeeId) return inDoubt(vendorUserId, owner);
  const linked: Linked = { status: isOpen ? 'linked' : 'closed', vendorUserId };
  // Nobody has said that the closed account of somebody who works here should be open.
  if (plan || (!isOpen && !person.hasLeft)) return linked;
  const email = person.email ?? '';
  const facts = { app, vendorUserId, otherId, email, role: null };
  if (mayRecord(person, account)) {
    const status = account.isInvited ? 'invited' : 'active';
    const row = { ...facts, status, verifiedAt: at, execution } as const;
    try {
      await store.writeAccount(person.employeeId, row);
    } catch (error) {
      if (error instanceof IdentityConflictError) return inDoubt(vendorUserId, 'somebody else');
      throw error;
    }
  }
  await roster.write({
    ...facts,
    employeeId: person.employeeId,
    login: person.hasLeft ? 'shut' : 'open',
    lastWorkingDay: person.hasLeft ? person.lastDay : null,
    reassignTo: null,
    at,
    position: (await roster.find(app, person.employeeId))?.position ?? BEFORE_ALL_EVENTS,
  });
  return linked;
}

/**
 * Whether an account is recorded as the person's, by its address alone. Names are not compared once it is, and a list has
 * none: a closed account, or one with the address of somebody who has left, may be another holder's of the address.
 */
function mayRecord({ hasLeft }: Person, { isOpen }: Pick<StagedAccount, 'isOpen'>): boolean {
  return isOpen && !hasLeft;
}

function inDoubt(vendorUserId: string, owner: string): Linked {
  const detail = `The account or the address is recorded as that of employee ${owner}.`;
  return { status: 'in_doubt', vendorUserId, detail };
}

type Account = { vendorUserId: string; otherId: string | null; isOpen: boolean; isInvited: boolean };

/** The one account of several entries, which an app may list under both of its surfaces; null for none or several. */
function accountOf(same: readonly StagedAccount[]): Account | null {
  const withId = same.flatMap(({ id, ...rest }) => (id === null ? [] : [{ ...rest, id }]));
  const [scim, rest] = [true, false].map((isScim) =>
    withId.filter(({ id }) => id.startsWith('scim:') === isScim),
  );
  if ((scim?.length ?? 0) > 1 || (rest?.length ?? 0) > 1) return null;
  const main = rest?.[0] ?? scim?.[0];
  if (main === undefined) return null;
  const other = main === scim?.[0] ? null : (scim?.[0]?.id ?? null);
  return {
    vendorUserId: main.id,
    otherId: other,
    isOpen: withId.some(({ isOpen }) => isOpen),
    isInvited: same.some(({ invitedAt }) => invitedAt !== undefined),
  };
}

/** The open accounts that are neither anybody's of the file nor recorded as another employee's. */
async function nobodys(
  { app, accounts, store }: Parts,
  claimed: ReadonlySet<StagedAccount>,
): Promise<LinkRow[]> {
  const rows: LinkRow[] = [];
  const row = { app, employeeId: null, email: null, name: null, status: 'nobodys' } as const;
  const seen = new Set<string>();
  for (const account of distinct(accounts)) {
    if (claimed.has(account) || !account.isOpen) continue;
    // An app may list somebody under both of its surfaces.
    if (account.emailHash !== null && seen.has(account.emailHash)) continue;
    if (account.emailHash !== null) seen.add(account.emailHash);
    const { id, reference = null } = account;
    if (id !== null && (await store.findOwner(app, id)) !== null) continue;
    rows.push({ ...row, vendorUserId: id ?? reference });
  }
  return rows;
}

/** An account that moved to another page meanwhile is listed twice. */
function distinct(accounts: readonly StagedAccount[]): StagedAccount[] {
  const seen = new Set<string>();
  return accounts.filter(({ id }) => {
    if (id === null) return true;
    const isNew = !seen.has(id);
    seen.add(id);
    return isNew;
  });
}
