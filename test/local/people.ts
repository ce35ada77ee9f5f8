import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, vi } from 'vitest';
import * as z from 'zod/mini';
import type { App } from '../../functions/shared/apps.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import type { Report } from '../../functions/shared/report.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { MARA, type Person } from '../../local/vendors/company.ts';
import { allSimulated, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { SIMULATED_PEOPLE } from '../contract-subjects.ts';
import { stubWideLimits } from '../wide-limits.ts';

export let runtime: Runtime;
export let vendors: VendorServers;
export let number = 0;
export let ann: Person;
export let ben: Person;

/** Starts a company for the file's tests, each of which has people of its own. */
export function usePeople(): void {
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
}

function person(employeeId: string, firstName: string, lastName: string): Person {
  const email = `${firstName}.${lastName}.${number}@northlight.example`.toLowerCase();
  return { employeeId, firstName, lastName: `${lastName}${number}`, email };
}

export function hrEvent(type: HrEvent['detail-type'], detail: object): HrEvent {
  const time = new Date().toISOString();
  return z.parse(HrEvent, { id: randomUUID(), source: 'hr', time, 'detail-type': type, detail });
}

export function hire(app: App, { employeeId, firstName, lastName, email }: Person, role?: string): HrEvent {
  const employee = { employeeId, firstName, lastName, email, startDate: '2026-03-10' };
  return hrEvent('employee.hired', { employee, apps: [{ app, ...(role === undefined ? {} : { role }) }] });
}

export function leave(app: App, { employeeId, email }: Pick<Person, 'employeeId' | 'email'>): HrEvent {
  return hrEvent('employee.terminated', {
    employee: { employeeId, email },
    lastWorkingDay: '2026-03-14',
    timeZone: 'Europe/Berlin',
    when: 'now',
    reassignTo: MARA.email,
    apps: [{ app }],
  });
}

export const nameOf = ({ firstName, lastName }: Person) => `${firstName} ${lastName}`;
/** The address of this test's person: no other test may have it. */
export const numberedIn = (address: string) => address.replace(/("?)@/, `.${number}$1@`);
/** Whether each of a person's accounts is open. */
export const logins = (app: App, who: Person) =>
  SIMULATED_PEOPLE[app]
    .accounts(vendors)
    .filter(({ name }) => name === nameOf(who))
    .map(({ isOpen }) => isOpen);
export const plant = (app: App, who: Person, account: { email?: string; isOpen: boolean }) =>
  SIMULATED_PEOPLE[app].plant(vendors, { name: nameOf(who), email: who.email, ...account });

/** Does to a person's account what an admin does in the app. */
export function change(
  app: App,
  who: Person,
  changes: Partial<{ name: string; email: string; isOpen: boolean }>,
): void {
  SIMULATED_PEOPLE[app].change(vendors, nameOf(who), changes);
}

/** Plays an event that nobody's account may be written for. */
export async function playWithoutWrites(app: App, event: HrEvent): Promise<Report> {
  vendors[app].journal.length = 0;
  const report = await runtime.play(event);
  expect(vendors[app].writes()).toEqual([]);
  return report;
}

export function expectConflict(report: Report, app: App): void {
  expect(report).toMatchObject({
    status: 'failed',
    apps: [{ app, status: 'failed', error: { name: 'IdentityConflictError' } }],
  });
}

export async function complete(event: HrEvent): Promise<Report> {
  const report = await runtime.play(event);
  expect(report).toMatchObject({ status: 'complete' });
  return report;
}

export function profileOf({ firstName, lastName, email }: Person) {
  const unknown = { title: null, department: null, managerEmail: null, timeZone: null };
  return { firstName, lastName, email, startDate: '2026-03-10', ...unknown };
}
