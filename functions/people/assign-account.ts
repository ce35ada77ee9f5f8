import { APP_TITLES, APPS } from '../shared/apps.ts';
import { IdentityConflictError, InvalidInputError } from '../shared/errors.ts';
import type { StoredFinding } from '../tables/finding-store.ts';
import type { AccountRow, IdentityStore } from '../tables/identity-store.ts';
import type { Order, OrderStore } from '../tables/order-store.ts';
import type { RosterRow, RosterStore } from '../tables/roster-store.ts';

export type AssignSources = {
  order: Pick<OrderStore, 'read'>;
  store: Pick<
    IdentityStore,
    'findByAddressHash' | 'findOwner' | 'readAccounts' | 'readProfile' | 'writeAccount'
  >;
  roster: Pick<RosterStore, 'find' | 'write'>;
};

/**
 * Records an open account that a reconciliation has found to be nobody's as an employee's: a person says so. Nothing is
 * changed in the app. As for an import, an account or an address that is recorded as another employee's stays theirs.
 *
 * @param found with the run that found it, and when that began, as an ISO instant.
 * @throws InvalidInputError `unknown` for somebody who is not known, `conflict` where it cannot be theirs, or is no
 *   account; IdentityConflictError when it is recorded as another employee's; the stores' errors.
 */
export async function assignAccount(
  { order, store, roster }: AssignSources,
  employeeId: string,
  found: { finding: StoredFinding; run: string; startedAt: string },
): Promise<void> {
  const { app, emailHash } = found.finding;
  const vendorUserId = assignable(found.finding);
  const profile = await store.readProfile(employeeId);
  if (profile === null)
    throw new InvalidInputError(
      `Nobody is known by the employee id ${JSON.stringify(employeeId)}. Import or hire them first.`,
      'unknown',
    );
  const { last, movedTo } = await order.read(employeeId);
  if (movedTo !== null)
    throw new InvalidInputError(`Employee ${employeeId} is ${movedTo} by now. Name that id.`, 'conflict');
  const known = (await store.readAccounts(employeeId)).find((account) => account.app === app);
  if (known !== undefined && known.vendorUserId !== vendorUserId)
    throw new InvalidInputError(
      `Employee ${employeeId} has the ${APP_TITLES[app]} account ${known.vendorUserId} already.`,
      'conflict',
    );
  const holders = emailHash === undefined ? [] : await store.findByAddressHash(emailHash);
  const others = [await store.findOwner(app, vendorUserId), ...holders];
  const other = others.find((id) => id !== null && id !== employeeId) ?? null;
  if (other !== null && !(holders.includes(employeeId) && holders.includes(other)))
    throw new IdentityConflictError(app, vendorUserId, other, { employeeId });
  const { email } = profile;
  await store.writeAccount(employeeId, accountRow({ app, vendorUserId, email }, found));
  await roster.write(await rosterRow(roster, last, { app, employeeId, email, vendorUserId }));
}

/** The id of an account that may be assigned. @throws InvalidInputError `conflict` */
function assignable({ kind, vendorUserId }: StoredFinding): string {
  if (kind !== 'orphan_account')
    throw new InvalidInputError('Only an account that is nobody’s can be assigned.', 'conflict');
  if (vendorUserId !== null && !vendorUserId.startsWith('invitation:')) return vendorUserId;
  throw new InvalidInputError(
    'It is an invitation, or shows no id. Reconcile again once there is an account.',
    'conflict',
  );
}

/** The reconciliation has seen that it is open, and is the last to have looked. */
function accountRow(
  account: Pick<AccountRow, 'app' | 'vendorUserId' | 'email'>,
  { run, startedAt }: { run: string; startedAt: string },
): AccountRow {
  return { ...account, otherId: null, status: 'active', role: null, verifiedAt: startedAt, execution: run };
}

/** Of somebody who has left, the account should be shut, so that the next reconciliation says so. */
async function rosterRow(
  roster: Pick<RosterStore, 'find'>,
  last: Order['last'],
  account: Pick<RosterRow, 'app' | 'employeeId' | 'email' | 'vendorUserId'>,
): Promise<RosterRow> {
  const rows = await Promise.all(APPS.map((app) => roster.find(app, account.employeeId)));
  const isOpenAnywhere = rows.some((row) => row?.login === 'open');
  const shut = rows.find((row) => row?.login === 'shut') ?? null;
  const hasLeft = last?.run.workflow === 'offboarding' && !isOpenAnywhere ? shut : null;
  return {
    ...account,
    ...{ otherId: null, role: null, at: new Date().toISOString() },
    login: hasLeft === null ? 'open' : 'shut',
    lastWorkingDay: hasLeft?.lastWorkingDay ?? null,
    reassignTo: hasLeft?.reassignTo ?? null,
  };
}
