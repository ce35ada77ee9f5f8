import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as z from 'zod/mini';
import { createApp } from '../../functions/api/app.ts';
import { Problem } from '../../functions/api/problem.ts';
import { Employee, RunList } from '../../functions/api/schemas.ts';
import { appsWith } from '../../functions/app-descriptions.ts';
import {
  executionArn,
  type StateMachines,
  stateMachinesFromEnvironment,
} from '../../functions/runs/state-machines.ts';
import { APPS, forEveryApp } from '../../functions/shared/apps.ts';
import { acceptanceStore } from '../../functions/tables/acceptance-store.ts';
import { diagnosisStore } from '../../functions/tables/diagnosis-store.ts';
import { findingStore } from '../../functions/tables/finding-store.ts';
import { graphStore } from '../../functions/tables/graph-store.ts';
import { holdStore } from '../../functions/tables/hold-store.ts';
import { identityStore } from '../../functions/tables/identity-store.ts';
import { orderStore } from '../../functions/tables/order-store.ts';
import { rosterStore } from '../../functions/tables/roster-store.ts';
import { type LoopbackServer, startLoopbackServer } from '../../local/aws/loopback-server.ts';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import { startApi } from '../../local/runtime/local-api.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { systemUser } from '../../local/runtime/system-user.ts';
import { ANN } from '../../local/vendors/company.ts';
import { noPlans } from '../no-plans.ts';
import {
  type Answer,
  call,
  failingHire,
  hire,
  hireLater,
  hrEvent,
  inDays,
  keyedUrl,
  newcomer,
  OVER,
  reached,
  runIn,
  termination,
} from '../requests.ts';

/** When a reconciliation was there; a graph is kept for 30 days. */
const SEEN_AT = new Date().toISOString();
let runtime: Runtime;
let machines: StateMachines;
let api: LoopbackServer;
const answers: string[] = [];

beforeAll(async () => {
  // With real waiting, so that a run can be met while it waits.
  runtime = await startRuntime();
  machines = stateMachinesFromEnvironment();
  const { url, key, close } = await startApi(runtime, 0);
  api = { url: keyedUrl(url, key), close };
});
afterAll(async () => {
  await api.close();
  await runtime.close();
});

async function ask(
  method: string,
  path: string,
  body?: unknown,
  contentType?: string,
  headers?: Record<string, string>,
): Promise<Answer> {
  const answer = await call(`${api.url}${path}`, method, body, contentType, headers);
  answers.push(answer.text);
  return answer;
}

function problemIn({ status, headers, text }: Answer): z.infer<typeof Problem> {
  expect(headers.get('content-type')).toBe('application/problem+json');
  const problem = z.parse(Problem, JSON.parse(text));
  expect(problem.status).toBe(status);
  return problem;
}

const post = (detail: object, headers?: Record<string, string>) =>
  ask('POST', '/onboardings', detail, undefined, headers);
const withKey = (key: string) => ({ 'idempotency-key': key });
const historyOf = (name: string) =>
  machines.client.send(
    new GetExecutionHistoryCommand({ executionArn: executionArn(machines, 'onboarding', name) }),
  );

const joinsIn = (days: number) => {
  const later = hireLater(newcomer());
  return { ...later, employee: { ...later.employee, startDate: inDays(days) } };
};
const leavesIn = (days: number) =>
  termination(newcomer(), { when: 'endOfLastWorkingDay', lastWorkingDay: inDays(days) });

describe('POST', () => {
  it('starts a run and says where to find it', async () => {
    const person = newcomer();
    const answer = await post(hire(person));
    expect(answer.status).toBe(202);
    const run = runIn(answer);
    expect(run).toMatchObject({ workflow: 'onboarding', employeeId: person.employeeId, status: 'running' });
    expect(answer.headers.get('location')).toBe(`/runs/${run.name}`);
    expect(run.origin).toMatchObject({ source: 'api', requester: { via: 'api', name: systemUser() } });
    expect(await reached(api.url, run.name, OVER)).toMatchObject({
      ...run,
      dueAt: expect.any(String),
      ...{ status: 'complete' },
      apps: expect.anything(),
      endedAt: expect.any(String),
      report: { status: 'complete', origin: run.origin },
    });
  });

  it('starts an offboarding in every app when none is named', { tags: 'slow' }, async () => {
    const person = newcomer();
    await reached(api.url, runIn(await post(hire(person))).name, OVER);
    const answer = await ask('POST', '/offboardings', termination(person));
    expect(answer.status).toBe(202);
    const run = runIn(answer);
    expect(run).toMatchObject({ workflow: 'offboarding' });
    expect(run.apps.map(({ app }) => app)).toEqual(APPS);
    expect(await reached(api.url, run.name, OVER)).toMatchObject({ status: 'complete' });
  });

  it('of a leaver whom nobody knows ends as unknown_person, and says what to do', {
    tags: 'slow',
  }, async () => {
    const { name } = runIn(await ask('POST', '/offboardings', termination(newcomer())));
    const run = await reached(api.url, name, OVER);
    expect(run).toMatchObject({ status: 'unknown_person', report: { status: 'unknown_person' } });
    expect(run.report?.followUps?.[0]).toContain('send it again');
  });

  it('answers a repeat with the run that waits, and starts a new one once that has ended', async () => {
    const waiting = hireLater(newcomer());
    const { name } = runIn(await post(waiting));
    await reached(api.url, name, ['waiting']);
    const repeat = await post(waiting);
    expect(repeat.status).toBe(200);
    expect(repeat.headers.get('location')).toBe(`/runs/${name}`);
    expect(runIn(repeat)).toMatchObject({ name, status: 'waiting' });

    const immediate = hire(newcomer());
    const first = runIn(await post(immediate));
    await reached(api.url, first.name, OVER);
    const again = await post(immediate);
    expect(again.status).toBe(202);
    const second = await reached(api.url, runIn(again).name, OVER);
    expect(second.name).not.toBe(first.name);
    expect(second.report?.apps).toMatchObject([{ status: 'invited' }]);
  });

  it('answers a repeat with the same Idempotency-Key with the run that is over', async () => {
    const detail = hire(newcomer());
    const first = runIn(await post(detail, withKey('key-1')));
    const over = await reached(api.url, first.name, OVER);
    const again = await post(detail, withKey('key-1'));
    expect(again.status).toBe(200);
    expect(runIn(again)).toEqual(over);
    expect((await post(detail, withKey('key-2'))).status).toBe(202);
  });

  it('with the same Idempotency-Key starts the next attempt of a run that failed', {
    tags: 'slow',
  }, async () => {
    const detail = failingHire(newcomer());
    const { name } = runIn(await post(detail, withKey('key-1')));
    expect(await reached(api.url, name, OVER)).toMatchObject({ status: 'failed' });
    const again = await post(detail, withKey('key-1'));
    expect(again.status).toBe(202);
    expect(runIn(again).name).toBe(`${name}-2`);
  });

  it.each(['', ' ', 'x'.repeat(256)])('with the Idempotency-Key %j is 422', async (key) => {
    const answer = await post(hire(newcomer()), withKey(key));
    expect(answer.status).toBe(422);
    expect(problemIn(answer).errors).toMatchObject([{ path: 'Idempotency-Key' }]);
  });

  it.each([
    [
      '/onboardings',
      { ...hire(ANN), employee: { employeeId: 'a b', email: 'x', firstName: ' ', startDate: '2025-02-30' } },
      [
        'employee.employeeId',
        'employee.email',
        'employee.firstName',
        'employee.lastName',
        'employee.startDate',
      ],
    ],
    ['/onboardings', { ...hire(ANN), apps: [{ app: 'slack' }, { app: 'drata' }] }, ['apps.0.app']],
    ['/onboardings', { ...hire(ANN), apps: [{ app: 'drata' }, { app: 'drata' }] }, ['apps']],
    ['/offboardings', {}, ['employee', 'lastWorkingDay', 'timeZone', 'when']],
    ['/offboardings', [], ['']],
  ])('to %s with wrong fields is 422 with one entry for each', async (path, body, fields) => {
    const answer = await ask('POST', path, body);
    expect(answer.status).toBe(422);
    const { errors } = problemIn(answer);
    expect(errors.map((error) => error.path)).toEqual(fields);
    for (const { message } of errors) {
      expect(message.length).toBeGreaterThan(5);
      expect(message).not.toContain('slack');
    }
  });

  it.each([
    ['no JSON', 'hello', 'application/json', 400],
    ['nothing', '', 'application/json', 400],
    ['a form', 'employee=E-1', 'application/x-www-form-urlencoded', 415],
    ['plain text', JSON.stringify(hire(ANN)), 'text/plain', 415],
    ['JSON by another name', JSON.stringify(hire(ANN)), 'application/jsonp', 415],
    ['too much', JSON.stringify({ ...hire(ANN), more: 'x'.repeat(64 * 1024) }), 'application/json', 413],
  ])('of %s is refused', async (_, body, contentType, status) => {
    const answer = await ask('POST', '/onboardings', body, contentType);
    expect(answer.status).toBe(status);
    expect(problemIn(answer)).toMatchObject({ errors: [] });
  });

  it.each([
    ['/onboardings', joinsIn(400), 'days at most'],
    ['/offboardings', leavesIn(400), 'days at most'],
    ['/offboardings', leavesIn(-60), '"when": "now"'],
  ])('to %s for a moment that cannot be is 422, and starts nothing', async (path, body, advice) => {
    const answer = await ask('POST', path, body);
    expect(answer.status).toBe(422);
    expect(problemIn(answer).detail).toContain(advice);
    const { employeeId } = body.employee;
    expect(JSON.parse((await ask('GET', `/runs?employeeId=${employeeId}`)).text)).toEqual({ runs: [] });
  });

  it('of too much that does not say how much it is, is refused too', async () => {
    const chunk = new TextEncoder().encode('x'.repeat(16 * 1024));
    let chunks = 0;
    const body = new ReadableStream({
      pull: (controller) => {
        chunks += 1;
        if (chunks > 8) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' };
    const { origin, password } = new URL(api.url);
    const response = await fetch(`${origin}/onboardings`, {
      ...init,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${password}` },
    });
    expect(response.status).toBe(413);
  });

  it('takes JSON with a charset, and JSON of a more special kind', async () => {
    const detail = hireLater(newcomer());
    const types = ['application/json; charset=utf-8', 'application/vnd.tenure+json'];
    for (const type of types)
      expect((await ask('POST', '/onboardings', detail, type)).status).toBeLessThan(300);
  });
});

describe('GET /runs/{name}', () => {
  it('shows every step of every app, and the report', async () => {
    const detail = hire(newcomer(), { apps: APPS.map((app) => ({ app })) });
    const run = await reached(api.url, runIn(await post(detail)).name, OVER);
    expect(run.status).toBe('complete');
    expect(run.report?.apps).toHaveLength(APPS.length);
    for (const { app, status, steps } of run.apps) {
      expect(status).toBe('done');
      const reported = run.report?.apps.find((report) => report.app === app)?.steps ?? [];
      expect(steps).toEqual(reported.map(({ step }) => ({ step, status: 'done', attempts: 1 })));
    }
  });

  it('shows what a run that waits has still to do', async () => {
    const { name } = runIn(await post(hireLater(newcomer())));
    expect(await reached(api.url, name, ['waiting'])).toMatchObject({
      endedAt: null,
      report: null,
      error: null,
      apps: [{ app: 'driftwood', status: 'pending', steps: [] }],
    });
  });

  it('shows a step that is retried, and that it succeeded in the end', { tags: 'slow' }, async () => {
    runtime.vendors.driftwood?.inject({ status: 503, times: 1 });
    onTestFinished(() => runtime.vendors.driftwood?.heal());
    const { name } = runIn(await post(hire(newcomer())));
    const run = await reached(api.url, name, OVER);
    expect(run.apps[0]?.steps[0]).toEqual({ step: 'DriftwoodFindUser', status: 'done', attempts: 2 });
  });

  it('shows the step that failed', async () => {
    const { name } = runIn(await post(failingHire(newcomer())));
    const run = await reached(api.url, name, OVER);
    expect(run).toMatchObject({ status: 'failed', report: { status: 'failed' }, error: null });
    expect(run.apps[0]).toMatchObject({ app: 'pipedrive', status: 'failed' });
    expect(run.apps[0]?.steps.at(-1)).toMatchObject({ status: 'failed', attempts: 1 });
  });

  it('finds the run of a change of facts while it runs, and when it is over', { tags: 'slow' }, async () => {
    const person = newcomer();
    const { name: hired } = await runtime.put(hrEvent('employee.hired', hire(person)));
    await reached(api.url, hired, OVER);
    runtime.vendors.driftwood?.inject({ delayMs: 300, times: 1 });
    onTestFinished(() => runtime.vendors.driftwood?.heal());
    const employee = { employeeId: person.employeeId, title: 'Lead' };
    const time = '2025-03-04T08:00:00Z';
    const { name } = await runtime.put({ ...hrEvent('employee.updated', { employee }), time });
    expect(runIn(await ask('GET', `/runs/${name}`))).toMatchObject({ workflow: 'update', name });
    expect(await reached(api.url, name, OVER)).toMatchObject({ workflow: 'update', status: 'complete' });
  });

  it('shows an event that came too late, of which there is no execution, and a run that was replaced', async () => {
    const person = newcomer();
    const waiting = await runtime.put(hrEvent('employee.hired', hireLater(person)));
    await reached(api.url, waiting.name, ['waiting']);
    const { name } = runIn(await post(hireLater({ ...person, firstName: 'Other' })));
    const late = await runtime.put(hrEvent('employee.terminated', termination(person)));
    for (const superseded of [waiting, late])
      expect(runIn(await ask('GET', `/runs/${superseded.name}`))).toMatchObject({
        ...{ name: superseded.name, workflow: superseded.workflow, status: 'superseded' },
        report: { status: 'superseded', supersededBy: name },
      });
  });

  it.each(['by hand', 'offboarding by hand'])('finds a manual execution named %s', async (words) => {
    const name = words.replaceAll(' ', '.');
    const stateMachineArn = machines.arns.onboarding;
    const input = JSON.stringify(hire(newcomer()));
    await machines.client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
    expect(await reached(api.url, name, OVER)).toMatchObject({ workflow: 'onboarding', status: 'complete' });
  });

  it('tells why a manual execution with bad input failed, without a stack trace', async () => {
    const stateMachineArn = machines.arns.offboarding;
    const input = JSON.stringify({ ...termination(ANN), lastWorkingDay: 'tomorrow' });
    await machines.client.send(new StartExecutionCommand({ stateMachineArn, name: 'bad-input', input }));
    const run = await reached(api.url, 'bad-input', OVER);
    expect(run).toMatchObject({ status: 'failed', employeeId: null, apps: [], report: null });
    expect(run.error?.name).toBe('InvalidInputError');
    expect(run.error?.message).toContain('lastWorkingDay: ');
    expect(JSON.stringify(run)).not.toMatch(/\bat .*:\d+|trace/);
  });

  it.each(['onboarding-E-1-000', 'a b', '%2e%2e%2f', '{}', 'x'.repeat(81)])('of %s is 404', async (name) => {
    const answer = await ask('GET', `/runs/${encodeURIComponent(name)}`);
    expect(answer.status).toBe(404);
    expect(problemIn(answer).detail).toContain('no run');
  });
});

describe('DELETE /runs/{name}', () => {
  it('stops a run that waits for its moment; nothing is changed, and a new request starts another', async () => {
    const person = newcomer();
    const { name } = runIn(await post(hireLater(person)));
    await reached(api.url, name, ['waiting']);
    const answer = await ask('DELETE', `/runs/${name}`);
    expect(answer.status).toBe(200);
    expect(runIn(answer)).toMatchObject({ status: 'stopped', endedAt: expect.any(String), report: null });
    expect(await reached(api.url, name, OVER)).toMatchObject({
      status: 'stopped',
      error: { name: 'StoppedByRequest' },
      apps: [{ status: 'pending' }],
    });
    const users = runtime.vendors.driftwood?.state.users ?? [];
    expect(users.length).toBeGreaterThan(0);
    expect(users.some(({ email }) => email === person.email)).toBe(false);
    const again = await post(hireLater(person));
    expect(again.status).toBe(202);
    expect(runIn(again).name).not.toBe(name);
  });

  it('lets no repeat of the event start it again', async () => {
    const person = newcomer();
    const event = hrEvent('employee.hired', hireLater(person));
    const { name } = await runtime.put(event);
    await reached(api.url, name, ['waiting']);
    expect((await ask('DELETE', `/runs/${name}`)).status).toBe(200);
    expect(await runtime.put(event)).toMatchObject({ name, status: 'stopped' });
    const keyed = hireLater(newcomer());
    const first = runIn(await post(keyed, withKey('key-1')));
    await reached(api.url, first.name, ['waiting']);
    await ask('DELETE', `/runs/${first.name}`);
    const again = await post(keyed, withKey('key-1'));
    expect(again.status).toBe(200);
    expect(runIn(again)).toMatchObject({ name: first.name, status: 'stopped' });
  });

  it('refuses a run whose steps have begun, and lets it finish', async () => {
    runtime.vendors.driftwood?.inject({ delayMs: 300, times: 1 });
    onTestFinished(() => runtime.vendors.driftwood?.heal());
    const { name } = runIn(await post(hire(newcomer())));
    await expect
      .poll(async () => JSON.stringify(await historyOf(name)), { interval: 10, timeout: 10_000 })
      .toContain('DriftwoodFindUser');
    const answer = await ask('DELETE', `/runs/${name}`);
    expect(answer.status).toBe(409);
    expect(problemIn(answer).detail).toContain('has begun');
    expect(await reached(api.url, name, OVER)).toMatchObject({ status: 'complete' });
  });

  it('refuses a run that is over, or was stopped before', async () => {
    const { name } = runIn(await post(hire(newcomer())));
    await reached(api.url, name, OVER);
    expect((await ask('DELETE', `/runs/${name}`)).status).toBe(409);

    const stopped = runIn(await post(hireLater(newcomer()))).name;
    await ask('DELETE', `/runs/${stopped}`);
    const answer = await ask('DELETE', `/runs/${stopped}`);
    expect(answer.status).toBe(409);
    expect(problemIn(answer).detail).toContain('is over');
  });

  it('knows nothing of a run that never was', async () => {
    expect((await ask('DELETE', '/runs/onboarding-E-1-000')).status).toBe(404);
  });
});

describe('GET /runs', () => {
  const listed = async (employeeId: string) => {
    const answer = await ask('GET', `/runs?employeeId=${encodeURIComponent(employeeId)}`);
    expect(answer.status).toBe(200);
    return z.parse(RunList, JSON.parse(answer.text)).runs;
  };

  it('lists the runs for an employee, with the status of those that are not over too', async () => {
    const person = newcomer();
    const complete = runIn(await post(hire(person))).name;
    await reached(api.url, complete, OVER);
    const waiting = runIn(await post(hireLater(person))).name;
    await reached(api.url, waiting, ['waiting']);
    expect(await listed(person.employeeId)).toMatchObject([
      { name: complete, status: 'complete', report: { status: 'complete' } },
      { name: waiting, status: 'waiting', report: null },
    ]);
    await ask('DELETE', `/runs/${waiting}`);
    expect((await listed(person.employeeId))[1]).toMatchObject({ name: waiting, status: 'stopped' });
  });

  it('lists a run that Step Functions has forgotten, and one that was stopped by hand', async () => {
    const person = newcomer();
    await runtime.store.writeRun(person.employeeId, {
      workflow: 'onboarding',
      execution: 'long-ago',
      startedAt: '2020-01-01T00:00:00.000Z',
    });
    const { name } = runIn(await post(hireLater(person)));
    await reached(api.url, name, ['waiting']);
    await machines.client.send(
      new StopExecutionCommand({ executionArn: executionArn(machines, 'onboarding', name) }),
    );
    expect(await listed(person.employeeId)).toMatchObject([
      { name: 'long-ago', status: 'stopped' },
      { name, status: 'stopped' },
    ]);
  });

  it('tells a run from one of the same name that Step Functions has forgotten', async () => {
    const person = newcomer();
    const { name } = runIn(await post(hireLater(person)));
    await reached(api.url, name, ['waiting']);
    await runtime.store.writeRun(person.employeeId, {
      workflow: 'onboarding',
      execution: name,
      startedAt: '2020-01-01T00:00:00.000Z',
    });
    expect(await listed(person.employeeId)).toMatchObject([
      { name, status: 'stopped', startedAt: '2020-01-01T00:00:00.000Z' },
      { name, status: 'waiting' },
    ]);
  });

  it('lists nothing for somebody unknown', async () => {
    expect(await listed('E-0000')).toEqual([]);
  });

  it.each(['?employeeId=', '?employeeId=a%20b'])('with %j is 422', async (query) => {
    const answer = await ask('GET', `/runs${query}`);
    expect(answer.status).toBe(422);
    expect(problemIn(answer).errors).toMatchObject([{ path: 'employeeId' }]);
  });
});

describe('GET /employees/{employeeId}', () => {
  it('shows the profile, and the account in each app or null', async () => {
    const person = { ...newcomer(), employeeId: 'Ž/1%41' };
    await reached(api.url, runIn(await post(hire(person))).name, OVER);
    const answer = await ask('GET', `/employees/${encodeURIComponent(person.employeeId)}`);
    expect(answer.status).toBe(200);
    const employee = z.parse(Employee, JSON.parse(answer.text));
    expect(employee).toMatchObject({
      employeeId: person.employeeId,
      profile: { email: person.email, firstName: person.firstName },
      accounts: { ...forEveryApp(() => null), driftwood: { email: person.email } },
      graph: Object.fromEntries(appsWith('graph').map((app) => [app, null])),
    });
  });

  it('shows what an account is connected with, as the last reconciliation saw it', async () => {
    const person = newcomer();
    await reached(api.url, runIn(await post(hire(person))).name, OVER);
    const connections = {
      vendorUserId: '77',
      roles: ['Account Executive'],
      permissions: ['can_add_products'],
      groups: [],
      managers: [],
      controls: [],
      verifiedAt: SEEN_AT,
    };
    const { employeeId } = person;
    const controls = [{ id: 'c-1', name: 'Access Control' }];
    await graphStore(IDENTITY_TABLE).write([
      { app: 'pipedrive', employeeId, ...connections },
      { app: 'drata', employeeId, ...connections, controls },
    ]);
    const employee = z.parse(Employee, JSON.parse((await ask('GET', `/employees/${employeeId}`)).text));
    expect(employee.graph).toEqual({
      ...Object.fromEntries(appsWith('graph').map((app) => [app, null])),
      pipedrive: connections,
      drata: { ...connections, controls },
    });
  });

  it('is 404 for nobody known and 422 for what is no id', async () => {
    expect((await ask('GET', '/employees/E-0000')).status).toBe(404);
    expect((await ask('GET', '/employees/a%20b')).status).toBe(422);
  });
});

describe('what is no route', () => {
  it.each([
    ['GET', '/employees'],
    ['GET', '/runs/a/b'],
    ['POST', '/onboarding'],
  ])('%s %s is 404', async (method, path) => {
    const answer = await ask(method, path);
    expect(answer.status).toBe(404);
    problemIn(answer);
  });

  it.each([
    ['GET', '/onboardings', 'POST'],
    ['PUT', '/offboardings', 'POST'],
    ['POST', '/runs', 'GET'],
    ['PATCH', '/runs/x', 'GET, DELETE'],
    ['PATCH', '/employees/E-1', 'GET, DELETE'],
  ])('%s %s is 405', async (method, path, allowed) => {
    const answer = await ask(method, path);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe(allowed);
    problemIn(answer);
  });
});

describe('when AWS fails', () => {
  const stores = (table: string) => ({
    order: orderStore(table),
    store: identityStore(table),
    roster: rosterStore(table),
    graph: graphStore(table),
    holds: holdStore(table),
    plans: noPlans(),
    diagnoses: diagnosisStore(table),
    findings: findingStore(table),
    acceptances: acceptanceStore(table),
  });

  /** The API over a Step Functions that answers everything like this. */
  async function apiOver(status: 400 | 500 | 503, type: string, message = 'arn:secret'): Promise<Hono> {
    const app = new Hono().post('/', (context) => context.json({ __type: type, message }, status));
    const server = await startLoopbackServer(app.fetch);
    onTestFinished(server.close);
    const client = new SFNClient({ endpoint: server.url, maxAttempts: 1 });
    return createApp({
      ...stores(IDENTITY_TABLE),
      machines: { ...machines, client },
    });
  }

  const request = (app: Hono) =>
    app.request('/onboardings', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(hire(newcomer())),
    });

  it.each([
    [400, 'ThrottlingException'],
    [400, 'ExecutionLimitExceeded'],
    [400, 'KmsThrottlingException'],
    [500, 'InternalServerError'],
    [503, 'ServiceUnavailable'],
  ] as const)('with %d %s it is 503 with Retry-After', async (status, type) => {
    const response = await request(await apiOver(status, type));
    expect(response.status).toBe(503);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await response.text()).not.toContain('arn:secret');
  });

  it('by not being there it is 503 too', async () => {
    const server = await startLoopbackServer(new Hono().fetch);
    await server.close();
    const client = new SFNClient({ endpoint: server.url, maxAttempts: 1 });
    const app = createApp({
      ...stores(IDENTITY_TABLE),
      machines: { ...machines, client },
    });
    expect((await request(app)).status).toBe(503);
    expect((await app.request('/runs/x')).status).toBe(503);
  });

  it('for a reason that waiting does not mend it is 500 and tells nothing', async () => {
    const response = await request(await apiOver(400, 'AccessDeniedException'));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toMatch(/arn:secret|AccessDenied/);
  });

  it('by refusing the input it is 422 with its reason', async () => {
    const response = await request(await apiOver(400, 'InvalidExecutionInput', 'Too far ahead.'));
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ detail: 'Too far ahead.' });
  });

  it('by having no table it is 500', async () => {
    const app = createApp({ ...stores('no-such-table'), machines });
    const response = await app.request('/employees/E-1');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('no-such-table');
  });
});

it('answers a GET that is asked again with 304 while nothing has changed, and a POST always whole', async () => {
  const first = await call(`${api.url}/runs`);
  const asked = { 'if-none-match': first.headers.get('etag') ?? '' };
  const again = await call(`${api.url}/runs`, 'GET', undefined, undefined, asked);
  expect([first.status, again.status, again.text]).toEqual([200, 304, '']);
  const release = { names: ['none'], reason: 'It is right.' };
  const posted = await call(`${api.url}/runs/release`, 'POST', release, undefined, { 'if-none-match': '*' });
  expect(posted.status).toBe(200);
});

describe('the page', () => {
  const url = (path: string) => {
    const target = new URL(path, api.url);
    target.password = '';
    return target;
  };

  it('is served without the key, with its files', async () => {
    const page = await fetch(url('/'));
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    const files = [...(await page.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)];
    expect(files.length).toBe(2);
    for (const [, path = ''] of files) expect((await fetch(url(path))).status).toBe(200);
  });

  it('takes nothing from what asks for the key', async () => {
    for (const path of ['/runs', '/employees/E-1001', '/follow-ups', '/assets', '/no-such-page'])
      expect((await fetch(url(path))).status).toBe(401);
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await fetch(url('/'), { method })).status).toBe(401);
  });

  it('is no door for a page of another origin, nor for another name of this machine', async () => {
    const origin = 'https://evil.example';
    expect((await fetch(url('/'), { headers: { origin } })).status).toBe(403);
    const posted = await call(`${api.url}/onboardings`, 'POST', hire(newcomer()), undefined, { origin });
    expect(posted.status).toBe(403);
  });
});

it('puts no secret and no stack trace into any answer', async () => {
  expect(answers.length).toBeGreaterThan(50);
  const everything = answers.join('\n');
  for (const { tokens } of Object.values(runtime.vendors)) {
    expect(everything).not.toContain(tokens.rest);
    expect(everything).not.toContain(tokens.scim);
  }
  expect(everything).not.toContain(process.env.AWS_ACCESS_KEY_ID);
  expect(everything).not.toMatch(/\n\s+at |node_modules|functions\/|\.ts\b/);
  const { status } = await machines.client.send(
    new DescribeExecutionCommand({ executionArn: executionArn(machines, 'offboarding', 'bad-input') }),
  );
  expect(status).toBe('FAILED');
});
