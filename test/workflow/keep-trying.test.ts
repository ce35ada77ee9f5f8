import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { Run } from '../../functions/api/schemas.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import type { HrEvent, TerminatedDetail } from '../../functions/shared/events.ts';
import type { Report } from '../../functions/shared/report.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { MARA, TOMAS } from '../../local/vendors/company.ts';
import type { Fault } from '../../local/vendors/vendor-server.ts';
import { loadStateMachine } from '../../state-machines/load.ts';
import { call, hrEvent, keyedUrl, termination } from '../requests.ts';
import { stubWideLimits } from '../wide-limits.ts';

const Next = z.object({ Next: z.optional(z.string()) });
const WithItems = z.object({
  ItemProcessor: z.object({
    States: z.record(z.string(), z.extend(Next, { Catch: z.optional(z.array(Next)) })),
  }),
});

let runtime: Runtime;
let retried: string[] = [];

// A thousandth of the delays: 30 ms before the second attempt, and 0.9 s in the place of a quarter of an hour.
const SCALE = 0.001;

beforeEach(async () => {
  retried = [];
  stubWideLimits(vi.stubEnv);
  runtime = await startRuntime({
    delayScale: SCALE,
    giveUpAfterSeconds: 72 * 3600,
    onStepEnd: (end) => retried.push(end.step),
  });
});
afterEach(async () => {
  await runtime.close();
  vi.unstubAllEnvs();
});

type Terminated = Extract<HrEvent, { 'detail-type': 'employee.terminated' }>;
const leaves = (detail: Partial<TerminatedDetail> = {}) =>
  hrEvent('employee.terminated', termination(TOMAS, detail)) as Terminated;
const statusIn = (report: Report | null | undefined, app: App) =>
  report?.apps.find((one) => one.app === app)?.status;

async function trying(app: App) {
  return vi.waitFor(
    async () => {
      const [run] = (await runtime.store.readRuns(TOMAS.employeeId)).toReversed();
      const found = run?.trying[app];
      if (found === undefined) throw new Error(`${app} is not tried.`);
      return found;
    },
    { timeout: 8_000, interval: 10 },
  );
}

const FAULTS: [string, App, Fault, string][] = [
  ['is down', 'drift', { status: 503 }, 'VendorUnavailableError'],
  ['never answers', 'drata', { drop: 'before' }, 'VendorUnavailableError'],
  ['refuses the credential', 'pipedrive', { status: 401 }, 'VendorAuthError'],
  ['answers with a page of its own', 'driftwood', { answerBody: 'malformed' }, 'VendorResponseError'],
  ['rejects every call', 'drift', { status: 404, body: '<html>' }, 'VendorRejectedError'],
  ['is down again', 'salesloft', { status: 500 }, 'VendorUnavailableError'],
];

describe.each(FAULTS)('a vendor that %s (%s)', (what, app, fault, error) => {
  const tags = what === 'is down' ? [] : ['slow'];
  it('is tried until it is back, while the other apps are recorded and handed over', { tags }, async () => {
    runtime.vendors[app]?.inject(fault);
    const event = leaves();
    const played = runtime.play(event);
    const { since, next, reason } = await trying(app);
    expect(reason).toContain(error);
    expect(Date.parse(next)).toBeGreaterThan(Date.parse(since));
    const others = APPS.filter((other) => other !== app);
    const accounts = await runtime.store.readAccounts(TOMAS.employeeId);
    const shut = accounts.filter(({ status }) => status === 'deactivated').map((account) => account.app);
    expect(others).toEqual(expect.arrayContaining(shut));
    expect(shut.length).toBeGreaterThan(2);
    if (app !== 'pipedrive')
      await vi.waitFor(() => expect(retried).toContain('PipedriveReassignContacts'), 20_000);

    runtime.vendors[app]?.heal();
    const report = await played;
    expect(report.status).toBe('complete');
    expect(report.lastLoginShutAt).not.toBeNull();
    expect(runtime.messages.filter(({ subject }) => subject.includes('is left open'))).toEqual([]);
  });
});

it('hands over the records of an app that is shut late', { tags: 'slow' }, async () => {
  runtime.vendors.pipedrive?.inject({ status: 503 });
  const played = runtime.play(leaves());
  await trying('pipedrive');
  runtime.vendors.pipedrive?.heal();
  const report = await played;
  const pipedrive = report.apps.find(({ app }) => app === 'pipedrive');
  expect(pipedrive?.changes.map(({ what }) => what)).toEqual(
    expect.arrayContaining(['user deactivated', 'open deals reassigned']),
  );
  const [account] = (await runtime.store.readAccounts(TOMAS.employeeId)).filter(
    ({ app }) => app === 'pipedrive',
  );
  expect(account?.status).toBe('deactivated');
});

it('is told to a person after a quarter of an hour, once, and by GET /runs/{name} at any time', async () => {
  const api = await startApi(runtime, 0);
  runtime.vendors.drift?.inject({ status: 503 });
  const event = leaves();
  const { name } = await runtime.put(event);
  await trying('drift');
  const url = keyedUrl(api.url, api.key);
  const run = Run.parse(JSON.parse((await call(`${url}/runs/${name}`)).text));
  expect(run.status).toBe('running');
  expect(run.apps.find(({ app }) => app === 'drift')).toMatchObject({
    status: 'trying',
    since: expect.stringMatching(/Z$/),
    next: expect.stringMatching(/Z$/),
    reason: expect.stringContaining('VendorUnavailableError'),
  });
  await vi.waitFor(() => expect(runtime.messages).toHaveLength(1), { timeout: 8_000, interval: 20 });
  expect(runtime.messages[0]?.subject).toBe(
    `tenure: The offboarding of employee ${TOMAS.employeeId} in Drift is tried again and again`,
  );
  expect(runtime.messages[0]?.text).toContain(name);
  runtime.vendors.drift?.heal();
  await runtime.over('offboarding', name);
  expect(runtime.messages).toHaveLength(1);
  await api.close();
});

it('names the command that mends a secret where the credential is refused', { tags: 'slow' }, async () => {
  runtime.vendors.drata?.inject({ status: 401 });
  const { name } = await runtime.put(leaves());
  await vi.waitFor(() => expect(runtime.messages).toHaveLength(1), { timeout: 8_000, interval: 20 });
  expect(runtime.messages[0]?.text).toContain(
    'aws secretsmanager put-secret-value --secret-id tenure/drata/rest --secret-string file://secret.json',
  );
  runtime.vendors.drata?.heal();
  await runtime.over('offboarding', name);
});

it('is told to a person at once where the vendor rejects the call', { tags: 'slow' }, async () => {
  runtime.vendors.drift?.inject({ status: 409 });
  const { name } = await runtime.put(leaves());
  await vi.waitFor(() => expect(runtime.messages).toHaveLength(1), { timeout: 8_000, interval: 5 });
  expect(runtime.messages[0]?.text).toContain(', once by now, and next at ');
  runtime.vendors.drift?.heal();
  await runtime.over('offboarding', name);
  expect(runtime.messages).toHaveLength(1);
});

it('leaves what no retry mends to a person at once', async () => {
  const conflict = hrEvent('employee.terminated', {
    ...termination(TOMAS, { apps: [{ app: 'driftwood' }] }),
    employee: { employeeId: 'E-1005', email: MARA.email },
  }) as Terminated;
  await runtime.play(
    hrEvent('employee.hired', {
      employee: { ...MARA, startDate: '2025-03-10' },
      apps: [{ app: 'driftwood' }],
    }) as HrEvent,
  );
  const report = await runtime.play(conflict);
  expect(statusIn(report, 'driftwood')).toBe('failed');
  expect(report.apps[0]?.error?.name).toBe('IdentityConflictError');
  expect(retried).not.toContain('WorkflowKeepTrying');
});

it('stops trying when a later event has taken the run’s place', { tags: 'slow' }, async () => {
  runtime.vendors.drift?.inject({ status: 503 });
  const played = runtime.play(leaves());
  await trying('drift');
  const later = await runtime.put({
    ...hrEvent('termination.rescinded', { employee: { employeeId: TOMAS.employeeId } }),
    time: new Date().toISOString(),
  });
  const report = await played;
  expect(report.apps.find(({ app }) => app === 'drift')).toMatchObject({
    status: 'failed',
    error: { name: 'VendorUnavailableError', message: expect.stringContaining(later.name) },
  });
  runtime.vendors.drift?.heal();
  await runtime.over('onboarding', later.name);
});

it('takes three transitions an attempt: 72 hours of an app cost 873', () => {
  const { ItemProcessor } = z.parse(WithItems, loadStateMachine('offboarding').States.HandOver);
  const { States } = ItemProcessor;
  const begin = 'WorkflowKeepTryingDrift';
  const round = [begin];
  for (let at = begin; ; ) {
    const state = States[at];
    const next: string = (state?.Catch?.length === 2 ? state.Catch[0]?.Next : state?.Next) ?? '';
    if (next === begin) break;
    round.push(next);
    at = next;
  }
  expect(round).toEqual([begin, 'WaitToTryDrift', 'DriftFindAgentAgain']);
  expect(round.length * 291).toBe(873);
});
