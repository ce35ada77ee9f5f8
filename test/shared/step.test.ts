import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { InvalidInputError } from '../../functions/shared/errors.ts';
import { pendingOutcome } from '../../functions/shared/outcome.ts';
import { noteRequestId } from '../../functions/shared/request-id.ts';
import { appStep, NO_ACCOUNT, step } from '../../functions/shared/step.ts';
import { LAMBDA_CONTEXT } from '../lambda-context.ts';

const EMAIL = 'zoe.muller+crm@northlight.example';
const NAME = 'Müller-Østergaard';

const LogLine = z.looseObject({ level: z.string(), message: z.string() });
let written: string[] = [];
const logged = () =>
  written
    .join('')
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => LogLine.parse(JSON.parse(line)));

beforeEach(() => {
  written = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => Boolean(written.push(String(chunk))));
});
afterEach(() => {
  vi.restoreAllMocks();
});

const employee = { employeeId: 'E-1006', email: EMAIL, lastName: NAME };
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );

describe('a step in an app’s chain', () => {
  const deactivate = (run: Parameters<typeof appStep>[0]['run']) =>
    appStep({
      name: 'DriftDeactivateUser',
      client: () => 'client',
      input: z.object({ account: z.object({ vendorUserId: z.string().check(z.regex(/^\d+$/)) }) }),
      run,
    });
  const item = {
    employee,
    outcome: { ...pendingOutcome({ followUps: ['Look.'] }), account: { vendorUserId: '7', scimId: 's-7' } },
  };

  it('returns the outcome with itself added', async () => {
    const handler = deactivate(async () => ({
      status: 'changed',
      changes: [{ what: 'user deactivated', login: 'shut' }],
    }));
    expect(await handler(item, LAMBDA_CONTEXT)).toEqual({
      status: 'changed',
      account: { vendorUserId: '7', scimId: 's-7' },
      others: [],
      steps: [
        {
          step: 'DriftDeactivateUser',
          status: 'changed',
          startedAt: expect.any(String),
          endedAt: expect.any(String),
          ms: expect.any(Number),
          attempts: 1,
        },
      ],
      changes: [{ what: 'user deactivated', login: 'shut' }],
      followUps: ['Look.'],
      asks: {},
      unwritten: [],
      held: [],
    });
  });

  it('says how often it was tried, and under which id the vendor knows its last request', async () => {
    const handler = deactivate(async () => {
      noteRequestId(new Headers({ 'x-request-id': 'req-1' }));
      noteRequestId(new Headers({ 'x-request-id': 'req-2' }));
      noteRequestId(new Headers());
      return { status: 'changed' };
    });
    const { steps } = await handler({ ...item, RetryCount: 2, Name: 'DriftDeactivateUser' }, LAMBDA_CONTEXT);
    expect(steps).toMatchObject([{ attempts: 3, vendorRequestId: 'req-2' }]);
    const another = deactivate(async () => ({ status: 'already_done' }));
    expect((await another(item, LAMBDA_CONTEXT)).steps[0]).not.toHaveProperty('vendorRequestId');
  });

  it('is given its client and the account that the steps before it found', async () => {
    const given: unknown[] = [];
    await deactivate(async (...parameters) => {
      given.push(...parameters);
      return NO_ACCOUNT;
    })(item, LAMBDA_CONTEXT);
    expect(given).toEqual(['client', { account: { vendorUserId: '7' } }]);
  });

  it.each([
    { what: 'no outcome', event: { employee }, field: 'outcome' },
    { what: 'no account', event: { outcome: pendingOutcome() }, field: 'account' },
    {
      what: 'another kind of id',
      event: { outcome: { ...pendingOutcome(), account: { vendorUserId: EMAIL } } },
      field: 'account.vendorUserId',
    },
  ])('does not run on $what', async ({ event, field }) => {
    const error = await failure(deactivate(async () => ({ status: 'changed' }))(event, LAMBDA_CONTEXT));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(error.message).toMatch(
      new RegExp(`^DriftDeactivateUser cannot use its input\\. ${field}(: | is missing)`),
    );
    expect(error.message).not.toContain('@');
  });
});

describe('a step', () => {
  const input = z.object({
    employee: z.object({ employeeId: z.string(), email: z.email(), kind: z.optional(z.enum(['A', 'B'])) }),
  });
  const prepare = (run: () => Promise<unknown> = async () => ({ ok: true }), client = () => 0) =>
    step({ name: 'PrepareOnboarding', client, input, run });

  it('returns what it made', async () => {
    expect(await prepare()({ employee }, LAMBDA_CONTEXT)).toEqual({ ok: true });
  });

  it('makes its client once for a place, at the first event', async () => {
    const client = vi.fn(() => 0);
    const handler = prepare(undefined, client);
    expect(client).not.toHaveBeenCalled();
    await handler({ employee }, LAMBDA_CONTEXT);
    await handler({ employee }, LAMBDA_CONTEXT);
    expect(client).toHaveBeenCalledTimes(1);
    // On a laptop there may be another company afterwards.
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'another');
    await handler({ employee }, LAMBDA_CONTEXT);
    vi.unstubAllEnvs();
    await handler({ employee }, LAMBDA_CONTEXT);
    expect(client).toHaveBeenCalledTimes(2);
  });

  it('names the fields it cannot use, all of them, and never what they hold', async () => {
    const bad = { employee: { employeeId: 4711, email: `${NAME} ${EMAIL}`, kind: NAME } };
    const { name, message } = await failure(prepare()(bad, LAMBDA_CONTEXT));
    expect(name).toBe('InvalidInputError');
    for (const field of ['employee.employeeId', 'employee.email', 'employee.kind'])
      expect(message).toContain(field);
    for (const value of ['4711', EMAIL, NAME]) expect(message).not.toContain(value);
  });

  it.each([null, 'text', 7, undefined, []])('says that %j is no input', async (event) => {
    expect((await failure(prepare()(event, LAMBDA_CONTEXT))).message).toContain('cannot use its input');
  });

  it('hands on what it throws as it is', async () => {
    const error = new RangeError('no');
    expect(await failure(prepare(() => Promise.reject(error))({ employee }, LAMBDA_CONTEXT))).toBe(error);
  });
});

describe('the log', () => {
  const handler = (run: () => Promise<unknown>) =>
    step({ name: 'Conclude', client: () => 0, input: z.object({ employee: z.unknown() }), run });

  it('has one line for a step that is done', async () => {
    await handler(async () => ({ status: 'changed', email: EMAIL }))({ employee }, LAMBDA_CONTEXT);
    expect(logged()).toMatchObject([
      {
        level: 'INFO',
        message: 'step done',
        step: 'Conclude',
        employeeId: 'E-1006',
        status: 'changed',
        ms: expect.any(Number),
      },
    ]);
  });

  it('has one line for a step that failed, with the reason', async () => {
    await failure(
      handler(() => Promise.reject(new InvalidInputError('No such role.')))({ employee }, LAMBDA_CONTEXT),
    );
    expect(logged()).toMatchObject([
      {
        level: 'ERROR',
        message: 'step failed',
        step: 'Conclude',
        employeeId: 'E-1006',
        error: 'InvalidInputError',
        reason: 'No such role.',
      },
    ]);
  });

  it('has one line for an input that is not of the form, without an employee', async () => {
    await failure(handler(async () => ({}))('nonsense', LAMBDA_CONTEXT));
    expect(logged()).toMatchObject([{ message: 'step failed', error: 'InvalidInputError' }]);
  });

  it('holds no name and no address', async () => {
    await handler(async () => ({ status: 'changed', email: EMAIL }))({ employee }, LAMBDA_CONTEXT);
    await failure(handler(() => Promise.reject(new Error('no')))({ employee }, LAMBDA_CONTEXT));
    expect(logged()).toHaveLength(2);
    for (const personal of [EMAIL, NAME]) expect(written.join('')).not.toContain(personal);
  });
});
