import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { normalizeEmail, sameEmail } from '../../functions/shared/email.ts';
import { Outcome, pendingOutcome } from '../../functions/shared/outcome.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import type { Person as FindPerson } from '../../functions/vendor/find-account.ts';
import { HANDS_OVER } from '../../functions/vendor/hand-over-step.ts';
import { type Services, startServices } from '../../local/runtime/services.ts';
import { ANN, KENJI, MARA, PETRA, type Person } from '../../local/vendors/company.ts';
import { allSimulated, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { SIMULATED_PEOPLE, SUBJECTS } from '../contract-subjects.ts';
import { stubWideLimits } from '../wide-limits.ts';

// The steps of an app as a state machine chains them, over the simulator: what a client shows, the decision whose an
// account is, and what is written then.

type Chained = 'provision' | 'update' | 'shut';

const WORKFLOWS = {
  provision: 'onboarding',
  update: 'update',
  shut: 'offboarding',
} as const satisfies Record<Chained, Workflow>;

const NEWCOMER = {
  employeeId: 'E-9',
  firstName: 'Nadia',
  lastName: 'Okafor',
  email: 'nadia.okafor@northlight.example',
};

const nameOf = ({ firstName, lastName }: Person) => `${firstName} ${lastName}`;

let services: Services;
let vendors: VendorServers;

beforeAll(async () => {
  stubWideLimits(vi.stubEnv);
  services = await startServices({ delayScale: 0.0005 });
  vendors = allSimulated(services.vendors);
});
beforeEach(() => {
  for (const app of APPS) vendors[app].reset();
});
afterAll(async () => {
  await services.close();
  vi.unstubAllEnvs();
});

describe.each(APPS)('%s', (app) => {
  const people = SIMULATED_PEOPLE[app];
  const { update } = SUBJECTS[app];
  /** All of a person, the first one first. */
  const accountsOf = (person: Person) =>
    people.accounts(vendors).filter(({ name }) => name === nameOf(person));
  const withId = (id: string) => {
    const account = people.accounts(vendors).find(({ ids }) => ids.includes(id));
    if (account === undefined) throw new Error('There is no such account.');
    return account;
  };
  /** Runs a phase's steps one after the other, as the state machine does. */
  const run = async (
    phase: Chained,
    person: Person,
    known: {
      vendorUserId?: string;
      employee?: object;
      person?: Partial<FindPerson>;
      /** How often the step that opens or shuts is run, as after an attempt that broke off behind its write. */
      attempts?: number;
    } = {},
  ): Promise<Outcome> => {
    const { employeeId, email, firstName, lastName } = person;
    const told = { title: null, department: null, employmentType: null, managerEmail: null };
    const item = {
      workflow: WORKFLOWS[phase],
      app,
      vendorUserId: known.vendorUserId ?? null,
      role: null,
      passwordEmail: false,
      reinstates: false,
      lastWorkingDay: '2026-11-30',
      employee: { ...told, startDate: '2026-12-01', ...(known.employee ?? person), employeeId },
      person: {
        workflow: WORKFLOWS[phase],
        previousEmployeeIds: [],
        profileEmail: null,
        earlierAddresses: [],
        contradictedBy: null,
        ...{ employeeId, email, name: { firstName, lastName } },
        ...known.person,
      },
    };
    let outcome = pendingOutcome();
    for (const link of APP_DESCRIPTIONS[app].phases[phase] ?? []) {
      const isFound = outcome.status !== 'not_found';
      const chosen = typeof link === 'string' ? link : link[isFound ? 'found' : 'notFound'];
      const attempts = outcome.steps.length === 1 ? (known.attempts ?? 1) : 1;
      let done: unknown;
      for (let count = 0; count < attempts; count += 1)
        done = await services.engine.invoke(chosen, { ...item, outcome });
      outcome = Outcome.parse(done);
    }
    return outcome;
  };
  const idOf = async (person: Person) => String((await run('update', person)).account?.vendorUserId);

  it('shuts the recorded account and a second open one', async () => {
    const [first = ''] = accountsOf(ANN)[0]?.ids ?? [];
    people.change(vendors, nameOf(ANN), { isOpen: false });
    people.plant(vendors, { name: nameOf(ANN), email: ANN.email, isOpen: true });
    const { status, account } = await run('shut', ANN, { vendorUserId: first });
    expect([status, account?.vendorUserId]).toEqual(['changed', first]);
    expect(accountsOf(ANN).map(({ isOpen }) => isOpen)).toEqual([false, false]);
  });

  it('takes no account for the one it makes that somebody else has got meanwhile', async () => {
    const [, write] = APP_DESCRIPTIONS[app].phases.provision;
    const create = typeof write === 'object' ? write.notFound : (write ?? '');
    const [firstName, lastName] = ['Nadia', 'Okafor'];
    const email = 'nadia.okafor@northlight.example';
    people.plant(vendors, { name: 'Somebody Else', email, isOpen: true });
    const told = { title: null, department: null, employmentType: null, managerEmail: null };
    const employee = { employeeId: 'E-9', email, firstName, lastName, startDate: '2026-12-01', ...told };
    const person = {
      ...{ workflow: 'onboarding', employeeId: 'E-9', previousEmployeeIds: [], email, profileEmail: null },
      ...{ name: { firstName, lastName }, earlierAddresses: [], contradictedBy: null },
    };
    const item = { workflow: 'onboarding', app, employee, person, outcome: pendingOutcome() };
    await expect(services.engine.invoke(create, item)).rejects.toThrow(
      expect.objectContaining({ name: 'IdentityConflictError' }),
    );
    expect(vendors[app].accounts().filter((account) => sameEmail(account.email, email))).toHaveLength(1);
  });

  it.each([
    { phase: 'provision', who: { ...ANN, ...NEWCOMER }, login: 'opened' },
    { phase: 'shut', who: ANN, login: 'shut' },
  ] as const)('tells that a login is $login by an attempt that broke off', async ({ phase, who, login }) => {
    const toldBy = ({ changes }: Outcome) => changes.flatMap((change) => change.login ?? []);
    expect(toldBy(await run(phase, who, { attempts: 2 }))).toEqual([login]);
    expect(toldBy(await run(phase, who))).toEqual([]);
  });

  it('shuts the account under an address that the leaver had before', async () => {
    const id = await idOf(ANN);
    const married = { ...ANN, lastName: 'Novák', email: 'ann.novak@northlight.example' };
    const { status } = await run('shut', married, { person: { earlierAddresses: [ANN.email] } });
    expect([status, withId(id).isOpen]).toEqual(['changed', false]);
  });

  const SHUTS_WITH = 'shuts the account whose address has %j at its end';
  const shutsWith = async (blank: string) => {
    const id = await idOf(ANN);
    people.change(vendors, nameOf(ANN), { email: `${ANN.email}${blank}` });
    expect((await run('shut', ANN)).status).toBe('changed');
    expect(withId(id).isOpen).toBe(false);
  };
  it.each(['\u00a0', '\u200b'])(SHUTS_WITH, shutsWith);
  it.each([' ', '\t', '\u00ad', '\ufeff'])(SHUTS_WITH, { tags: 'slow' }, shutsWith);

  it('brings a mover’s name and address into the account', async () => {
    const id = await idOf(ANN);
    const moved = { lastName: 'Novák', email: 'ann.novak@northlight.example' };
    const known = { vendorUserId: id, employee: moved, person: { earlierAddresses: [ANN.email] } };
    const { changes, followUps } = await run('update', { ...ANN, ...moved }, known);
    expect(changes.map(({ what }) => what)).toEqual(update.changes);
    expect(followUps).toEqual(update.followUps.map((text) => expect.stringContaining(text)));
    const expected = { name: 'Ann Novák', email: normalizeEmail(moved.email) };
    if (update.changes.length > 0) expect(withId(id)).toMatchObject(expected);
    expect(JSON.stringify([changes, followUps])).not.toMatch(/Novák|@/);
  });

  it('neither creates nor changes anything for a mover without an account', async () => {
    const nobody = { ...ANN, employeeId: 'E-8000', email: 'nobody@northlight.example' };
    expect(await run('update', nobody)).toMatchObject({ status: 'not_found', changes: [], followUps: [] });
    expect(vendors[app].writes()).toEqual([]);
  });

  it('brings back no account of a mover that is shut', async () => {
    const id = await idOf(PETRA);
    await run('update', { ...PETRA, lastName: 'Svobodová' }, { vendorUserId: id });
    expect(withId(id).isOpen).toBe(false);
  });

  it('brings name and address in line when somebody is hired who is there', async () => {
    const id = await idOf(ANN);
    const married = { ...ANN, lastName: 'Novák' };
    const { followUps } = await run('provision', married, { vendorUserId: id });
    const isWritten = withId(id).name === 'Ann Novák';
    expect(isWritten || followUps.some((text) => text.startsWith('Change the name of'))).toBe(true);
  });

  it('gives a joiner no account of somebody else, and writes nothing', async () => {
    const other = { ...MARA, firstName: 'Xu', lastName: 'Wei', employeeId: 'E-8001' };
    const error = await run('provision', other).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ name: 'IdentityConflictError' });
    expect(vendors[app].writes()).toEqual([]);
  });

  it('opens what a joiner had before', async () => {
    const again = accountsOf(KENJI).length > 0 ? KENJI : PETRA;
    const id = await idOf(again);
    const { account } = await run('provision', again, { vendorUserId: id });
    // Drift gives an agent another id with the seat.
    expect(withId(String(account?.vendorUserId))).toEqual(withId(id));
    expect(withId(id).isOpen).toBe(true);
  });
});

it('every step that hands over records is named so, which is how the kinds of an app share their time', () => {
  const steps = APPS.flatMap((app) => APP_DESCRIPTIONS[app].phases.handOver ?? []);
  expect(steps.length).toBeGreaterThan(3);
  for (const step of steps) expect(step).toMatch(HANDS_OVER);
  const others = APPS.flatMap((app) => [...APP_DESCRIPTIONS[app].phases.shut]);
  for (const step of others) expect(step).not.toMatch(HANDS_OVER);
});
