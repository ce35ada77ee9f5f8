import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import type { Report } from '../../functions/shared/report.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { MARA, type Person } from '../../local/vendors/company.ts';
import { allSimulated, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { SIMULATED_PEOPLE } from '../runs/simulated-people.ts';
import { stubWideLimits } from '../wide-limits.ts';

// Each of these went wrong once: somebody else was shut, or somebody who had left was not.

let runtime: Runtime;
let vendors: VendorServers;
let number = 0;
let ann: Person;
let ben: Person;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime({ delayScale: 0.0005 });
  vendors = allSimulated(runtime.vendors);
});
afterAll(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});
// The tables remember everybody, so each test has people of its own.
beforeEach(() => {
  number += 1;
  ann = person(`A-${number}`, 'Ann', 'Archer');
  ben = person(`B-${number}`, 'Ben', 'Brook');
});

function person(employeeId: string, firstName: string, lastName: string): Person {
  const email = `${firstName}.${lastName}.${number}@northlight.example`.toLowerCase();
  return { employeeId, firstName, lastName: `${lastName}${number}`, email };
}

function hrEvent(type: HrEvent['detail-type'], detail: object): HrEvent {
  const time = new Date().toISOString();
  return z.parse(HrEvent, { id: randomUUID(), source: 'hr', time, 'detail-type': type, detail });
}

function hire(app: App, { employeeId, firstName, lastName, email }: Person, role?: string): HrEvent {
  const employee = { employeeId, firstName, lastName, email, startDate: '2026-03-10' };
  return hrEvent('employee.hired', { employee, apps: [{ app, ...(role === undefined ? {} : { role }) }] });
}

function leave(app: App, { employeeId, email }: Pick<Person, 'employeeId' | 'email'>): HrEvent {
  return hrEvent('employee.terminated', {
    employee: { employeeId, email },
    lastWorkingDay: '2026-03-14',
    timeZone: 'Europe/Berlin',
    when: 'now',
    reassignTo: MARA.email,
    apps: [{ app }],
  });
}

const nameOf = ({ firstName, lastName }: Person) => `${firstName} ${lastName}`;
/** The address of this test's person: no other test may have it. */
const numberedIn = (address: string) => address.replace(/("?)@/, `.${number}$1@`);
/** Whether each of a person's accounts is open. */
const logins = (app: App, who: Person) =>
  SIMULATED_PEOPLE[app]
    .accounts(vendors)
    .filter(({ name }) => name === nameOf(who))
    .map(({ isOpen }) => isOpen);
const plant = (app: App, who: Person, account: { email?: string; isOpen: boolean }) =>
  SIMULATED_PEOPLE[app].plant(vendors, { name: nameOf(who), email: who.email, ...account });

/** Does to a person's account what an admin does in the app. */
function change(
  app: App,
  who: Person,
  changes: Partial<{ name: string; email: string; isOpen: boolean }>,
): void {
  SIMULATED_PEOPLE[app].change(vendors, nameOf(who), changes);
}

/** Plays an event that nobody's account may be written for. */
async function playWithoutWrites(app: App, event: HrEvent): Promise<Report> {
  vendors[app].journal.length = 0;
  const report = await runtime.play(event);
  expect(vendors[app].writes()).toEqual([]);
  return report;
}

function expectConflict(report: Report, app: App): void {
  expect(report).toMatchObject({
    status: 'failed',
    apps: [{ app, status: 'failed', error: { name: 'IdentityConflictError' } }],
  });
}

async function complete(event: HrEvent): Promise<Report> {
  const report = await runtime.play(event);
  expect(report).toMatchObject({ status: 'complete' });
  return report;
}

describe.each(APPS)('%s:', (app) => {
  it('an unknown leaver with the address of a colleague shuts nobody', async () => {
    await complete(hire(app, ben));
    const report = await playWithoutWrites(app, leave(app, { ...ann, email: ben.email }));
    expectConflict(report, app);
    expect(report.apps[0]?.error?.message).toContain(ben.employeeId);
    expect(logins(app, ben)).toEqual([true]);
  });

  it('hired as 0007, terminated as 7: nobody is shut, and the conflict names both numbers', async () => {
    const hired = { ...ann, employeeId: `000${number}` };
    await complete(hire(app, hired));
    const report = await playWithoutWrites(app, leave(app, { ...ann, employeeId: String(number) }));
    expectConflict(report, app);
    expect(report.apps[0]?.error?.message).toContain(`takeover ${hired.employeeId} ${number}`);
    expect(logins(app, ann)).toEqual([true]);
  });

  it("one person's number with another's address shuts neither", async () => {
    await complete(hire(app, ann));
    await complete(hire(app, ben));
    const mistyped = { employeeId: ann.employeeId, email: ben.email };
    expectConflict(await playWithoutWrites(app, leave(app, mistyped)), app);
    expect([logins(app, ann), logins(app, ben)]).toEqual([[true], [true]]);
  });

  it("a new hire gets no leaver's account with the address, and the leaver's termination again shuts nobody", async () => {
    await complete(hire(app, ann));
    await complete(leave(app, ann));
    const newcomer = { ...ben, email: ann.email };
    expectConflict(await playWithoutWrites(app, hire(app, newcomer)), app);
    expect(logins(app, ann)).toEqual([false]);

    change(app, ann, { email: `left-${ann.email}` });
    await complete(hire(app, newcomer));
    expect(logins(app, ben)).toEqual([true]);
    await playWithoutWrites(app, leave(app, ann));
    expect([logins(app, ann), logins(app, ben)]).toEqual([[false], [true]]);
  });

  it('a new hire gets no account of a leaver whom tenure never knew', async () => {
    plant(app, ann, { isOpen: false });
    const report = await playWithoutWrites(app, hire(app, { ...ben, email: ann.email }));
    expectConflict(report, app);
    expect([logins(app, ann), logins(app, ben)]).toEqual([[false], []]);
  });

  it("a hire with a working colleague's address and another role changes nothing", async () => {
    await complete(hire(app, ann));
    const hired = hire(app, { ...ben, email: ann.email }, 'Account Executive');
    expectConflict(await playWithoutWrites(app, hired), app);
    expect([logins(app, ann), logins(app, ben)]).toEqual([[true], []]);
  });

  it("a change to a colleague's address stops neither of both later", async () => {
    await complete(hire(app, ann));
    await complete(hire(app, ben));
    const mistyped = { employeeId: ann.employeeId, email: ben.email };
    expectConflict(await playWithoutWrites(app, hrEvent('employee.updated', { employee: mistyped })), app);
    const title = { employeeId: ben.employeeId, title: 'Head of Sales' };
    await complete(hrEvent('employee.updated', { employee: title }));
    await complete(leave(app, ann));
    expect([logins(app, ann), logins(app, ben)]).toEqual([[false], [true]]);
  });

  it("a rehire gets no account of the one who has the leaver's address by now", async () => {
    await complete(hire(app, ann));
    await complete(leave(app, ann));
    change(app, ann, { email: `left-${ann.email}` });
    const newcomer = { ...ben, email: ann.email };
    await complete(hire(app, newcomer));
    await complete(leave(app, newcomer));
    await runtime.play(hire(app, ann));
    expect(logins(app, ben)).toEqual([false]);
  });

  it('the address of somebody whose own hire failed goes to nobody else', async () => {
    vendors[app].inject({ status: 500, times: 200 });
    expect(await runtime.play(hire(app, ann))).toMatchObject({ status: 'failed' });
    vendors[app].heal();
    expectConflict(await playWithoutWrites(app, hire(app, { ...ben, email: ann.email })), app);
    await complete(hire(app, ann));
    expect([logins(app, ann), logins(app, ben)]).toEqual([[true], []]);
  });

  it('a typing error that meets somebody unknown with the same first name shuts neither', async () => {
    await complete(hire(app, ann));
    const colleague = { ...ben, firstName: 'Ann' };
    plant(app, colleague, { isOpen: true });
    expectConflict(
      await playWithoutWrites(app, leave(app, { employeeId: ann.employeeId, email: ben.email })),
      app,
    );
    expect([logins(app, ann), logins(app, colleague)]).toEqual([[true], [true]]);
  });

  it("a seat that was renamed to its new holder outlives the former holder's termination", async () => {
    await complete(hire(app, ann));
    await runtime.store.writeProfile(ben.employeeId, profileOf(ben));
    change(app, ann, { name: nameOf(ben), email: ben.email });
    expectConflict(await playWithoutWrites(app, leave(app, ann)), app);
    expect(logins(app, ben)).toEqual([true]);
  });

  it('a second account that is open is shut, though the recorded one is shut already', async () => {
    await complete(hire(app, ann));
    change(app, ann, { email: `first-${ann.email}`, isOpen: false });
    plant(app, ann, { isOpen: true });
    await complete(leave(app, ann));
    expect(logins(app, ann)).toEqual([false, false]);
  });

  it.each([
    ['a blank', ' '],
    ['a tab', '\t'],
    ['a non-breaking space', '\u00a0'],
    ['a zero-width space', '\u200b'],
  ])("an address with %s at its end in the app is the person's", async (_, end) => {
    plant(app, ann, { email: `${ann.email}${end}`, isOpen: true });
    await complete(hire(app, ann));
    expect(logins(app, ann)).toEqual([true]);
    await complete(leave(app, ann));
    expect(logins(app, ann)).toEqual([false]);

    plant(app, ben, { email: `${ben.email}${end}`, isOpen: true });
    await complete(leave(app, ben));
    expect(logins(app, ben)).toEqual([false]);
  });

  it.each([
    ['its own script', 'ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['the form of DNS', 'ann@xn--bcher-kva.example', 'ann@bücher.example'],
    ['composed letters', 'zo\u00eb@northlight.example', 'zoe\u0308@northlight.example'],
    ['quotes that it does not need', '"ann.q"@northlight.example', 'ann.q@northlight.example'],
    ['nothing invisible', 'ann.i@northlight.example', 'ann\u200b.i@northlight.example'],
  ])('an address that HR writes with %s is closed as the app has it', async (_, told, shown) => {
    plant(app, ann, { email: numberedIn(shown), isOpen: true });
    await runtime.store.writeProfile(ann.employeeId, profileOf({ ...ann, email: numberedIn(told) }));
    await complete(leave(app, { ...ann, email: numberedIn(told) }));
    expect(logins(app, ann)).toEqual([false]);
  });

  it('terminated under a new address: the account under the earlier one is shut', async () => {
    await runtime.store.writeProfile(ann.employeeId, profileOf(ann));
    plant(app, ann, { isOpen: true });
    const married = { employeeId: ann.employeeId, email: `married-${ann.email}` };
    await complete(hrEvent('employee.updated', { employee: married }));
    await complete(leave(app, married));
    expect(logins(app, ann)).toEqual([false]);
  });

  it('an employee who is known and has no account there leaves as complete', async () => {
    await runtime.store.writeProfile(ann.employeeId, profileOf(ann));
    const report = await playWithoutWrites(app, leave(app, ann));
    expect(report).toMatchObject({ status: 'complete', apps: [{ status: 'not_found' }] });
  });

  it('a leaver whom neither tenure nor the app knows is an unknown person', async () => {
    const report = await playWithoutWrites(app, leave(app, ann));
    expect(report).toMatchObject({ status: 'unknown_person', apps: [{ status: 'not_found' }] });
    expect(report.followUps?.join()).toContain(`Find out who employee ${ann.employeeId} is`);
  });
});

function profileOf({ firstName, lastName, email }: Person) {
  const unknown = { title: null, department: null, managerEmail: null, timeZone: null };
  return { firstName, lastName, email, startDate: '2026-03-10', ...unknown };
}
