import { randomUUID } from 'node:crypto';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { StartExecutionCommand, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { GATE_VARIABLE } from '../../functions/gate/settings.ts';
import { rejectRun, releaseRun } from '../../functions/runs/decide-held.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { holdStore } from '../../functions/tables/hold-store.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, MARA, OLOF, type Person, TOMAS } from '../../local/vendors/company.ts';
import { allSimulated, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { SUBJECTS } from '../contract-subjects.ts';
import { hrWorld, working } from '../hr/world.ts';
import { stubWideLimits } from '../wide-limits.ts';

type Termination = Extract<HrEvent, { 'detail-type': 'employee.terminated' }>;

let runtime: Runtime;
let vendors: VendorServers;
let messages: string[] = [];

const writes = () => APPS.flatMap((app) => vendors[app].writes());
const sources = () => ({ ...runSourcesFromEnvironment(), holds: holdStore(IDENTITY_TABLE) });
const LONGEST_WAIT = { timeout: 30_000 };
const VERDICT = { by: 'somebody', reason: 'It is right.' };

function termination(
  { employeeId, email }: Pick<Person, 'employeeId' | 'email'>,
  detail: Partial<Termination['detail']> = {},
): Termination {
  return {
    id: randomUUID(),
    source: 'hr',
    time: '2025-03-03T08:00:00Z',
    'detail-type': 'employee.terminated',
    detail: {
      employee: { employeeId, email },
      lastWorkingDay: '2025-03-14',
      timeZone: 'Europe/Berlin',
      when: 'now',
      reassignTo: MARA.email,
      apps: [{ app: 'driftwood' }, { app: 'drata' }],
      ...detail,
    },
  };
}

beforeEach(async () => {
  stubWideLimits(vi.stubEnv);
  vi.stubEnv(GATE_VARIABLE, '');
  messages = [];
  runtime = await startRuntime({ delayScale: 0.0005, onMessage: (message) => messages.push(message.text) });
  vendors = allSimulated(runtime.vendors);
});
afterEach(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});

async function held(event: HrEvent): Promise<string> {
  const report = await runtime.play(event);
  expect(report).toMatchObject({ status: 'held' });
  const row = (await runtime.store.readRuns(event.detail.employee.employeeId)).at(-1);
  return row?.execution ?? '';
}

describe('a held run', () => {
  it('changes nothing, and goes on once it is released', async () => {
    const event = termination(ANN, { requiresApproval: true });
    const name = await held(event);
    expect(writes()).toEqual([]);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toContain(`npm start -- release ${name} --reason TEXT`);
    await releaseRun(sources(), name, VERDICT);
    expect(await runtime.over('offboarding', name)).toMatchObject({ status: 'SUCCEEDED' });
    const runs = await runtime.store.readRuns(ANN.employeeId);
    expect(runs.map(({ report }) => report?.status)).toEqual(['complete']);
    expect(writes().length).toBeGreaterThan(0);
    expect(await sources().holds.find(name)).toMatchObject({
      status: 'released',
      decisions: [
        { decision: 'released', by: 'somebody', reason: 'It is right.', reasons: [{ kind: 'approval' }] },
      ],
    });
  });

  it('ends when it is rejected, and its event does not start it again', async () => {
    const event = termination(ANN, { requiresApproval: true });
    const name = await held(event);
    await rejectRun(sources(), name, VERDICT);
    await runtime.over('offboarding', name);
    expect(await runtime.play(event)).toMatchObject({
      status: 'rejected',
      apps: [{ status: 'held' }, { status: 'held' }],
    });
    expect(writes()).toEqual([]);
    await expect(releaseRun(sources(), name, VERDICT)).rejects.toThrow('is not held any more');
  });

  it('gives way to a later event, and cannot be released then', async () => {
    const name = await held(termination(ANN, { requiresApproval: true }));
    const later = termination(ANN);
    expect(await runtime.play(later)).toMatchObject({ status: 'complete' });
    expect((await runtime.store.readRuns(ANN.employeeId)).map(({ report }) => report?.status)).toEqual([
      'superseded',
      'complete',
    ]);
    await expect(releaseRun(sources(), name, VERDICT)).rejects.toThrow('is not held any more');
  });

  it('expires, fails, and can be started again by its event', async () => {
    vi.stubEnv(GATE_VARIABLE, JSON.stringify({ expiryDays: { offboarding: 0.01 } }));
    const event = termination(ANN, { requiresApproval: true });
    const { name } = await runtime.put(event);
    await vi.waitFor(
      async () => expect(await runtime.over('offboarding', name)).toMatchObject({ status: 'FAILED' }),
      LONGEST_WAIT,
    );
    const [run] = await runtime.store.readRuns(ANN.employeeId);
    expect(run?.report).toMatchObject({ status: 'expired' });
    vi.stubEnv(GATE_VARIABLE, '{}');
    await held(event);
    expect(writes()).toEqual([]);
  });

  it('is not released by whoever asked for it, where it is about protected people', async () => {
    vi.stubEnv(GATE_VARIABLE, JSON.stringify({ protected: [ANN.email] }));
    const name = await held(termination(ANN));
    const own = { by: 'hr', reason: 'Quick.' };
    await expect(releaseRun(sources(), name, own)).rejects.toThrow('asked for by the same person');
    await releaseRun(sources(), name, VERDICT);
    expect(await runtime.over('offboarding', name)).toMatchObject({ status: 'SUCCEEDED' });
  });

  it('is released by anybody, where no four eyes are asked for', { tags: 'slow' }, async () => {
    const name = await held(termination(ANN, { requiresApproval: true }));
    await releaseRun(sources(), name, { by: 'hr', reason: 'Quick.' });
    expect(await runtime.over('offboarding', name)).toMatchObject({ status: 'SUCCEEDED' });
  });
});

it('holds what somebody starts in the console, and lets it go on', async () => {
  vi.stubEnv(GATE_VARIABLE, JSON.stringify({ protected: [ANN.employeeId] }));
  const { client, arns } = sources().machines;
  const input = JSON.stringify(termination(ANN).detail);
  await client.send(new StartExecutionCommand({ stateMachineArn: arns.offboarding, name: 'by-hand', input }));
  await vi.waitFor(
    async () => expect((await sources().holds.find('by-hand'))?.status).toBe('held'),
    LONGEST_WAIT,
  );
  expect(writes()).toEqual([]);
  await releaseRun(sources(), 'by-hand', VERDICT);
  await runtime.over('offboarding', 'by-hand');
  const report = (await runtime.store.readRuns(ANN.employeeId)).at(-1)?.report;
  expect(report?.apps.map(({ status }) => status)).toEqual(['done', 'done']);
});

it('starts a run again by its event when the token that it waited by is lost with it', {
  tags: 'slow',
}, async () => {
  const event = termination(ANN, { requiresApproval: true });
  const lost = await held(event);
  const { client, arns } = sources().machines;
  const executionArn = `${arns.offboarding.replace(':stateMachine:', ':execution:')}:${lost}`;
  await client.send(new StopExecutionCommand({ executionArn }));
  await expect(releaseRun(sources(), lost, VERDICT)).rejects.toThrow(`The run ${lost} is not held any more.`);
  const again = await held(event);
  expect(again).not.toBe(lost);
  await releaseRun(sources(), again, VERDICT);
  await runtime.over('offboarding', again);
  expect((await runtime.store.readRuns(ANN.employeeId)).at(-1)?.report?.status).toBe('complete');
});

it('holds what is due more than a day ago, and a hire that HR enters late is not', async () => {
  const threeDaysAgo = new Date(Date.now() - 3 * 86_400_000).toISOString().slice(0, 10);
  const report = await runtime.play(
    termination(ANN, { lastWorkingDay: threeDaysAgo, when: 'endOfLastWorkingDay' }),
  );
  expect(report).toMatchObject({ status: 'held', held: { reasons: [{ kind: 'late' }] } });
});

it('holds an event that an archive sends again after more than a day', async () => {
  const replayed = { ...termination(ANN), 'replay-name': 'again' };
  expect(await runtime.play(replayed)).toMatchObject({
    status: 'held',
    held: { reasons: [{ kind: 'late' }] },
  });
});

it('lets exactly as many be shut as may, however many arrive at once', { tags: 'slow' }, async () => {
  const people = Array.from({ length: 12 }, (_, n) => ({
    employeeId: `E-9${n}`,
    email: `leaver-${n}@northlight.example`,
  }));
  const reports = await Promise.all(people.map((person) => runtime.play(termination(person))));
  const statuses = reports.map(({ status }) => status);
  expect(statuses.filter((status) => status === 'held')).toHaveLength(7);
  expect(messages.filter((text) => text.includes('is held'))).toHaveLength(1);
  const name = (
    await runtime.store.readRuns(reports.find(({ status }) => status === 'held')?.employeeId ?? '')
  )[0];
  await releaseRun(sources(), name?.execution ?? '', VERDICT);
  expect((await runtime.over('offboarding', name?.execution ?? ''))?.status).not.toBe('RUNNING');
  // Who is shut already takes no room.
  expect(await runtime.play(termination(TOMAS))).toMatchObject({ status: 'held' });
});

it('holds the leavers of an HR system beyond what may go, and the rest goes', { tags: 'slow' }, async () => {
  const world = hrWorld();
  const staff = Array.from({ length: 7 }, (_, n) =>
    working({
      sourceId: `8${n}`,
      employeeNumber: `E-8${n}`,
      workEmail: `hr-leaver-${n}@northlight.example`,
      department: 'Finance',
    }),
  );
  await world.baseline(staff);
  world.at('2026-03-03T09:00:00Z');
  await world.readAll(staff.map((worker) => ({ ...worker, status: 'inactive' })));
  const events = world.put.map(({ type, detail }) =>
    z.parse(HrEvent, {
      ...{ id: randomUUID(), source: 'hr', time: new Date().toISOString(), 'detail-type': type, detail },
    }),
  );
  expect(events.map((event) => event['detail-type'])).toEqual(staff.map(() => 'employee.terminated'));
  const reports = await Promise.all(events.map((event) => runtime.play(event)));
  const held = reports.filter(({ status }) => status === 'held');
  expect(held.flatMap((report) => report.held?.reasons.map(({ kind }) => kind))).toEqual([
    'too_many',
    'too_many',
  ]);
});

describe('the user behind the token, who is the last admin too', () => {
  const leaves = (apps: readonly App[] = APPS) =>
    runtime.play(termination(OLOF, { apps: apps.map((app) => ({ app })) }));

  it('is held in the apps that say so, once the others are cut', async () => {
    const report = await leaves();
    expect(report.status).toBe('held');
    const held = APPS.flatMap((app) => SUBJECTS[app].company.holdsOlof.map((kind) => ({ app, kind })));
    const others = APPS.filter((app) => SUBJECTS[app].company.holdsOlof.length === 0);
    expect(report.apps.map(({ app, status }) => [app, status])).toEqual(
      APPS.map((app) => [app, others.includes(app) ? 'done' : 'held']),
    );
    expect(report.held?.reasons.map(({ app, kind }) => ({ app, kind }))).toEqual(held);
    expect(APPS.filter((app) => vendors[app].writes().length > 0)).toEqual(others);
  });

  it('is not held a second time where the login is shut by now', async () => {
    for (const user of vendors.salesloft.state.users) if (user.email === OLOF.email) user.active = false;
    for (const user of vendors.driftwood.state.users)
      if (user.email === OLOF.email) user.deactivated_at = '2025-03-01T08:00:00Z';
    expect(await leaves(['salesloft', 'driftwood'])).toMatchObject({ status: 'complete' });
  });

  it('is shut once somebody has released it, and what was done before stays on the report', {
    tags: 'slow',
  }, async () => {
    const name = (await leaves(['pipedrive', 'salesloft', 'drata'])).held?.run ?? '';
    const { state } = vendors.pipedrive;
    // Somebody else administers the app by then, or Pipedrive itself refuses.
    state.users = state.users.map((user) => (user.email === MARA.email ? { ...user, is_admin: 1 } : user));
    await releaseRun(sources(), name, VERDICT);
    await runtime.over('offboarding', name);
    const report = (await runtime.store.readRuns(OLOF.employeeId)).at(-1)?.report;
    expect(report?.apps.map(({ app, status }) => [app, status])).toEqual([
      ['drata', 'done'],
      ['pipedrive', expect.stringMatching(/^(done|shut)$/)],
      ['salesloft', 'done'],
    ]);
  });
});

describe('the user whom a secret names, where an app does not say whose a token is', () => {
  const name = async (secret: string, user: string) => {
    const secrets = new SecretsManagerClient({});
    const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId: secret }));
    const named = JSON.stringify({ ...JSON.parse(SecretString), user });
    await secrets.send(new PutSecretValueCommand({ SecretId: secret, SecretString: named }));
  };

  describe.each([
    { app: 'drata', secret: 'tenure/drata/rest', user: ANN.email.toUpperCase(), tags: ['slow'] },
    { app: 'drift', secret: 'tenure/drift/scim', user: ANN.email, tags: ['slow'] },
    { app: 'driftwood', secret: 'tenure/driftwood/rest', user: ANN.email, tags: ['slow'] },
  ] as const)('in $app', ({ app, secret, user, ...rest }) => {
    const tags = [...rest.tags];

    it('is held there only, and shut once that is released', { tags }, async () => {
      await name(secret, user);
      const apps = (['drata', 'drift', 'driftwood'] as const).map((one) => ({ app: one }));
      const report = await runtime.play(termination(ANN, { apps }));
      expect(report.held?.reasons).toMatchObject([{ kind: 'token_user', app }]);
      expect(report.apps.filter(({ status }) => status === 'held').map((one) => one.app)).toEqual([app]);
      expect(vendors[app].writes()).toEqual([]);
      const run = report.held?.run ?? '';
      await releaseRun(sources(), run, VERDICT);
      await runtime.over('offboarding', run);
      const end = (await runtime.store.readRuns(ANN.employeeId)).at(-1)?.report;
      expect(end?.apps.find((one) => one.app === app)?.status).toMatch(/^(done|shut)$/);
    });

    it('is not held once the login is shut', { tags }, async () => {
      expect(await runtime.play(termination(ANN, { apps: [{ app }] }))).toMatchObject({ status: 'complete' });
      await name(secret, ANN.email);
      expect(await runtime.play(termination(ANN, { apps: [{ app }] }))).toMatchObject({ status: 'complete' });
    });
  });

  it('does not hold anybody else', async () => {
    await name('tenure/driftwood/rest', MARA.email);
    expect(await runtime.play(termination(ANN))).toMatchObject({ status: 'complete' });
  });
});
