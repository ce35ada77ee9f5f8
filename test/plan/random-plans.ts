import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { vi } from 'vitest';
import { GATE_VARIABLE } from '../../functions/gate/settings.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import type { HrEvent } from '../../functions/shared/events.ts';
import type { Plan } from '../../functions/shared/plan.ts';
import type { Report } from '../../functions/shared/report.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { readEvent } from '../../local/runtime/read-event.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { MARA, PETRA } from '../../local/vendors/company.ts';
import { allSimulated } from '../../local/vendors/start-vendors.ts';
import type { JournalEntry } from '../../local/vendors/vendor-server.ts';
import { SIMULATED_PEOPLE } from '../contract-subjects.ts';
import { stubWideLimits } from '../wide-limits.ts';

// Plans of random events about people whom nobody knows before, and what their runs then do.

type Asked = 'hire' | 'terminate' | 'update' | 'rescindTermination' | 'rescindHire';

const KINDS = {
  hire: 'employee.hired',
  terminate: 'employee.terminated',
  update: 'employee.updated',
  rescindTermination: 'termination.rescinded',
  rescindHire: 'hire.rescinded',
} as const satisfies Record<Asked, HrEvent['detail-type']>;

const EVENT = fc.record({
  asked: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Asked>('hire', 'terminate') },
    { weight: 1, arbitrary: fc.constantFrom<Asked>('update', 'rescindTermination', 'rescindHire') },
  ),
  apps: fc.subarray([...APPS], { minLength: 2 }),
  role: fc.constantFrom('Sales Manager', 'Sales Manager', 'Wizard', null),
  passwordEmail: fc.boolean(),
  /** Who is to take over: somebody active, somebody who has left, nobody, or the leaver. */
  reassignTo: fc.constantFrom(MARA.email, MARA.email, PETRA.email, 'leaver', null),
  news: fc.subarray(['email', 'lastName', 'title', 'department'] as const, { minLength: 1 }),
  requiresApproval: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
});
type RandomEvent = typeof EVENT extends fc.Arbitrary<infer T> ? T : never;

const CASE = fc.record({
  /** The accounts that the person has by address before tenure hears of them. */
  before: fc.record(
    Object.fromEntries(APPS.map((app) => [app, fc.constantFrom('none', 'open', 'open', 'shut', 'two')])),
  ),
  /** How many open deals, activities and contacts the person owns in Pipedrive. */
  owns: fc.constantFrom(0, 1, 3),
  /** What was played before, and what somebody then changed in an app by hand. */
  history: fc.array(EVENT, { maxLength: 2 }),
  byHand: fc.option(fc.record({ app: fc.constantFrom(...APPS), isOpen: fc.boolean() }), { nil: null }),
  /** An app that knows nothing. */
  refuses: fc.oneof(
    { weight: 5, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.constantFrom(...APPS) },
  ),
  event: EVENT,
});
type Case = typeof CASE extends fc.Arbitrary<infer T> ? T : never;

export type Tally = { planned: number; done: number; byStatus: Record<string, number> };

// A new company now and then: what is compared of the tables grows with each person.
const CASES_PER_COMPANY = 50;
// Longer than the test takes, at its scale of time.
const GATE = JSON.stringify({
  limits: { offboarding: { people: 100_000 }, onboarding: { people: 100_000 } },
  expiryDays: { offboarding: 300, onboarding: 300, update: 300 },
});

let people = 0;

/**
 * Plans random events, and plays each then. Returns how many writes were planned and done.
 *
 * @throws Error that says what is wrong, and of which case.
 */
export async function provePlans(
  dialect: 'guide' | 'live',
  { seed, cases }: { seed: number; cases: number },
): Promise<Tally> {
  stubWideLimits(vi.stubEnv);
  vi.stubEnv(GATE_VARIABLE, GATE);
  const tally: Tally = { planned: 0, done: 0, byStatus: {} };
  const all = fc.sample(CASE, { seed, numRuns: cases });
  for (let first = 0; first < all.length; first += CASES_PER_COMPANY) {
    const runtime = await startRuntime({ dialect, delayScale: 0.0001, giveUpAfterSeconds: 1 });
    try {
      for (const [index, one] of all.slice(first, first + CASES_PER_COMPANY).entries()) {
        const wrong = await prove(runtime, one, tally);
        if (wrong.length === 0) continue;
        throw new Error(`case ${first + index} of seed ${seed}: ${wrong.join('\n')}\n${JSON.stringify(one)}`);
      }
    } finally {
      await runtime.close();
    }
  }
  vi.unstubAllEnvs();
  return tally;
}

async function prove(runtime: Runtime, one: Case, tally: Tally): Promise<string[]> {
  people += 1;
  const person = {
    employeeId: `P-${people}`,
    ...{ firstName: 'Rae', lastName: `Stone${people}`, email: `rae.stone.${people}@northlight.example` },
  };
  const vendors = allSimulated(runtime.vendors);
  plant(runtime, person, one);
  for (const event of one.history) await runtime.play(hrEvent(person, event));
  if (one.byHand !== null) changeByHand(runtime, person, one.byHand);
  if (one.refuses !== null) vendors[one.refuses].inject({ status: 404 });
  for (const { journal } of Object.values(vendors)) journal.length = 0;

  const event = hrEvent(person, one.event);
  const before = await everything(runtime);
  const plan = await runtime.plan(event).catch((error: unknown) => error as Error);
  const after = await everything(runtime);
  const wrong = written(runtime).map((line) => `the plan has written: ${line}`);
  for (const [index, line] of after.entries())
    if (line !== before[index]) wrong.push(`the plan has changed: ${line}`);
  const again = await runtime.plan(event).catch((error: unknown) => error as Error);
  if (idOf(again) !== idOf(plan)) wrong.push(`a second plan is another one: ${idOf(again)}`);

  const report = await runtime.play(event);
  wrong.push(...compare(plan, report, written(runtime)));
  vendors[one.refuses ?? 'drift'].heal();
  const status = plan instanceof Error ? plan.name : plan.status;
  tally.byStatus[status] = (tally.byStatus[status] ?? 0) + 1;
  tally.planned += plannedLines(plan).length;
  tally.done += written(runtime).length;
  return wrong;
}

function plant(runtime: Runtime, person: { firstName: string; lastName: string; email: string }, one: Case) {
  const vendors = allSimulated(runtime.vendors);
  const name = `${person.firstName} ${person.lastName}`;
  for (const app of APPS) {
    const before = one.before[app];
    if (before === undefined || before === 'none') continue;
    const account = { name, email: person.email, isOpen: before !== 'shut' };
    SIMULATED_PEOPLE[app].plant(vendors, account);
    if (before === 'two') SIMULATED_PEOPLE[app].plant(vendors, { ...account, isOpen: false });
  }
  const { state } = vendors.pipedrive;
  const user = state.users.find(({ email }) => email === person.email);
  if (user === undefined) return;
  for (let count = 0; count < one.owns; count += 1) {
    const record = () => {
      state.nextId += 1;
      return { id: state.nextId, title: 'Owned', user_id: user.id };
    };
    state.deals.push({ ...record(), status: 'open' });
    state.activities.push({ ...record(), done: false });
    state.persons.push(record());
  }
}

function changeByHand(
  runtime: Runtime,
  { firstName, lastName }: { firstName: string; lastName: string },
  { app, isOpen }: { app: App; isOpen: boolean },
): void {
  const vendors = allSimulated(runtime.vendors);
  const name = `${firstName} ${lastName}`;
  if (SIMULATED_PEOPLE[app].accounts(vendors).some((account) => account.name === name))
    SIMULATED_PEOPLE[app].change(vendors, name, { isOpen });
}

function hrEvent(
  person: { employeeId: string; email: string; lastName: string },
  event: RandomEvent,
): HrEvent {
  const { asked } = event;
  const read = readEvent({
    ...{ id: randomUUID(), source: 'hr', time: new Date().toISOString(), 'detail-type': KINDS[asked] },
    detail: {
      ...DETAIL_OF[asked](person, event),
      ...(event.requiresApproval ? { requiresApproval: true } : {}),
    },
  });
  if (!('event' in read)) throw new Error(`This is no event: ${JSON.stringify(read)}`);
  return read.event;
}

const DETAIL_OF: Record<
  Asked,
  (person: { employeeId: string; email: string }, event: RandomEvent) => object
> = {
  hire: (person, { apps, role, passwordEmail }) => ({
    employee: { ...person, startDate: '2026-11-30' },
    apps: apps.map((app) => ({
      app,
      ...(app === 'pipedrive' && role !== null ? { role } : {}),
      ...(app === 'driftwood' ? { passwordEmail } : {}),
    })),
  }),
  terminate: ({ employeeId, email }, { apps, reassignTo }) => ({
    employee: { employeeId, email },
    ...{ lastWorkingDay: '2026-11-27', timeZone: 'Europe/Berlin', when: 'now' },
    apps: apps.map((app) => ({ app })),
    ...(reassignTo === null ? {} : { reassignTo: reassignTo === 'leaver' ? email : reassignTo }),
  }),
  update: ({ employeeId, email }, { news }) => {
    const facts = { email: `new.${email}`, lastName: 'Fields', title: 'Director', department: 'Sales' };
    return { employee: { employeeId, ...Object.fromEntries(news.map((fact) => [fact, facts[fact]])) } };
  },
  rescindTermination: ({ employeeId }) => ({ employee: { employeeId } }),
  rescindHire: ({ employeeId }) => ({ employee: { employeeId } }),
};

/** All that a plan must leave as it is, a line each. */
async function everything(runtime: Runtime): Promise<string[]> {
  const rows: string[] = [];
  const pages = paginateScan(
    { client: new DynamoDBClient({}) },
    { TableName: IDENTITY_TABLE, ConsistentRead: true },
  );
  for await (const { Items = [] } of pages) rows.push(...Items.map((item) => JSON.stringify(item)));
  return [
    `${runtime.busEvents.length} events`,
    `${runtime.messages.length} messages`,
    `${readdirSync(new URL(process.env.HAND_OVER_LOCATION ?? '')).length} journals`,
    ...rows.sort(),
  ];
}

const lineOf = (app: string, { method, path, body }: { method: string; path: string; body: unknown }) =>
  `${app} ${method} ${path} ${JSON.stringify(body ?? null)}`;

/** What was written in each app, in an order that does not depend on which of several requests came first. */
function written(runtime: Runtime): string[] {
  const vendors = allSimulated(runtime.vendors);
  const line = (app: App) => (entry: JournalEntry) => lineOf(app, entry);
  return APPS.flatMap((app) =>
    withoutRepeats(vendors[app].writes())
      // A token is renewed when that is due, whoever calls.
      .filter(({ path }) => path !== '/auth-refresh-token')
      .map(line(app)),
  ).sort();
}

/** What was refused and is asked once more, because one refusal is not believed, is one write. */
function withoutRepeats(writes: readonly JournalEntry[]): JournalEntry[] {
  const isRepeat = (one: JournalEntry, before: JournalEntry | undefined) =>
    before !== undefined &&
    before.status === 409 &&
    one.status === 409 &&
    lineOf('', one) === lineOf('', before);
  return writes.filter((one, index) => !isRepeat(one, writes[index - 1]));
}

function plannedLines(plan: Plan | Error): string[] {
  if (plan instanceof Error || plan.status !== 'go') return [];
  return plan.apps.flatMap(({ app, writes }) => writes.map((write) => lineOf(app, write))).sort();
}

const idOf = (plan: Plan | Error) => (plan instanceof Error ? plan.name : plan.planId);

/** How a run has done otherwise than planned. */
function compare(plan: Plan | Error, report: Report, done: readonly string[]): string[] {
  if (plan instanceof Error)
    return report.status === 'failed' && done.length === 0 ? [] : [`${plan.name}, but ${report.status}`];
  const wrong: string[] = [];
  if (plan.status !== 'go' && done.length > 0) wrong.push(`${plan.status}, but ${done.join(' ')}`);
  if (plan.status === 'held' && report.status !== 'held') wrong.push(`held, but ${report.status}`);
  if (plan.status !== 'go') return wrong;
  const planned = plannedLines(plan);
  for (const { app, notKnown, failures } of plan.apps) {
    const mine = (lines: readonly string[]) => lines.filter((line) => line.startsWith(`${app} `));
    const missing = without(mine(planned), mine(done));
    const more = without(mine(done), mine(planned));
    if (missing.length > 0) wrong.push(`planned, not done: ${missing.join(' ')}`);
    // Only what could not be known comes in addition: at most one write for each such step.
    if (more.length > notKnown.length) wrong.push(`done, not planned: ${more.join(' ')}`);
    const failed = report.apps.find((one) => one.app === app)?.error;
    if (failures.length > 0 !== (failed !== undefined && failed !== null) && notKnown.length === 0)
      wrong.push(`${app}: ${failures.length} failures planned, and ${JSON.stringify(failed)}`);
  }
  return wrong;
}

/** The lines of one list that another does not have as often. */
function without(lines: readonly string[], others: readonly string[]): string[] {
  const left = [...others];
  return lines.filter((line) => {
    const at = left.indexOf(line);
    if (at >= 0) left.splice(at, 1);
    return at < 0;
  });
}
