import { randomUUID } from 'node:crypto';
import { DescribeExecutionCommand, ListExecutionsCommand, SFNClient } from '@aws-sdk/client-sfn';
import { Hono } from 'hono';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import {
  executionArn,
  type StateMachines,
  startRun,
  stateMachinesFromEnvironment,
  TooManyAttemptsError,
} from '../../functions/runs/start-run.ts';
import { HiredDetail, TerminatedDetail } from '../../functions/shared/events.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import { startLoopbackServer } from '../../local/aws/loopback-server.ts';
import { type Runtime, startRuntime } from '../../local/runtime/runtime.ts';
import { failingHire, hire, hireLater, hrEvent, inDays, newcomer, termination } from '../requests.ts';

let runtime: Runtime;
let machines: StateMachines;

beforeAll(async () => {
  // With real waiting, so that a run can be met while it waits.
  runtime = await startRuntime();
  machines = stateMachinesFromEnvironment();
});
afterAll(() => runtime.close());

const put = (kind: 'employee.hired' | 'employee.terminated', detail: object) =>
  runtime.put(hrEvent(kind, detail));
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

describe('an HR event', () => {
  it('starts the state machine of its kind, with its detail as the input', async () => {
    const person = newcomer();
    const hired = await put('employee.hired', hireLater(person));
    expect(hired).toMatchObject({ workflow: 'onboarding', status: 'started' });
    const { input, stateMachineArn } = await describeRun('onboarding', hired.name);
    expect(stateMachineArn).toBe(machines.arns.onboarding);
    expect(JSON.parse(input ?? '')).toEqual(z.parse(HiredDetail, hireLater(person)));

    const terminated = await put('employee.terminated', termination(newcomer()));
    expect(terminated).toMatchObject({ workflow: 'offboarding', status: 'started' });
    await ended('offboarding', terminated.name, 'SUCCEEDED');
  });

  it('whose moment cannot be is refused, so that the dead-letter queue holds the reason', async () => {
    const person = newcomer();
    const leaves = (days: number) =>
      termination(person, { when: 'endOfLastWorkingDay', lastWorkingDay: inDays(days) });
    for (const days of [400, -60])
      await expect(put('employee.terminated', leaves(days))).rejects.toThrow(/last working day|364 days/);
  });

  it('that comes again while its run waits finds that run', async () => {
    const detail = hireLater(newcomer());
    const first = await put('employee.hired', detail);
    expect(await put('employee.hired', detail)).toEqual({ ...first, status: 'running' });
  });

  it('that comes again after its run succeeded finds that run', async () => {
    const detail = hire(newcomer());
    const first = await put('employee.hired', detail);
    await ended('onboarding', first.name, 'SUCCEEDED');
    expect(await put('employee.hired', detail)).toEqual({ ...first, status: 'succeeded' });
  });

  it('that comes again after its run failed starts the next attempt, and the one after that', async () => {
    const detail = failingHire(newcomer());
    const { name } = await put('employee.hired', detail);
    await ended('onboarding', name, 'FAILED');
    const second = await put('employee.hired', detail);
    expect(second).toMatchObject({ name: `${name}-2`, status: 'started' });
    await ended('onboarding', second.name, 'FAILED');
    expect(await put('employee.hired', detail)).toMatchObject({ name: `${name}-3`, status: 'started' });
  });

  it('that comes many times at once starts one run', async () => {
    const detail = hireLater(newcomer());
    const runs = await Promise.all(Array.from({ length: 10 }, () => put('employee.hired', detail)));
    expect(new Set(runs.map(({ name }) => name)).size).toBe(1);
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

describe("a run's name", () => {
  const start = async (detail: object) => {
    const hired = z.parse(HiredDetail, detail);
    return (await startRun(machines, { workflow: 'onboarding', detail: hired })).name;
  };

  it('is the same whatever the order of the fields, and whether a default is written out', async () => {
    const { employee, apps, when } = z.parse(HiredDetail, hireLater(newcomer()));
    const reversed = Object.fromEntries(Object.entries(employee).reverse());
    expect(await start({ employee, apps, when })).toBe(await start({ when, apps, employee: reversed }));
  });

  it('differs with anything that the request asks for', async () => {
    const detail = hireLater(newcomer());
    expect(await start(detail)).not.toBe(await start({ ...detail, apps: [{ app: 'drata' }] }));
  });

  it('differs between workflows', async () => {
    const person = newcomer();
    const detail = z.parse(TerminatedDetail, termination(person));
    const { name } = await startRun(machines, { workflow: 'offboarding', detail });
    expect(name).toMatch(/^offboarding-E-7\d{3}-[0-9a-f]{24}$/);
    expect(await start(hireLater(person))).toMatch(/^onboarding-E-7\d{3}-[0-9a-f]{24}$/);
  });

  it.each([
    ['a/b:c', 'a_b_c'],
    ['Žofie.1@north', '_ofie_1_north'],
    ['x'.repeat(100), 'x'.repeat(30)],
    ['名'.repeat(40), '_'.repeat(30)],
    ['👩', '__'],
  ])('is one that Step Functions takes for the employee id %s', async (employeeId, part) => {
    const name = await start(hireLater({ ...newcomer(), employeeId }));
    expect(name).toMatch(new RegExp(`^onboarding-${part}-[0-9a-f]{24}$`));
    expect(name.length).toBeLessThanOrEqual(76);
  });

  it('tells ids apart that look the same in it', async () => {
    const person = newcomer();
    const nameOf = (employeeId: string) => start(hireLater({ ...person, employeeId }));
    expect(await nameOf('a/b')).not.toBe(await nameOf('a:b'));
  });
});

describe('when Step Functions', () => {
  const detail = z.parse(HiredDetail, hireLater(newcomer()));

  /** A Step Functions that gives scripted answers, and how often each operation was called. */
  async function scripted(answers: Record<string, () => { status: 200 | 400 | 503; body: object }>) {
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
    const client = new SFNClient({ endpoint: server.url, maxAttempts: 1 });
    return { calls, close: server.close, machines: { ...machines, client } };
  }

  const missing = () => ({
    status: 400 as const,
    body: { __type: 'ExecutionDoesNotExist', message: 'none' },
  });
  const described = (status: string) => () => ({
    status: 200 as const,
    body: { executionArn: 'arn', stateMachineArn: 'arn', status, startDate: 1_740_000_000 },
  });

  it.each([
    ['throttles', 400, 'ThrottlingException'],
    ['has too many executions', 400, 'ExecutionLimitExceeded'],
    ['is down', 503, 'ServiceUnavailable'],
  ] as const)('%s, the error is thrown, so that the event is sent again', async (_, status, type) => {
    const server = await scripted({
      DescribeExecution: missing,
      StartExecution: () => ({ status, body: { __type: type, message: 'no' } }),
    });
    const error = await failure(startRun(server.machines, { workflow: 'onboarding', detail }));
    expect(error.name).toBe(type);
    await server.close();
  });

  it('cannot be reached, the error is thrown', async () => {
    const server = await scripted({});
    await server.close();
    const error = await failure(startRun(server.machines, { workflow: 'onboarding', detail }));
    expect(error.message).toContain('ECONNREFUSED');
  });

  it('does not show a run yet that has ended, its refusal to start it again does', async () => {
    let looked = 0;
    const server = await scripted({
      DescribeExecution: () => {
        looked += 1;
        return looked === 1 ? missing() : described('SUCCEEDED')();
      },
      StartExecution: () => ({ status: 400, body: { __type: 'ExecutionAlreadyExists', message: 'again' } }),
    });
    const run = await startRun(server.machines, { workflow: 'onboarding', detail });
    expect(run).toMatchObject({ status: 'succeeded', startedAt: '2025-02-19T21:20:00.000Z' });
    await server.close();
  });

  it('takes a run up again that had failed, that run is found', async () => {
    const server = await scripted({ DescribeExecution: described('PENDING_REDRIVE') });
    expect(await startRun(server.machines, { workflow: 'onboarding', detail })).toMatchObject({
      status: 'running',
    });
    await server.close();
  });

  it.each(['FAILED', 'TIMED_OUT', 'ABORTED'])(
    'has 20 attempts that ended %s, a person is asked',
    async (status) => {
      const server = await scripted({ DescribeExecution: described(status) });
      const error = await failure(startRun(server.machines, { workflow: 'onboarding', detail }));
      expect(error).toBeInstanceOf(TooManyAttemptsError);
      expect(server.calls).toHaveLength(20);
      await server.close();
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
