import { randomUUID } from 'node:crypto';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod/mini';
import { disarm } from '../../functions/runs/disarm.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { takeOver } from '../../functions/runs/takeover.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, MARA, type Person } from '../../local/vendors/company.ts';
import { allSimulated, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { SIMULATED_PEOPLE } from '../contract-subjects.ts';
import { hire, hireLater, inDays, newcomer, termination } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

// Every sequence ends as HR last asked. What waits for a moment waits for days here, so it is met while it waits.

let runtime: Runtime;
let vendors: VendorServers;
let person: Person;
let minutes = 0;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime();
  vendors = allSimulated(runtime.vendors);
});
afterAll(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});
beforeEach(() => {
  person = newcomer();
  vendors.driftwood.state.hidesDeactivated = false;
  for (const vendor of Object.values(vendors)) vendor.journal.length = 0;
});

/** An event that happened a minute after the one before it. */
function event(type: HrEvent['detail-type'], detail: object): HrEvent {
  minutes += 1;
  const time = new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
  return z.parse(HrEvent, { id: randomUUID(), source: 'hr', time, 'detail-type': type, detail });
}

const IN_DRIFTWOOD = [{ app: 'driftwood' as const }];
const hired = () => event('employee.hired', hire(person));
const hiredLater = () => event('employee.hired', hireLater(person));
const left = () => event('employee.terminated', termination(person, { apps: IN_DRIFTWOOD }));
const leavesIn = (days: number) =>
  event(
    'employee.terminated',
    termination(person, {
      ...{ apps: IN_DRIFTWOOD, when: 'endOfLastWorkingDay', lastWorkingDay: inDays(days) },
    }),
  );
const employee = () => ({ employeeId: person.employeeId });
const hireRescinded = () => event('hire.rescinded', { employee: employee() });
const terminationRescinded = () => event('termination.rescinded', { employee: employee() });

/** The person's accounts in Driftwood: whether each is open. */
const logins = () =>
  vendors.driftwood.state.users
    .filter(({ email }) => email.toLowerCase() === person.email)
    .map(({ deactivated_at }) => (deactivated_at ?? '') === '');
const runsOf = () => runtime.store.readRuns(person.employeeId);
const reportOf = async (name: string) => (await runsOf()).find(({ execution }) => execution === name)?.report;

/** Hands over an event whose run is to wait, and comes back once it does. */
async function wait(waiting: HrEvent): Promise<string> {
  const { name } = await runtime.put(waiting);
  await waitsFor(name);
  return name;
}

async function waitsFor(name: string): Promise<void> {
  await vi.waitFor(async () => expect((await runsOf()).map(({ execution }) => execution)).toContain(name), {
    timeout: 30_000,
    interval: 20,
  });
}

async function complete(played: HrEvent) {
  const report = await runtime.play(played);
  expect(report.status).toBe('complete');
  return report;
}

describe('a leaver', () => {
  beforeEach(() => complete(hired()));

  it('who is postponed is not shut on the old day: the run for the new one replaces the other', async () => {
    const old = await wait(leavesIn(3));
    const postponed = await wait(leavesIn(9));
    expect(await reportOf(old)).toMatchObject({ status: 'superseded', supersededBy: postponed });
    expect((await runtime.over('offboarding', old))?.status).toBe('ABORTED');
    expect(await reportOf(postponed)).toBeNull();
    expect(logins()).toEqual([true]);
  });

  it('who is postponed stays so when the old event is delivered again', async () => {
    const old = leavesIn(3);
    await wait(old);
    const postponed = await wait(leavesIn(9));
    expect(await runtime.play(old)).toMatchObject({ status: 'superseded', supersededBy: postponed });
    expect((await runsOf()).at(-1)).toMatchObject({ execution: postponed, report: null });
  });

  it('who is hired again and leaves with the same words is shut again', { tags: 'slow' }, async () => {
    await complete(left());
    await complete(hired());
    expect(logins()).toEqual([true]);
    expect((await complete(left())).apps).toMatchObject([{ status: 'done' }]);
    expect(logins()).toEqual([false]);
  });

  it('who is hired again with the same words is let in again, as often as that happens', {
    tags: 'slow',
  }, async () => {
    for (const time of ['once', 'twice']) {
      await complete(left());
      expect(logins(), time).toEqual([false]);
      expect((await complete(hired())).apps).toMatchObject([{ status: 'invited' }]);
      expect(logins(), time).toEqual([true]);
    }
  });

  it('is not let in by the hire from before, delivered late', async () => {
    const late = hired();
    await complete(left());
    vendors.driftwood.journal.length = 0;
    expect(await runtime.play(late)).toMatchObject({ status: 'superseded' });
    expect(vendors.driftwood.journal).toEqual([]);
    expect(logins()).toEqual([false]);
  });
});

describe('a hire', () => {
  it('that waits and is terminated opens nothing', async () => {
    const waiting = await wait(hiredLater());
    const leaver = event('employee.terminated', termination(person, { apps: IN_DRIFTWOOD }));
    expect(await runtime.play(leaver)).toMatchObject({ status: 'complete', apps: [{ status: 'not_found' }] });
    expect((await runtime.over('onboarding', waiting))?.status).toBe('ABORTED');
    expect(logins()).toEqual([]);
    expect(vendors.driftwood.writes()).toEqual([]);
  });

  it('that waits goes on when a termination is rescinded that never was, or comes after that', async () => {
    const waiting = await wait(hiredLater());
    const early = left();
    expect((await runtime.play(terminationRescinded())).status).toBe('superseded');
    expect((await runtime.play(early)).status).toBe('superseded');
    expect(await reportOf(waiting)).toBeNull();
  });

  it('with a sequence that is old is superseded by a termination without one', async () => {
    await complete(event('employee.hired', { ...hire(person), sequence: 1 }));
    const old = event('employee.hired', { ...hire(person), sequence: 5 });
    await complete(left());
    expect((await runtime.play(old)).status).toBe('superseded');
    expect(logins()).toEqual([false]);
  });

  it('that was rescinded is not brought back by a rescinded termination', { tags: 'slow' }, async () => {
    await complete(hired());
    await complete(hireRescinded());
    await runtime.play(terminationRescinded());
    expect(logins()).toEqual([false]);
  });

  it('that waits, is terminated, and whose termination is rescinded waits again', async () => {
    await wait(hiredLater());
    await runtime.play(left());
    const again = await wait(terminationRescinded());
    expect(await reportOf(again)).toBeNull();
    expect(logins()).toEqual([]);
    const status = await complete(hired());
    expect(status.apps).toMatchObject([{ app: 'driftwood', status: 'invited' }]);
    expect((await reportOf(again))?.status).toBe('superseded');
  });

  it('that waits, is terminated twice, and whose termination is rescinded twice waits again', {
    tags: 'slow',
  }, async () => {
    await wait(hiredLater());
    await runtime.play(left());
    await runtime.play(left());
    const first = await wait(terminationRescinded());
    const second = await wait(terminationRescinded());
    expect(await reportOf(first)).toMatchObject({ status: 'superseded', supersededBy: second });
    await runtime.play(left());
    const third = await wait(terminationRescinded());
    expect(await reportOf(third)).toBeNull();
    expect(logins()).toEqual([]);
  });

  it('that waits and is terminated waits again when somebody rescinds that in the console', async () => {
    await wait(hiredLater());
    await runtime.play(left());
    const { machines } = runSourcesFromEnvironment();
    const name = `by-hand-${randomUUID()}`;
    const input = JSON.stringify({ employee: employee(), rescinds: 'termination' });
    const stateMachineArn = machines.arns.onboarding;
    await machines.client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
    await waitsFor(name);
    expect((await runsOf()).find(({ execution }) => execution === name)?.dueAt?.slice(0, 10)).toBe(inDays(3));
    expect(await reportOf(name)).toBeNull();
    expect(logins()).toEqual([]);
  });

  it('of somebody who works here brings back what was shut too, and waits for no first day', async () => {
    await complete(hired());
    await wait(event('employee.hired', { ...hireLater(person), apps: [{ app: 'drift' }] }));
    await complete(left());
    expect(logins()).toEqual([false]);
    const { apps } = await complete(terminationRescinded());
    expect(apps.map(({ app }) => app).sort()).toEqual(['drift', 'driftwood']);
    expect(logins()).toEqual([true]);
  });

  it('that was stopped by a person does not go on when a termination after it is rescinded', async () => {
    const name = await wait(hiredLater());
    await disarm(runSourcesFromEnvironment().order, person.employeeId, name);
    await runtime.play(left());
    await runtime.play(terminationRescinded());
    expect((await runsOf()).filter(({ report }) => report === null)).toEqual([]);
    expect(logins()).toEqual([]);
  });

  it('that waits, is terminated, and whose termination is rescinded after a takeover waits again', {
    tags: 'slow',
  }, async () => {
    await wait(hiredLater());
    await runtime.play(left());
    const { employeeId: from } = person;
    person = { ...person, employeeId: newcomer().employeeId };
    await takeOver(
      { ...runSourcesFromEnvironment(), store: runtime.store, roster: runtime.roster },
      { from, to: person.employeeId },
    );
    const again = await wait(terminationRescinded());
    expect(logins()).toEqual([]);
    await complete(hired());
    expect((await reportOf(again))?.status).toBe('superseded');
  });

  it('with the address of somebody whose hire waits is stopped before anything is written', async () => {
    await wait(hiredLater());
    const other = { ...newcomer(), email: person.email };
    const report = await runtime.play(event('employee.hired', hire(other)));
    expect(report.apps).toMatchObject([{ error: { name: 'IdentityConflictError' } }]);
    expect(logins()).toEqual([]);
  });

  it('that is older than what was accepted calls nobody, and says by what it is superseded', async () => {
    const [older, newer] = [hired(), left()];
    const { name } = await runtime.put(newer);
    await runtime.over('offboarding', name);
    vendors.driftwood.journal.length = 0;
    expect(await runtime.play(older)).toMatchObject({ status: 'superseded', supersededBy: name, apps: [] });
    expect(vendors.driftwood.journal).toEqual([]);
  });
});

it('two terminations at once with different new owners: one after the other, and no record is split', async () => {
  const { users, deals } = vendors.pipedrive.state;
  const idOf = (email: string) => users.find((user) => user.email === email)?.id;
  const other = users.find(
    ({ email, active_flag }) => active_flag && ![ANN.email, MARA.email].includes(email),
  );
  if (other === undefined) throw new Error('Pipedrive has nobody else.');
  vendors.pipedrive.state.deals = deals.filter(({ id }) => id < 1012 || id >= 1200);
  const annsDeals = vendors.pipedrive.state.deals.filter(
    ({ user_id, status }) => user_id === idOf(ANN.email) && status === 'open',
  );
  expect(annsDeals.length).toBeGreaterThan(0);
  person = ANN;
  const leaves = (reassignTo: string) =>
    event('employee.terminated', termination(ANN, { apps: [{ app: 'pipedrive' }], reassignTo }));
  const [toMara, toOther] = [leaves(MARA.email), leaves(other.email)];
  const reports = await Promise.all([runtime.put(toMara), runtime.put(toOther)]);
  for (const { name } of reports) await runtime.over('offboarding', name);
  const owners = new Set(annsDeals.map(({ user_id }) => user_id));
  expect(owners.size).toBe(1);
  const said = (await runsOf()).flatMap(({ report }) => report?.apps ?? []).flatMap(({ changes }) => changes);
  const moved = said
    .filter(({ what }) => what === 'open deals reassigned')
    .map((change) => change.moved ?? 0);
  expect(moved.reduce((sum, count) => sum + count, 0)).toBe(annsDeals.length);
  expect((await runsOf()).map(({ report }) => report?.status)).toContain('complete');
});

describe('termination.rescinded', () => {
  it('before its moment stops the run that waits, and changes nothing', async () => {
    await complete(hired());
    const waiting = await wait(leavesIn(3));
    vendors.driftwood.journal.length = 0;
    const report = await complete(terminationRescinded());
    expect(report).toMatchObject({ workflow: 'onboarding', apps: [] });
    expect(await reportOf(waiting)).toMatchObject({ status: 'superseded' });
    expect((await runtime.over('offboarding', waiting))?.status).toBe('ABORTED');
    expect(vendors.driftwood.writes()).toEqual([]);
    expect(logins()).toEqual([true]);
  });

  it.each([false, true])(
    'after its moment brings back what was shut, and another time nothing (in a list which hides it: %s)',
    async (hides) => {
      vendors.driftwood.state.hidesDeactivated = hides;
      await complete(hired());
      await complete(left());
      const report = await complete(terminationRescinded());
      expect(report.apps).toMatchObject([{ app: 'driftwood', status: 'invited' }]);
      expect(logins()).toEqual([true]);
      expect((await complete(terminationRescinded())).apps).toEqual([]);
    },
  );

  it('whose run failed brings the rest back when it is delivered again', { tags: 'slow' }, async () => {
    await complete(hired());
    await complete(left());
    const rescinded = terminationRescinded();
    vendors.driftwood.inject({ status: 401, body: '{}' });
    expect((await runtime.play(rescinded)).status).toBe('failed');
    vendors.driftwood.heal();
    expect((await complete(rescinded)).apps).toMatchObject([{ app: 'driftwood', status: 'invited' }]);
    expect(logins()).toEqual([true]);
  });

  it('brings nobody back whom somebody had shut before the termination', async () => {
    await complete(hired());
    const user = vendors.driftwood.state.users.find(({ email }) => email.toLowerCase() === person.email);
    if (user === undefined) throw new Error('The person has no account.');
    user.deactivated_at = '2026-01-01T00:00:00Z';
    await complete(left());
    expect((await complete(terminationRescinded())).apps).toEqual([]);
    expect(logins()).toEqual([false]);
  });
});

describe('termination.rescinded of somebody nobody knows', () => {
  it('names an unknown person, and calls no app', async () => {
    expect((await runtime.play(terminationRescinded())).status).toBe('unknown_person');
    expect(vendors.driftwood.journal).toEqual([]);
  });

  it('is complete where it stops the termination that waits', async () => {
    await wait(leavesIn(3));
    await complete(terminationRescinded());
  });
});

describe('apps whose SCIM compares the case', () => {
  it('take part in a leave, its rescind, a second leave and a rehire in the spelling that the app has', {
    tags: 'slow',
  }, async () => {
    const scimApps = [vendors.salesloft, vendors.drift];
    for (const { state } of scimApps) state.scimComparesCase = true;
    const apps = [{ app: 'salesloft' as const }, { app: 'drift' as const }];
    person = { ...person, email: `First.${person.email.toUpperCase()}` };
    const accounts = () =>
      (['salesloft', 'drift'] as const).map((app) =>
        SIMULATED_PEOPLE[app]
          .accounts(vendors)
          .filter(({ email }) => email.toLowerCase() === person.email.toLowerCase())
          .map(({ isOpen }) => isOpen),
      );
    await runtime.play(event('employee.hired', hire(person, { apps })));
    for (const account of await runtime.store.readAccounts(person.employeeId))
      expect(account.status, account.app).not.toBe('unverified');
    person = { ...person, email: person.email.toLowerCase() };
    const leaves = () => event('employee.terminated', termination(person, { apps }));
    await complete(leaves());
    expect(accounts()).toEqual([[false], [false]]);
    await runtime.play(terminationRescinded());
    expect(accounts()).toEqual([[true], [true]]);
    await complete(leaves());
    expect(accounts()).toEqual([[false], [false]]);
    await runtime.play(event('employee.hired', hire(person, { apps })));
    expect(accounts()).toEqual([[true], [true]]);
    for (const { state } of scimApps) state.scimComparesCase = false;
  });
});

describe('hire.rescinded', () => {
  it('before its moment stops the run that waits, and changes nothing', async () => {
    const waiting = await wait(hiredLater());
    const report = await complete(hireRescinded());
    expect(report).toMatchObject({ workflow: 'offboarding', apps: [] });
    expect(await reportOf(waiting)).toMatchObject({ status: 'superseded' });
    expect((await runtime.over('onboarding', waiting))?.status).toBe('ABORTED');
    expect(vendors.driftwood.writes()).toEqual([]);
    expect(logins()).toEqual([]);
  });

  it('after its moment shuts what was opened, and a hire opens it again', async () => {
    vendors.driftwood.state.hidesDeactivated = true;
    await complete(hired());
    const report = await complete(hireRescinded());
    expect(report.apps).toMatchObject([{ app: 'driftwood', status: 'done' }]);
    expect(logins()).toEqual([false]);
    await complete(hired());
    expect(logins()).toEqual([true]);
  });

  it('leaves an account alone that was open before the hire', async () => {
    const { firstName, lastName, email } = person;
    const account = { name: `${firstName} ${lastName}`, email, isOpen: true };
    SIMULATED_PEOPLE.driftwood.plant(vendors, account);
    expect((await complete(hired())).apps).toMatchObject([{ status: 'already_done' }]);
    expect((await complete(hireRescinded())).apps).toEqual([]);
    expect(logins()).toEqual([true]);
  });

  it('that has opened nothing leaves a termination alone that waits', async () => {
    const { firstName, lastName, email } = person;
    const account = { name: `${firstName} ${lastName}`, email, isOpen: true };
    SIMULATED_PEOPLE.driftwood.plant(vendors, account);
    await complete(hired());
    const waiting = await wait(leavesIn(3));
    expect((await runtime.play(hireRescinded())).status).toBe('superseded');
    expect(await reportOf(waiting)).toBeNull();
    expect(logins()).toEqual([true]);
  });

  it('delivered before its hire keeps that from opening anything', async () => {
    const late = hiredLater();
    await runtime.play(hireRescinded());
    expect(await runtime.play(late)).toMatchObject({ status: 'superseded' });
    expect(logins()).toEqual([]);
  });
});

describe('a hire that names a previous employee id', () => {
  const underNewId = (previous: Person) => {
    person = { ...previous, employeeId: `N-${previous.employeeId}` };
    return event('employee.hired', { ...hire(person), previousEmployeeId: previous.employeeId });
  };

  it('moves profile and account to the new id, once, and makes no second account', async () => {
    await complete(hired());
    const before = person;
    const accounts = await runtime.store.readAccounts(before.employeeId);
    const again = underNewId(before);
    expect((await complete(again)).apps).toMatchObject([{ status: 'invited' }]);
    await complete(again);
    expect(logins()).toEqual([true]);
    expect(await runtime.store.readAccounts(before.employeeId)).toEqual([]);
    expect(await runtime.store.readAccounts(person.employeeId)).toMatchObject(
      accounts.map(({ app, vendorUserId }) => ({ app, vendorUserId })),
    );
    expect(await runtime.store.readProfile(person.employeeId)).toMatchObject({
      previousEmployeeIds: [before.employeeId],
    });
  });

  it('lets a later event of the old id shut nobody, and one of the new id shut the account', async () => {
    await complete(hired());
    const before = person;
    await complete(underNewId(before));
    const old = event('employee.terminated', termination(before, { apps: IN_DRIFTWOOD }));
    expect(await runtime.play(old)).toMatchObject({
      status: 'superseded',
      supersededBy: person.employeeId,
    });
    expect(logins()).toEqual([true]);
    await complete(left());
    expect(logins()).toEqual([false]);
  });

  /** Takes the id over just before the next profile is stored under it. */
  const takeOverBeforeProfile = (ids: { from: string; to: string }) => {
    const sources = { ...runSourcesFromEnvironment(), store: runtime.store, roster: runtime.roster };
    const { send } = DynamoDBClient.prototype;
    let isTaken = false;
    vi.spyOn(DynamoDBClient.prototype, 'send').mockImplementation(async function (
      this: DynamoDBClient,
      ...[command, ...rest]: Parameters<typeof send>
    ) {
      const { pk, sk } = (command instanceof PutItemCommand && command.input.Item) || {};
      const isProfile = pk?.S === `EMPLOYEE#${ids.from}` && sk?.S === 'PROFILE';
      if (isProfile && !isTaken) {
        isTaken = true;
        await takeOver(sources, ids);
      }
      return send.call(this, command, ...rest);
    });
    onTestFinished(() => void vi.restoreAllMocks());
  };

  const expectMoved = (ids: { from: string; to: string }, email: string) =>
    // The run is stopped, and what its step was about to do goes on.
    vi.waitFor(async () => {
      expect(await runtime.store.readProfile(ids.to)).not.toBeNull();
      expect(await runtime.store.readProfile(ids.from)).toBeNull();
      expect(await runtime.store.findByAddress(email)).toEqual([ids.to]);
    }, 30_000);

  it('leaves nothing under the old id, though a run was about to store its profile', async () => {
    const { employeeId, email } = person;
    const ids = { from: employeeId, to: `N-${employeeId}` };
    takeOverBeforeProfile(ids);
    await runtime.put(hired());
    await expectMoved(ids, email);
  });

  it('leaves nothing there of a change of facts either', { tags: 'slow' }, async () => {
    const { employeeId, email } = person;
    const ids = { from: employeeId, to: `N-${employeeId}` };
    await complete(hired());
    takeOverBeforeProfile(ids);
    await runtime.put(event('employee.updated', { employee: { employeeId, email: `new-${email}` } }));
    await expectMoved(ids, email);
    expect(await runtime.store.findByAddress(`new-${email}`)).toEqual([]);
  });

  it('stops the termination that waits for the old id', async () => {
    await complete(hired());
    const waiting = await wait(leavesIn(3));
    const before = person;
    await complete(underNewId(before));
    expect((await runtime.over('offboarding', waiting))?.status).toBe('ABORTED');
    const [run] = (await runtime.store.readRuns(before.employeeId)).slice(-1);
    expect(run?.report).toMatchObject({ status: 'superseded', supersededBy: person.employeeId });
  });

  it('leaves it to a takeover to give an id back, after which its events count again', {
    tags: 'slow',
  }, async () => {
    await complete(hired());
    const before = person;
    await complete(underNewId(before));
    const ids = { from: person.employeeId, to: before.employeeId };
    const sources = { ...runSourcesFromEnvironment(), store: runtime.store, roster: runtime.roster };
    await takeOver(sources, ids);
    person = before;
    await complete(left());
    expect(logins()).toEqual([false]);
  });

  it('is refused where nobody is known by that id, before any app is called, and what waits goes on', async () => {
    await complete(hired());
    const waiting = await wait(leavesIn(3));
    const known = person;
    const report = await runtime.play(
      event('employee.hired', { ...hire(known), previousEmployeeId: `${known.employeeId}-nobody` }),
    );
    expect(report).toMatchObject({ status: 'failed', apps: [{ error: { name: 'InvalidInputError' } }] });
    expect(await reportOf(waiting)).toBeNull();
    // Whoever gets that id later is nobody of theirs.
    const later = { ...newcomer(), employeeId: `${known.employeeId}-nobody` };
    await complete(event('employee.hired', hire(later)));
    await complete(left());
    person = later;
    expect(logins()).toEqual([true]);
  });

  it('is refused where that is somebody of another name and another address', async () => {
    const colleague = newcomer();
    await complete(event('employee.hired', hire({ ...colleague, firstName: 'Col', lastName: 'League' })));
    vendors.driftwood.journal.length = 0;
    const mistaken = event('employee.hired', { ...hire(person), previousEmployeeId: colleague.employeeId });
    expect(await runtime.play(mistaken)).toMatchObject({ status: 'failed' });
    expect(vendors.driftwood.journal).toEqual([]);
  });

  it('before its moment, and is rescinded, shuts nobody', async () => {
    await complete(hired());
    const again = { ...person, employeeId: `${person.employeeId}-2` };
    const before = person;
    person = again;
    await wait(event('employee.hired', { ...hireLater(again), previousEmployeeId: before.employeeId }));
    expect((await complete(hireRescinded())).apps).toEqual([]);
    expect(logins()).toEqual([true]);
  });
});

it('a conflict that a takeover released is gone when the same event is played again', {
  tags: 'slow',
}, async () => {
  await complete(hired());
  const { employeeId: from } = person;
  const rehired = { ...person, employeeId: newcomer().employeeId };
  const again = event('employee.hired', hire(rehired));
  const [refused] = (await runtime.play(again)).apps;
  expect(refused?.error).toMatchObject({ name: 'IdentityConflictError' });
  expect(refused?.error?.message).toContain('previousEmployeeId');
  await takeOver(
    { ...runSourcesFromEnvironment(), store: runtime.store, roster: runtime.roster },
    { from, to: rehired.employeeId },
  );
  expect((await complete(again)).apps).toMatchObject([{ app: 'driftwood', status: 'invited' }]);
  expect(logins()).toEqual([true]);
});

describe('employee.updated', () => {
  const renamed = () =>
    event('employee.updated', { employee: { ...employee(), lastName: 'Newname', title: 'Lead' } });

  it('is in the profile at once, and stops no termination that waits', async () => {
    await complete(hired());
    const waiting = await wait(leavesIn(3));
    await runtime.play(renamed());
    expect(await runtime.store.readProfile(person.employeeId)).toMatchObject({
      ...{ firstName: person.firstName, lastName: 'Newname', title: 'Lead' },
    });
    expect(await reportOf(waiting)).toBeNull();
    expect(logins()).toEqual([true]);
  });

  it('that is older than a termination is superseded, and lets nobody in', async () => {
    await complete(hired());
    const late = renamed();
    await complete(left());
    vendors.driftwood.journal.length = 0;
    expect(await runtime.play(late)).toMatchObject({ status: 'superseded' });
    expect(vendors.driftwood.journal).toEqual([]);
    expect(logins()).toEqual([false]);
  });

  const inPipedrive = () => event('employee.hired', hire(person, { apps: [{ app: 'pipedrive' }] }));
  const user = () => vendors.pipedrive.state.users.find(({ email }) => email.endsWith(person.email));
  const changed = (facts: object) => event('employee.updated', { employee: { ...employee(), ...facts } });

  it('shortly before another one loses nothing', async () => {
    await complete(inPipedrive());
    const email = `new-${person.email}`;
    const [first, second] = [changed({ email }), changed({ lastName: 'Newname' })];
    const runs = [await runtime.put(first), await runtime.put(second)];
    for (const { workflow, name } of runs) await runtime.over(workflow, name);
    expect(user()).toMatchObject({ email, name: `${person.firstName} Newname` });
    expect(await runtime.store.readProfile(person.employeeId)).toMatchObject({ email, lastName: 'Newname' });
  });

  it('that failed is brought by the next one', { tags: 'slow' }, async () => {
    await complete(inPipedrive());
    const email = `new-${person.email}`;
    vendors.pipedrive.inject({ method: 'PUT', status: 403 });
    expect((await runtime.play(changed({ email }))).status).not.toBe('complete');
    vendors.pipedrive.heal();
    await complete(changed({ title: 'Lead' }));
    expect(user()).toMatchObject({ email });
  });

  it('is not undone by a hire that happened before it', async () => {
    await complete(inPipedrive());
    const late = inPipedrive();
    await complete(changed({ lastName: 'Newname', title: 'Lead' }));
    await complete(late);
    expect(user()).toMatchObject({ name: `${person.firstName} Newname` });
    expect(await runtime.store.readProfile(person.employeeId)).toMatchObject({
      lastName: 'Newname',
      title: 'Lead',
    });
  });

  it('is what a second hire with other facts says too: what no step writes is a follow-up', {
    tags: 'slow',
  }, async () => {
    const inDrift = (title: string) =>
      event('employee.hired', {
        ...hire(person, { apps: [{ app: 'drift' }] }),
        employee: { ...hire(person).employee, title },
      });
    await complete(inDrift('Rep'));
    const followUps = async (title: string) => (await complete(inDrift(title))).apps[0]?.followUps;
    expect(await followUps('Rep')).toEqual([]);
    expect(await followUps('Lead')).toEqual([expect.stringContaining('Change the title of Drift account')]);
    expect(await followUps('Lead')).toEqual([]);
  });

  it('leaves to the reconciliation what is wanted: the role, and that a leaver is to be shut', {
    tags: 'slow',
  }, async () => {
    await complete(
      event('employee.hired', hire(person, { apps: [{ app: 'pipedrive', role: 'Sales Manager' }] })),
    );
    const wanted = () => runtime.roster.find('pipedrive', person.employeeId);
    await complete(event('employee.updated', { employee: { ...employee(), lastName: 'Novak' } }));
    expect(await wanted()).toMatchObject({ role: 'Sales Manager', login: 'open' });
    const row = await wanted();
    // As a leaver's whose login could not be shut.
    if (row !== null) await runtime.roster.write({ ...row, login: 'shut', lastWorkingDay: '2026-11-27' });
    await runtime.play(event('employee.updated', { employee: { ...employee(), lastName: 'Nowak' } }));
    expect(await wanted()).toMatchObject({ login: 'shut', lastWorkingDay: '2026-11-27' });
  });

  it('about nobody known fails before any app is called', async () => {
    expect(await runtime.play(renamed())).toMatchObject({ workflow: 'update', status: 'failed' });
    expect(vendors.driftwood.journal).toEqual([]);
  });
});

it('a leaver without a new owner is told of while the run waits, which goes on', async () => {
  person = MARA;
  const { reassignTo: _, ...detail } = termination(MARA, { apps: [{ app: 'pipedrive' }] });
  const later = { ...detail, when: 'endOfLastWorkingDay', lastWorkingDay: inDays(5) };
  const { name } = await runtime.put(event('employee.terminated', later));
  await vi.waitFor(
    async () =>
      expect((await runsOf()).at(-1)).toMatchObject({
        execution: name,
        report: null,
        warning: expect.stringContaining('reassignTo'),
      }),
    { timeout: 30_000, interval: 20 },
  );
  expect(vendors.pipedrive.writes()).toEqual([]);
});
