import { expect, it } from 'vitest';
import { asking } from '../../functions/shared/asks.ts';
import type { StepResult } from '../../functions/shared/outcome.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import { type FoundAccount, findAccount, type Owners } from '../../functions/vendor/find-account.ts';
import { ANN } from '../../local/vendors/company.ts';

/** What becomes of the one account that an app shows under Ann's address. */
function foundFor(
  shown: { name: string | null; isOpen: boolean; externalId?: string; role?: string | null },
  workflow: Workflow = 'onboarding',
  role: string | null = null,
  formerHolders: Awaited<ReturnType<Owners['findFormerHolders']>> = [],
  owners: Partial<Owners> = {},
  more: readonly FoundAccount<{ vendorUserId: string }>[] = [],
): Promise<StepResult> {
  const { employeeId, firstName, lastName, email } = ANN;
  const known = { previousEmployeeIds: [], profileEmail: email, earlierAddresses: [], contradictedBy: null };
  const account = { account: { vendorUserId: '7' }, address: email, externalId: null, ...shown };
  return findAccount({
    input: {
      ...{ app: 'drift', vendorUserId: null, reinstates: false, role },
      person: { ...known, workflow, employeeId, email, name: { firstName, lastName } },
    },
    owners: {
      ...{ findOwner: async () => null, findByAddress: async () => [employeeId] },
      findFormerHolders: async () => formerHolders,
      ...owners,
    },
    search: async () => [account, ...more],
  });
}

const followUpsOf = async (...asked: Parameters<typeof foundFor>) => (await foundFor(...asked)).followUps;

it.each([null, '', ' '])('says that a shut account is opened again that shows the name %j', async (name) => {
  expect(await followUpsOf({ name, isOpen: false })).toEqual([
    "Check that Drift account 7 was employee E-1003's before: it was shut, has their address and shows no name, and the hire opens it again.",
  ]);
});

it('says nothing of an account that is open, is named, or is left', async () => {
  expect(await followUpsOf({ name: null, isOpen: true })).toBeUndefined();
  expect(await followUpsOf({ name: 'Ann Lee', isOpen: false })).toBeUndefined();
  expect(await followUpsOf({ name: null, isOpen: false }, 'offboarding')).toBeUndefined();
});

it('shuts nobody who had the leaver’s address before', async () => {
  const former = [{ employeeId: 'E-9', name: { firstName: 'Ann', lastName: 'Olsen' } }];
  const shown = { name: 'Ann Olsen', isOpen: true };
  expect(await foundFor(shown, 'offboarding')).toMatchObject({ status: 'found' });
  await expect(foundFor(shown, 'offboarding', null, former)).rejects.toMatchObject({
    name: 'IdentityConflictError',
  });
});

it('takes no account for the leaver’s that is shut and has a part of their name, and asks a person', async () => {
  expect(await foundFor({ name: 'Ann Olsen', isOpen: false }, 'offboarding')).toMatchObject({
    status: 'not_found',
    followUps: [
      "Find out whether Drift account 7 was employee E-1003's: it is shut and has their address, but not their whole name or their number. It was left alone, with what it owns.",
    ],
  });
});

it('shuts the leaver’s own account beside an open one of somebody else’s, and asks a person', async () => {
  const owned = { findOwner: async (_: string, id: string) => (id === '7' ? ANN.employeeId : null) };
  const found = await foundFor({ name: 'Ann Lee', isOpen: true }, 'offboarding', null, [], owned, [
    { account: { vendorUserId: '8' }, address: ANN.email, externalId: null, name: 'Bo Lind', isOpen: true },
  ]);
  expect(found).toMatchObject({ status: 'found', account: { vendorUserId: '7' } });
  expect(found.followUps).toEqual([
    "Find out whether Drift account 8 is employee E-1003's too: it is open, has an address of theirs, and the name or external id of somebody else. It was left alone.",
  ]);
});

const ASKED = ['Give the person the role Admin in Drift; its API cannot.'];

it.each([undefined, null, 'agent', ''])('asks for a role where the app shows %j', async (role) => {
  const shown = { name: 'Ann Lee', isOpen: true, ...(role === undefined ? {} : { role }) };
  expect(await foundFor(shown, 'onboarding', 'Admin')).toMatchObject(asking('role', ASKED));
});

it('asks nobody for a role that the person has, nor for one in the end', async () => {
  const shown = { name: 'Ann Lee', isOpen: true, role: 'admin' };
  expect(await followUpsOf(shown, 'onboarding', 'Admin')).toBeUndefined();
  expect(await followUpsOf({ ...shown, role: 'agent' }, 'offboarding', 'Admin')).toBeUndefined();
});
