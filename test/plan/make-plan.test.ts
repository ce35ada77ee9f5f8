import { readdirSync, readFileSync } from 'node:fs';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../../functions/app-descriptions.ts';
import { itemOf } from '../../functions/plan/make-plan.ts';
import { STEPS } from '../../functions/plan/steps.ts';
import { APPS } from '../../functions/shared/apps.ts';
import type { HrEvent } from '../../functions/shared/events.ts';
import { pendingOutcome } from '../../functions/shared/outcome.ts';
import type { Plan } from '../../functions/shared/plan.ts';
import type { AppDescription } from '../../functions/vendor/app-description.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { readEvent } from '../../local/runtime/read-event.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, TOMAS } from '../../local/vendors/company.ts';
import { allSimulated, type VendorServers } from '../../local/vendors/start-vendors.ts';
import type { JournalEntry } from '../../local/vendors/vendor-server.ts';
import { offboarding } from '../../state-machines/offboarding.ts';
import { onboarding } from '../../state-machines/onboarding.ts';
import { update } from '../../state-machines/update.ts';
import { hireLater, hrEvent, termination as leaves, newcomer } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

let runtime: Runtime;
let vendors: VendorServers;

beforeEach(async () => {
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime({ delayScale: 0.0005 });
  vendors = allSimulated(runtime.vendors);
  const { state } = vendors.pipedrive;
  // Few enough for a test.
  state.deals = state.deals.filter(({ id }) => id < 1012 || id >= 1200);
});
afterEach(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});

function parsed(value: unknown): HrEvent {
  const read = readEvent(value);
  if (!('event' in read)) throw new Error('This is no event.');
  return read.event;
}

const sample = (name: string) =>
  parsed(JSON.parse(readFileSync(new URL(`../../events/${name}`, import.meta.url), 'utf8')));

/** What was written in each app, in an order that does not depend on which of several requests came first. */
const written = () =>
  APPS.flatMap((app) =>
    vendors[app].writes().map(({ method, path, body }: JournalEntry) => lineOf(app, { method, path, body })),
  ).sort();

const planned = ({ apps }: Plan) =>
  apps.flatMap(({ app, writes }) => writes.map((write) => lineOf(app, write))).sort();

const lineOf = (app: string, { method, path, body }: { method: string; path: string; body: unknown }) =>
  `${app} ${method} ${path} ${JSON.stringify(body)}`;

async function rows(): Promise<string[]> {
  const { Items = [] } = await new DynamoDBClient({}).send(
    new ScanCommand({ TableName: IDENTITY_TABLE, ConsistentRead: true }),
  );
  return Items.map((item) => JSON.stringify(item)).sort();
}

const OTHER_SAMPLES = ['1-zoe-is-hired.json', '2-kenji-is-hired-again.json', '4-tomas-leaves-at-once.json'];

const saysWhatIsDone = async (name: string) => {
  const event = sample(name);
  const before = await rows();
  const plan = await runtime.plan(event);
  expect(planned(plan)).not.toEqual([]);
  expect(written()).toEqual([]);
  expect(readdirSync(new URL(process.env.HAND_OVER_LOCATION ?? ''))).toEqual([]);
  expect(await rows()).toEqual(before);
  expect(runtime.busEvents).toEqual([]);
  expect(runtime.messages).toEqual([]);
  expect((await runtime.plan(event)).planId).toBe(plan.planId);

  const report = await runtime.play(event);
  expect(report.status).toBe('complete');
  const done = written();
  const steps = plan.apps.flatMap(({ notKnown }) => notKnown);
  if (report.workflow === 'offboarding')
    expect(plan.apps.map(({ app, followUps }) => ({ app, followUps }))).toEqual(
      report.apps.map(({ app, followUps }) => ({ app, followUps })),
    );
  if (steps.length === 0) expect(done).toEqual(planned(plan));
  else expect(done).toEqual(expect.arrayContaining(planned(plan)));
  // Only what could not be known comes in addition: at most one write for each such step.
  expect(done.length - planned(plan).length).toBeLessThanOrEqual(steps.length);
};

describe('a plan', () => {
  it('of 3-ann-leaves.json writes nothing anywhere, and the run does what it says', () =>
    saysWhatIsDone('3-ann-leaves.json'));

  it.each(OTHER_SAMPLES)(
    'of %s writes nothing anywhere, and the run does what it says',
    { tags: 'slow' },
    saysWhatIsDone,
  );

  it('of a change of facts writes nothing, and the run does what it says', { tags: 'slow' }, async () => {
    await runtime.play(sample('1-zoe-is-hired.json'));
    for (const { journal } of Object.values(vendors)) journal.length = 0;
    const { employeeId } = sample('1-zoe-is-hired.json').detail.employee;
    const employee = { employeeId, lastName: 'Marquardt-Vale' };
    const event = parsed({
      ...hrEvent('employee.updated', { employee }),
      time: new Date().toISOString(),
    });
    const before = await rows();
    const plan = await runtime.plan(event);
    expect(written()).toEqual([]);
    expect(await rows()).toEqual(before);
    await runtime.play(event);
    expect(planned(plan)).not.toEqual([]);
    expect(written()).toEqual(planned(plan));
  });

  it('names every record of a hand-over in parts', { tags: 'slow' }, async () => {
    const { state } = vendors.pipedrive;
    const [deal] = state.deals.filter(({ user_id }) => String(user_id) === '3');
    if (deal === undefined) throw new Error('Ann owns no deal.');
    for (let id = 5000; id < 5250; id += 1) state.deals.push({ ...deal, id });
    const event = sample('3-ann-leaves.json');
    const plan = await runtime.plan(event);
    expect(written()).toEqual([]);
    await runtime.play(event);
    expect(written()).toEqual(planned(plan));
  });

  it('says in sentences what would be done', async () => {
    const { status, apps } = await runtime.plan(sample('3-ann-leaves.json'));
    expect(status).toBe('go');
    expect(apps.find(({ app }) => app === 'pipedrive')?.sentences).toEqual([
      'deactivate user 3',
      expect.stringMatching(/^give \d+ open deals to user 1$/),
      'give 4 open activities to user 1',
      'give 6 contacts to user 1',
    ]);
  });

  it('has another id once the world has changed', { tags: 'slow' }, async () => {
    const event = sample('3-ann-leaves.json');
    const before = await runtime.plan(event);
    const { state } = vendors.pipedrive;
    state.deals = state.deals.slice(1);
    expect((await runtime.plan(event)).planId).not.toBe(before.planId);
  });

  it('of an event that was played says so, and starts nothing', { tags: 'slow' }, async () => {
    const event = sample('4-tomas-leaves-at-once.json');
    await runtime.play(event);
    expect(await runtime.plan(event)).toMatchObject({ status: 'succeeded', moment: null, apps: [] });
  });

  it('says what would be held, and counts nobody', async () => {
    vi.stubEnv('TENURE_GATE', '{"limits":{"offboarding":{"people":1,"percent":0}}}');
    const inDriftwood = { apps: [{ app: 'driftwood' as const }] };
    const ann = parsed(hrEvent('employee.terminated', leaves(ANN, inDriftwood)));
    const tomas = parsed(
      hrEvent('employee.terminated', { ...leaves(TOMAS, inDriftwood), requiresApproval: true }),
    );
    expect((await runtime.plan(ann)).status).toBe('go');
    expect((await runtime.plan(ann)).status).toBe('go');
    await runtime.play(ann);
    const plan = await runtime.plan(tomas);
    expect(plan).toMatchObject({ status: 'held', apps: [{ app: 'driftwood' }] });
    expect(plan.held.map(({ kind }) => kind)).toEqual(['approval', 'too_many']);
    expect(plan.apps[0]?.writes).toHaveLength(1);
  });

  it('leaves a run that waits where it is, though the run that is planned would take its place', {
    tags: 'slow',
  }, async () => {
    await runtime.close();
    runtime = await startRuntime({ delayScale: 1 });
    const person = newcomer();
    const { name } = await runtime.put(hrEvent('employee.hired', hireLater(person)));
    const plan = await runtime.plan(parsed(hrEvent('employee.terminated', leaves(person))));
    expect(plan.status).toBe('go');
    runtime.stop();
    expect(runtime.stopped()).toEqual([name]);
  });

  it('goes on where an app cannot be asked, and names what would fail', async () => {
    vendors.driftwood.inject({ status: 404 });
    const { apps } = await runtime.plan(sample('4-tomas-leaves-at-once.json'));
    expect(apps.filter(({ failures }) => failures.length > 0)).toMatchObject([
      { app: 'driftwood', failures: [{ step: 'DriftwoodFindUser', error: 'VendorRejectedError' }] },
    ]);
    expect(apps.find(({ app }) => app === 'pipedrive')?.sentences).not.toEqual([]);
  });
});

describe('the Lambda that plans', () => {
  it('has every step that a plan may invoke, and no other', () => {
    const phases = Object.values(APP_DESCRIPTIONS).map((app): AppDescription['phases'] => app.phases);
    const chains = phases.flatMap(({ provision, update: change = [], shut, handOver = [] }) => [
      ...[...provision, ...change, ...shut, ...handOver].flatMap((link) =>
        typeof link === 'string' ? link : Object.values(link),
      ),
    ]);
    const ofNoApp = ['PrepareOnboarding', 'PrepareOffboarding', 'PrepareUpdate', 'Begin', 'Gate'];
    const wanted = [...ofNoApp.map((name) => `Workflow${name}`), ...chains];
    expect(Object.keys(STEPS).sort()).toEqual([...new Set(wanted)].sort());
  });
});

describe('what the steps are told', () => {
  it.each([
    ['onboarding', onboarding.States.ProvisionAccounts],
    ['offboarding', offboarding.States.CutLogin],
    ['offboarding', offboarding.States.HandOver],
    ['update', update.States.UpdateAccounts],
  ] as const)('has every field that a map of the %s gives them', (workflow, map) => {
    const { ItemSelector } = z.parse(z.object({ ItemSelector: z.record(z.string(), z.unknown()) }), map);
    const fields = Object.keys(ItemSelector).map((field) => field.replace(/\.\$$/, ''));
    // The outcome is added for each step, and the others are about what was tried before.
    const wanted = fields.filter((field) => !['outcome', 'trouble', 'recorded'].includes(field));
    const run = { status: 'current' as const, employee: { employeeId: 'E-1' }, moment: '', apps: [] };
    const item = { app: 'drift' as const, outcome: pendingOutcome() };
    const told = itemOf({ workflow, name: 'run', startedAt: '' }, run, item);
    expect(Object.keys(told)).toEqual(expect.arrayContaining(wanted));
  });
});
