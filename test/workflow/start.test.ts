import { randomUUID } from 'node:crypto';
import {
  DescribeExecutionCommand,
  ListExecutionsCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod/mini';
import { hireRequest, requestOf, terminationRequest } from '../../functions/runs/request.ts';
import { runSourcesFromEnvironment } from '../../functions/runs/run-sources.ts';
import { type RunSources, startRun, TooManyAttemptsError } from '../../functions/runs/start-run.ts';
import { executionArn, type StateMachines } from '../../functions/runs/state-machines.ts';
import { HiredDetail, HrEvent, TerminatedDetail } from '../../functions/shared/events.ts';
import { logger } from '../../functions/shared/logger.ts';
import { startedByHand } from '../../functions/shared/origin.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import { startLoopbackServer } from '../../local/aws/loopback-server.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { failingHire, hire, hireLater, hrEvent, inDays, newcomer, termination } from '../requests.ts';
import { memoryOrderStore } from '../runs/memory-order-store.ts';

let runtime: Runtime;
let sources: RunSources;
let machines: StateMachines;

beforeAll(async () => {
  // With real waiting, so that a run can be met while it waits.
  runtime = await startRuntime();
  sources = runSourcesFromEnvironment();
  machines = sources.machines;
});
afterAll(() => runtime.close());

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const BY_HAND = startedByHand('run-1', '2026-11-29T10:00:00.000Z');
const put = (event: object) => runtime.put(event);
const describeRun = (workflow: Workflow, name: string) =>
  machines.client.send(
    new DescribeExecutionCommand({ executionArn: executionArn(machines, workflow, name) }),
  );
const ended = (workflow: Workflow, name: string, status: string) =>
  vi.waitFor(async () => expect((await describeRun(workflow, name)).status).toBe(status), {
    timeout: 30_000,
    interval: 20,
  });
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );

const hired = (detail: object, time = '2025-03-03T08:00:00Z') => ({
  ...hrEvent('employee.hired', detail),
  time,
});
const terminated = (detail: object, time = '2025-03-03T08:00:00Z') => ({
  ...hrEvent('employee.terminated', detail),
  time,
});
const reportOf = async (employeeId: string, name: string) =>
  (await runtime.store.readRuns(employeeId)).find(({ execution }) => execution === name)?.report;
const isWaiting = (employeeId: string, name: string) =>
  vi.waitFor(
    async () =>
      expect((await runtime.store.readRuns(employeeId)).map(({ execution }) => execution)).toContain(name),
    { timeout: 30_000, interval: 20 },
  );

describe('an HR event', () => {
  it('starts the state machine of its kind, with its detail and its id as the input', async () => {
    const person = newcomer();
    const event = hired(hireLater(person));
    const started = await put(event);
    expect(started).toMatchObject({ workflow: 'onboarding', status: 'started' });
    const { input, stateMachineArn } = await describeRun('onboarding', started.name);
    expect(stateMachineArn).toBe(machines.arns.onboarding);
    expect(JSON.parse(input ?? '')).toEqual({
      ...z.parse(HiredDetail, hireLater(person)),
      event: { id: expect.stringContaining(event.id) },
    });

    const leaver = newcomer();
    await ended('onboarding', (await put(hired(hire(leaver)))).name, 'SUCCEEDED');
    const left = await put(terminated(termination(leaver)));
    expect(left).toMatchObject({ workflow: 'offboarding', status: 'started' });
    await ended('offboarding', left.name, 'SUCCEEDED');
  });

  it('is named by the run and its report, with who asked, when it was due and when the last login was shut', async () => {
    const leaver = newcomer();
    await ended('onboarding', (await put(hired(hire(leaver)))).name, 'SUCCEEDED');
    const event = terminated(termination(leaver));
    const { name } = await put(event);
    await ended('offboarding', name, 'SUCCEEDED');
    const row = (await runtime.store.readRuns(leaver.employeeId)).find(({ execution }) => execution === name);
    const { origin, dueAt, report } = row ?? {};
    expect(origin).toEqual({
      id: event.id,
      source: 'hr',
      receivedAt: expect.stringMatching(ISO),
      requester: { via: 'eventbridge', name: 'hr' },
    });
    expect(dueAt).toMatch(ISO);
    expect(report).toMatchObject({ origin, dueAt, lastLoginShutAt: expect.stringMatching(ISO) });
    const ends = (report?.apps ?? []).flatMap(({ steps }) =>
      steps.filter(({ step, status }) => /Deactivate/.test(step) && status !== 'not_found'),
    );
    expect(report?.lastLoginShutAt).toBe(
      ends
        .map(({ endedAt }) => endedAt)
        .toSorted()
        .at(-1),
    );
  });

  it('with fields that tenure does not know is acted on, and the log and the report name them', async () => {
    const warn = vi.spyOn(logger, 'warn');
    onTestFinished(() => warn.mockRestore());
    const detail = { ...hireLater(newcomer()), costCentre: 'C-1' };
    const { name } = await put(hrEvent('employee.hired', detail));
    expect(warn).toHaveBeenCalledWith(
      'event with unknown fields',
      expect.objectContaining({ unknownFields: ['detail.costCentre'] }),
    );
    const { employeeId } = detail.employee;
    await expect
      .poll(
        async () =>
          (await runtime.store.readRuns(employeeId)).find(({ execution }) => execution === name)?.origin,
      )
      .toMatchObject({ unknownFields: ['detail.costCentre'] });
  });

  it('whose moment cannot be is refused, so that the dead-letter queue holds the reason', async () => {
    const person = newcomer();
    const leaves = (days: number) =>
      termination(person, { when: 'endOfLastWorkingDay', lastWorkingDay: inDays(days) });
    for (const days of [400, -60])
      await expect(put(terminated(leaves(days)))).rejects.toThrow(/last working day|days at most/);
  });

  it('that comes again while its run waits finds that run', async () => {
    const event = hired(hireLater(newcomer()));
    const first = await put(event);
    expect(await put(event)).toEqual({ ...first, status: 'running' });
  });

  it('that comes again after its run succeeded finds that run', async () => {
    const event = hired(hire(newcomer()));
    const first = await put(event);
    await ended('onboarding', first.name, 'SUCCEEDED');
    expect(await put(event)).toEqual({ ...first, status: 'succeeded' });
  });

  it('with the same content and a new id is a new request once the first has ended', async () => {
    const detail = hire(newcomer());
    const first = await put(hired(detail));
    await ended('onboarding', first.name, 'SUCCEEDED');
    const second = await put(hired(detail));
    expect(second.status).toBe('started');
    expect(second.name).not.toBe(first.name);
  });

  it('that comes again after its run failed starts the next attempt, and the one after that', async () => {
    const event = hired(failingHire(newcomer()));
    const { name } = await put(event);
    await ended('onboarding', name, 'FAILED');
    const second = await put(event);
    expect(second).toMatchObject({ name: `${name}-2`, status: 'started' });
    await ended('onboarding', second.name, 'FAILED');
    expect(await put(event)).toMatchObject({ name: `${name}-3`, status: 'started' });
  });

  it('that comes again after its run failed is superseded when a later one was accepted meanwhile', async () => {
    const person = newcomer();
    const event = hired(failingHire(person));
    const { name } = await put(event);
    await ended('onboarding', name, 'FAILED');
    await put(hired(hireLater(person), '2025-03-04T08:00:00Z'));
    expect(await put(event)).toMatchObject({ name, status: 'superseded' });
  });

  it('that comes many times at once starts one run', async () => {
    const event = hired(hireLater(newcomer()));
    const runs = await Promise.all(Array.from({ length: 10 }, () => put(event)));
    expect(new Set(runs.map(({ name }) => name)).size).toBe(1);
  });

  it('that happened before one that was accepted is superseded: recorded, and nothing is started', async () => {
    const person = newcomer();
    const later = await put(hired(hireLater(person), '2025-03-05T08:00:00Z'));
    const late = terminated(termination(person), '2025-03-04T08:00:00Z');
    const superseded = await put(late);
    expect(superseded).toMatchObject({ workflow: 'offboarding', status: 'superseded' });
    expect((await failure(describeRun('offboarding', superseded.name))).name).toBe('ExecutionDoesNotExist');
    expect(await reportOf(person.employeeId, superseded.name)).toMatchObject({
      status: 'superseded',
      supersededBy: later.name,
      apps: [],
    });
    expect(await put(late)).toMatchObject({ name: superseded.name, status: 'superseded' });
    expect((await describeRun('onboarding', later.name)).status).toBe('RUNNING');
  });

  it('replaces the run that waits: that is stopped, and its report says by what', async () => {
    const person = newcomer();
    const first = await put(hired(hireLater(person)));
    await isWaiting(person.employeeId, first.name);
    const second = await put(terminated(termination(person), '2025-03-04T08:00:00Z'));
    expect(second.status).toBe('started');
    await ended('onboarding', first.name, 'ABORTED');
    expect(await reportOf(person.employeeId, first.name)).toMatchObject({
      workflow: 'onboarding',
      status: 'superseded',
      supersededBy: second.name,
    });
  });

  it('that is sent again with another content corrects itself', async () => {
    const person = newcomer();
    const event = hired(hireLater(person));
    const first = await put(event);
    await isWaiting(person.employeeId, first.name);
    const second = await put({
      ...event,
      detail: { ...hireLater(person), apps: [{ app: 'driftwood', role: 'x' }] },
    });
    expect(second.status).toBe('started');
    expect(second.name).not.toBe(first.name);
    await ended('onboarding', first.name, 'ABORTED');
  });

  it('with a field that is wrong is refused: the reason names every field and holds no value', async () => {
    const person = newcomer();
    const event = hrEvent('employee.hired', {
      ...hire(person),
      apps: [{ app: 'slack' }],
      employee: { ...person, email: 'Łucja at home', startDate: '2025-02-30' },
    });
    const { name, message } = await failure(runtime.put(event));
    expect(name).toBe('InvalidInputError');
    for (const path of ['detail.apps.0.app: ', 'detail.employee.email: ', 'detail.employee.startDate: '])
      expect(message).toContain(path);
    for (const value of ['slack', 'Łucja', '2025-02-30']) expect(message).not.toContain(value);
  });

  it.each([
    ['another source', { source: 'payroll' }],
    ['another kind', { 'detail-type': 'employee.promoted' }],
  ])('of %s is refused', async (_, changes) => {
    const event = { ...hrEvent('employee.hired', hire(newcomer())), ...changes };
    expect(await failure(runtime.put(event))).toMatchObject({ name: 'InvalidInputError' });
  });
});

describe('a manual execution', () => {
  it('takes part in the order: its name is its id, its start its time', async () => {
    const person = newcomer();
    const first = await put(hired(hireLater(person)));
    await isWaiting(person.employeeId, first.name);
    const name = `by-hand-${randomUUID()}`;
    const input = JSON.stringify(hireLater(person));
    const stateMachineArn = machines.arns.onboarding;
    await machines.client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
    await ended('onboarding', first.name, 'ABORTED');
    // The run stops the other one first, and then writes its report.
    await vi.waitFor(
      async () => expect(await reportOf(person.employeeId, first.name)).toMatchObject({ supersededBy: name }),
      { timeout: 30_000, interval: 20 },
    );
    const older = await put(terminated(termination(person), '2025-03-04T08:00:00Z'));
    expect(older.status).toBe('superseded');
    expect(await reportOf(person.employeeId, older.name)).toMatchObject({ supersededBy: name });
  });

  it('with the input of another run is one of its own', async () => {
    const person = newcomer();
    const first = await put(hired(hire(person)));
    await ended('onboarding', first.name, 'SUCCEEDED');
    const { input } = await describeRun('onboarding', first.name);
    const name = `by-hand-${randomUUID()}`;
    const stateMachineArn = machines.arns.onboarding;
    await machines.client.send(new StartExecutionCommand({ stateMachineArn, name, input }));
    await ended('onboarding', name, 'SUCCEEDED');
    expect(await reportOf(person.employeeId, name)).toMatchObject({
      status: 'complete',
      origin: { id: name, source: 'console', requester: { via: 'console', name: null } },
      lastLoginShutAt: null,
    });
    expect((await sources.order.read(person.employeeId)).last?.run.name).toBe(name);
  });
});

describe('a request without an event', () => {
  const hireAs = (detail: object, key: string | null = null) =>
    startRun(sources, hireRequest(z.parse(HiredDetail, detail), key, BY_HAND));

  it('finds its run while that waits, whatever the order of the fields, and whether a default is written out', async () => {
    const detail = hireLater(newcomer());
    const first = await hireAs(detail);
    const { employee, apps, when } = z.parse(HiredDetail, detail);
    const reversed = Object.fromEntries(Object.entries(employee).reverse());
    expect(await hireAs({ when, apps, employee: reversed })).toEqual({ ...first, status: 'running' });
  });

  it('is a new one once its run has ended, unless it has the same key', async () => {
    const detail = hire(newcomer());
    const first = await hireAs(detail, 'key-1');
    await ended('onboarding', first.name, 'SUCCEEDED');
    expect(await hireAs(detail, 'key-1')).toEqual({ ...first, status: 'succeeded' });
    const second = await hireAs(detail);
    expect(second.status).toBe('started');
    await ended('onboarding', second.name, 'SUCCEEDED');
    expect(new Set([first.name, second.name, (await hireAs(detail)).name]).size).toBe(3);
  });

  it('comes after everything else, and before an event that happens later', async () => {
    const person = newcomer();
    const first = await put(hired(hireLater(person), new Date().toISOString()));
    await isWaiting(person.employeeId, first.name);
    const { name } = await hireAs(hireLater({ ...person, firstName: 'Other' }));
    await ended('onboarding', first.name, 'ABORTED');
    expect(await put(terminated(termination(person)))).toMatchObject({ status: 'superseded' });
    expect((await describeRun('onboarding', name)).status).toBe('RUNNING');
  });
});

describe("a run's name", () => {
  const eventOf = (detail: object) => z.parse(HrEvent, hired(detail));
  const nameOf = async (event: HrEvent) => (await startRun(sources, requestOf(event, Date.now()))).name;

  it('is made from the event', async () => {
    const event = eventOf(hireLater(newcomer()));
    expect(await nameOf(event)).toBe(await nameOf(event));
    expect(await nameOf(event)).not.toBe(await nameOf({ ...event, id: randomUUID() }));
  });

  it('begins with the workflow', async () => {
    const person = newcomer();
    const detail = z.parse(TerminatedDetail, termination(person));
    const { name } = await startRun(sources, terminationRequest(detail, null, BY_HAND));
    expect(name).toMatch(/^offboarding-E-7\d{3}-[0-9a-f]{24}$/);
    expect(await nameOf(eventOf(hireLater(newcomer())))).toMatch(/^onboarding-E-7\d{3}-[0-9a-f]{24}$/);
  });

  it.each([
    ['a/b:c', 'a_b_c'],
    ['Žofie.1@north', '_ofie_1_north'],
    ['x'.repeat(100), 'x'.repeat(30)],
    ['名'.repeat(40), '_'.repeat(30)],
    ['👩', '__'],
  ])('is one that Step Functions takes for the employee id %s', async (employeeId, part) => {
    const name = await nameOf(eventOf(hireLater({ ...newcomer(), employeeId })));
    expect(name).toMatch(new RegExp(`^onboarding-${part}-[0-9a-f]{24}$`));
    expect(name.length).toBeLessThanOrEqual(76);
  });

  it('tells ids apart that look the same in it', async () => {
    const person = newcomer();
    const event = eventOf(hireLater(person));
    const nameAs = (employeeId: string) =>
      nameOf(z.parse(HrEvent, { ...event, detail: hireLater({ ...person, employeeId }) }));
    expect(await nameAs('a/b')).not.toBe(await nameAs('a:b'));
  });
});

describe('when Step Functions', () => {
  type Scripted = { status: 200 | 400 | 503; body: object };

  /** Sources over a Step Functions that gives scripted answers, an order in memory, and the calls in their order. */
  async function scripted(answers: Record<string, () => Scripted>) {
    const calls: string[] = [];
    const app = new Hono().post('/', async (context) => {
      const operation = (context.req.header('x-amz-target') ?? '').replace('AWSStepFunctions.', '');
      calls.push(operation);
      const answer = answers[operation];
      if (answer === undefined) throw new Error(`Nothing is scripted for ${operation}.`);
      const { status, body } = answer();
      return context.json(body, status);
    });
    const server = await startLoopbackServer(app.fetch);
    onTestFinished(() => server.close());
    const client = new SFNClient({ endpoint: server.url, maxAttempts: 1 });
    const over: RunSources = {
      machines: { ...machines, client },
      order: memoryOrderStore(),
      store: runtime.store,
    };
    return { calls, over, close: server.close };
  }

  const refused = (type: string, status: 400 | 503 = 400) => ({
    status,
    body: { __type: type, message: 'no' },
  });
  const missing = () => refused('ExecutionDoesNotExist');
  const described = (status: string) => () => ({
    status: 200 as const,
    body: { executionArn: 'arn', stateMachineArn: 'arn', status, startDate: 1_740_000_000 },
  });
  const accepted = () => ({ status: 200 as const, body: { executionArn: 'arn', startDate: 1_740_000_000 } });
  /** Gives one answer after the other, and the last one from then on. */
  const inTurn = (...answers: (() => Scripted)[]) => {
    let count = 0;
    return () => {
      const answer = answers[Math.min(count, answers.length - 1)] ?? missing;
      count += 1;
      return answer();
    };
  };
  const requestFor = (event: object) => requestOf(z.parse(HrEvent, event), Date.now());
  const request = () => requestFor(hired(hireLater(newcomer())));

  it.each([
    ['throttles', 400, 'ThrottlingException'],
    ['has too many executions', 400, 'ExecutionLimitExceeded'],
    ['is down', 503, 'ServiceUnavailable'],
  ] as const)('%s, the error is thrown, so that the event is sent again', async (_, status, type) => {
    const { over } = await scripted({ StartExecution: () => refused(type, status) });
    expect((await failure(startRun(over, request()))).name).toBe(type);
  });

  it('cannot be reached, the error is thrown', async () => {
    const { over, close } = await scripted({});
    await close();
    expect((await failure(startRun(over, request()))).message).toContain('ECONNREFUSED');
  });

  it('could not start an event that was accepted, the event sent again starts its run', async () => {
    const { over, calls } = await scripted({
      DescribeExecution: missing,
      StartExecution: inTurn(() => refused('ServiceUnavailable', 503), accepted),
    });
    const again = request();
    await failure(startRun(over, again));
    expect(await startRun(over, again)).toMatchObject({ status: 'started' });
    expect(calls).toEqual(['StartExecution', 'DescribeExecution', 'StartExecution']);
  });

  it('could not start an event and a later one came, the event sent again is superseded', async () => {
    const { over, calls } = await scripted({
      DescribeExecution: missing,
      StartExecution: inTurn(() => refused('ServiceUnavailable', 503), accepted),
    });
    const person = newcomer();
    const first = requestFor(hired(hireLater(person)));
    await failure(startRun(over, first));
    const later = requestFor(terminated(termination(person), '2025-03-04T08:00:00Z'));
    const { name } = await startRun(over, later);
    const repeat = await startRun(over, first);
    expect(repeat).toMatchObject({ status: 'superseded' });
    expect(calls.filter((call) => call === 'StartExecution')).toHaveLength(2);
    expect(await reportOf(person.employeeId, repeat.name)).toMatchObject({ supersededBy: name });
  });

  it('does not show a run yet that has ended, its refusal to start it again does', async () => {
    const { over } = await scripted({
      DescribeExecution: inTurn(missing, described('SUCCEEDED')),
      StartExecution: inTurn(accepted, () => refused('ExecutionAlreadyExists')),
    });
    const repeated = request();
    await startRun(over, repeated);
    const run = await startRun(over, repeated);
    expect(run).toMatchObject({ status: 'succeeded', startedAt: '2025-02-19T21:20:00.000Z' });
  });

  it('takes a run up again that had failed, that run is found', async () => {
    const { over } = await scripted({
      DescribeExecution: described('PENDING_REDRIVE'),
      StartExecution: accepted,
    });
    const repeated = request();
    await startRun(over, repeated);
    expect(await startRun(over, repeated)).toMatchObject({ status: 'running' });
  });

  it('has forgotten a run, its report answers for it and nothing is started', async () => {
    const { over, calls } = await scripted({ DescribeExecution: missing, StartExecution: accepted });
    const repeated = request();
    const { name } = await startRun(over, repeated);
    const { employeeId } = repeated.detail.employee;
    const startedAt = '2025-02-19T21:20:00.000Z';
    await runtime.store.writeReport(
      { workflow: 'onboarding', execution: name, startedAt },
      { workflow: 'onboarding', employeeId, email: 'a@northlight.example', status: 'complete', apps: [] },
    );
    const found = { workflow: 'onboarding', name, status: 'succeeded', startedAt };
    expect(await startRun(over, repeated)).toEqual(found);
    expect(calls.filter((call) => call === 'StartExecution')).toHaveLength(1);
  });

  it('has forgotten a run that a person stopped, the event sent again starts nothing', async () => {
    const { over, calls } = await scripted({ DescribeExecution: missing, StartExecution: accepted });
    const repeated = request();
    const { name } = await startRun(over, repeated);
    const { employeeId } = repeated.detail.employee;
    const { last } = await over.order.read(employeeId);
    const event = await over.order.findEvent(employeeId, last?.eventId ?? '');
    if (event === null) throw new Error('The event is not recorded.');
    await over.order.writeEvent(employeeId, { ...event, status: 'stopped' });
    expect(await startRun(over, repeated)).toMatchObject({ name, status: 'stopped' });
    expect(calls.filter((call) => call === 'StartExecution')).toHaveLength(1);
  });

  it('is to take another attempt and the process ends, that attempt is the current run the next time', async () => {
    const { over } = await scripted({
      DescribeExecution: described('FAILED'),
      StartExecution: accepted,
    });
    const repeated = request();
    const { name } = await startRun(over, repeated);
    const { employeeId } = repeated.detail.employee;
    const replace = vi.spyOn(over.order, 'replace').mockRejectedValueOnce(new Error('The process ended.'));
    await failure(startRun(over, repeated));
    replace.mockRestore();
    expect(await startRun(over, repeated)).toMatchObject({ name: `${name}-2`, status: 'started' });
    expect((await over.order.read(employeeId)).last?.run.name).toBe(`${name}-2`);
  });

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'])(
    'has 20 attempts that ended %s, a person is asked',
    async (status) => {
      const { over, calls } = await scripted({
        DescribeExecution: described(status),
        StartExecution: accepted,
      });
      const repeated = request();
      for (let attempt = 1; attempt <= 20; attempt += 1) await startRun(over, repeated);
      expect(await failure(startRun(over, repeated))).toBeInstanceOf(TooManyAttemptsError);
      expect(calls.filter((call) => call === 'StartExecution')).toHaveLength(20);
    },
  );
});

describe('the Step Functions endpoint', () => {
  it('answers nobody who does not have its access key', async () => {
    const client = new SFNClient({
      credentials: { accessKeyId: randomUUID(), secretAccessKey: 'x' },
    });
    const arn = executionArn(machines, 'onboarding', 'x');
    const error = await failure(client.send(new DescribeExecutionCommand({ executionArn: arn })));
    expect(error.name).toBe('AccessDeniedException');
  });

  it('says so when it does not know an operation', async () => {
    const list = new ListExecutionsCommand({ stateMachineArn: machines.arns.onboarding });
    expect((await failure(machines.client.send(list))).name).toBe('UnknownOperationException');
  });
});
