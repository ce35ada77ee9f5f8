import { randomUUID } from 'node:crypto';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  RotateSecretCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { driftwood } from '../../functions/driftwood/client.ts';
import { PASSWORD_SECRET } from '../../functions/driftwood/password-secret.ts';
import { type RotationEvent, rotatePassword } from '../../functions/driftwood/rotate-password.ts';
import type { LoopbackServer } from '../../local/aws/loopback-server.ts';
import { startSecretsManager } from '../../local/aws/secrets-manager.ts';
import { type DriftwoodState, startDriftwood } from '../../local/vendors/driftwood.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor } from '../contract-subject.ts';

const FIRST = 'correct horse';
const LOGIN = 'tenure@northlight.example';
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** Where a rotation is interrupted: at its nth request, to whichever service, before it is sent or once it is done. */
type Crash = { at: number; when: 'before' | 'after' };

let vendor: VendorServer<DriftwoodState>;
let manager: LoopbackServer;
let secrets: SecretsManagerClient;

beforeAll(async () => {
  vendor = await startDriftwood();
});
beforeEach(() => start(JSON.stringify({ email: LOGIN, password: FIRST })));
afterEach(stop);
afterAll(() => vendor.close());

const connect = () =>
  new SecretsManagerClient({
    endpoint: manager.url,
    region: 'local',
    credentials: { accessKeyId: 'key', secretAccessKey: 'x' },
    maxAttempts: 1,
  });

async function start(text: string): Promise<void> {
  manager = await startSecretsManager(new Map([[PASSWORD_SECRET, text]]), 'key');
  secrets = connect();
}

async function stop(): Promise<void> {
  vendor.reset();
  secrets.destroy();
  await manager.close();
}

/** A Lambda whose process is gone at some point: nothing that it would do from then on happens. */
function lambda(crash?: Crash) {
  let requests = 0;
  let isGone = false;
  const client = connect();
  const around = async <T>(request: () => Promise<T>): Promise<T> => {
    requests += 1;
    const isHit = requests === crash?.at;
    isGone ||= isHit && crash?.when === 'before';
    if (isGone) throw new Error('The Lambda is gone.');
    const [outcome] = await Promise.allSettled([request()]);
    isGone ||= isHit;
    if (isGone) throw new Error('The Lambda is gone.');
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  };
  client.middlewareStack.add((next) => (args) => around(() => next(args)), { step: 'initialize' });
  const { rest, ...options } = optionsFor(vendor);
  const calling = driftwood({
    ...options,
    rest: { ...rest, fetch: (...request: Parameters<typeof fetch>) => around(() => fetch(...request)) },
  });
  return {
    run: (Step: RotationEvent['Step'], ClientRequestToken: string) =>
      rotatePassword({ Step, SecretId: PASSWORD_SECRET, ClientRequestToken }, calling, client),
    requests: () => requests,
    close: () => client.destroy(),
  };
}

/** What Secrets Manager does: the four steps in order, up to the first that fails. Returns its error. */
async function rotate(token: string, crash?: Crash): Promise<{ error: Error | null; requests: number }> {
  await secrets.send(new RotateSecretCommand({ SecretId: PASSWORD_SECRET, ClientRequestToken: token }));
  const { run, requests, close } = lambda(crash);
  try {
    for (const step of STEPS) await run(step, token);
    return { error: null, requests: requests() };
  } catch (error) {
    return { error: error instanceof Error ? error : new Error('not an error'), requests: requests() };
  } finally {
    close();
  }
}

async function stored(VersionStage: string): Promise<{ email?: string; password: string } | null> {
  const answer = await secrets
    .send(new GetSecretValueCommand({ SecretId: PASSWORD_SECRET, VersionStage }))
    .catch(() => null);
  return answer === null ? null : JSON.parse(answer.SecretString ?? '');
}

const inForce = () =>
  vendor.state.passwords.find(({ userId }) => userId === vendor.state.tokenOwnerId)?.password;

async function expectNothingLost(): Promise<void> {
  const known = await Promise.all(['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS'].map(stored));
  expect(known.map((entry) => entry?.password)).toContain(inForce());
}

async function expectFinished(before: string | undefined): Promise<void> {
  const current = await stored('AWSCURRENT');
  expect(current?.password).toBe(inForce());
  expect(current?.password).not.toBe(before);
  expect(current?.email).toBe(LOGIN);
  expect((await stored('AWSPREVIOUS'))?.password).toBe(before);
}

const changes = () => vendor.writes().filter(({ path }) => path === '/users-change-password');

describe('a rotation', () => {
  it('puts a new password in force at Driftwood and in the secret, without a wrong attempt', async () => {
    expect((await rotate(randomUUID())).error).toBeNull();
    await expectFinished(FIRST);
    expect(inForce()).toMatch(/^[!-~]{32}$/);
    expect(inForce()).not.toMatch(/["\\]/);
    const pending = inForce();
    expect(changes().map(({ body }) => body)).toEqual([
      { current_password: FIRST, new_password: pending },
      { current_password: pending, new_password: pending },
    ]);
  });

  it('may be followed by another, and done again does nothing', async () => {
    const [first, second] = [randomUUID(), randomUUID()];
    await rotate(first);
    const between = inForce();
    expect((await rotate(second)).error).toBeNull();
    await expectFinished(between);
    const count = changes().length;
    for (const step of STEPS) expect(await lambda().run(step, second)).toEqual({ status: 'already_done' });
    expect(changes()).toHaveLength(count);
  });
});

/** How many requests an undisturbed rotation sends. */
async function countRequests(): Promise<number> {
  const { requests } = await rotate(randomUUID());
  await stop();
  await start(JSON.stringify({ email: LOGIN, password: FIRST }));
  return requests;
}

describe('an interrupted rotation', () => {
  it('loses nothing at any request, before or after it, and is finished by the next attempt', {
    tags: 'slow',
  }, async () => {
    const requests = await countRequests();
    expect(requests).toBe(15);
    for (let at = 1; at <= requests; at += 1) {
      for (const when of ['before', 'after'] as const) {
        const token = randomUUID();
        const before = inForce();
        const { error } = await rotate(token, { at, when });
        expect(error, `${when} request ${at}`).not.toBeNull();
        await expectNothingLost();
        expect((await rotate(token)).error, `${when} request ${at}`).toBeNull();
        await expectFinished(before);
      }
    }
  });

  it('loses nothing however often it is interrupted', { tags: 'slow' }, async () => {
    const crash = fc.record({
      at: fc.integer({ min: 1, max: 18 }),
      when: fc.constantFrom('before' as const, 'after' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(crash, { maxLength: 5 }), async (crashes) => {
        const token = randomUUID();
        const before = inForce();
        for (const one of crashes) {
          await rotate(token, one);
          await expectNothingLost();
        }
        expect((await rotate(token)).error).toBeNull();
        await expectFinished(before);
      }),
      { numRuns: 25 },
    );
  });

  it('loses nothing when two attempts at it overlap', { tags: 'slow' }, async () => {
    const crash = fc.option(
      fc.record({
        at: fc.integer({ min: 1, max: 18 }),
        when: fc.constantFrom('before' as const, 'after' as const),
      }),
      { nil: undefined },
    );
    await fc.assert(
      fc.asyncProperty(crash, crash, async (...crashes) => {
        const token = randomUUID();
        const before = inForce();
        await Promise.all(crashes.map((one) => rotate(token, one)));
        await expectNothingLost();
        expect((await rotate(token)).error).toBeNull();
        await expectFinished(before);
      }),
      { numRuns: 25 },
    );
  });

  it('cannot be overtaken by another', async () => {
    const token = randomUUID();
    await rotate(token, { at: 10, when: 'after' });
    const another = rotate(randomUUID());
    await expect(another).rejects.toMatchObject({ name: 'InvalidRequestException' });
    expect((await rotate(token)).error).toBeNull();
    await expectFinished(FIRST);
  });
});

describe('an answer of Driftwood that is lost', () => {
  it.each(['before', 'after'] as const)('%s the change was made, is found out', async (drop) => {
    vendor.inject({ path: /^\/users-change-password$/, drop, times: 1 });
    const token = randomUUID();
    const { error } = await rotate(token);
    // What was not done is refused with each known password, and done by the next attempt.
    expect(error?.name).toBe(drop === 'after' ? undefined : 'VendorUnavailableError');
    if (drop === 'before') expect((await rotate(token)).error).toBeNull();
    await expectFinished(FIRST);
  });

  it('or unreadable is found out too', async () => {
    vendor.inject({ path: /^\/users-change-password$/, answerBody: 'malformed', times: 1 });
    expect((await rotate(randomUUID())).error).toBeNull();
    await expectFinished(FIRST);
  });

  it('is not taken for a change that Driftwood did not keep', async () => {
    vendor.inject({ path: /^\/users-change-password$/, forgets: true, times: 1 });
    const token = randomUUID();
    expect((await rotate(token)).error?.name).toBe('VendorRejectedError');
    expect((await stored('AWSCURRENT'))?.password).toBe(FIRST);
    await expectNothingLost();
    expect((await rotate(token)).error).toBeNull();
    await expectFinished(FIRST);
  });
});

describe('setSecret', () => {
  it('goes on from the previous password where Driftwood has that', async () => {
    await rotate(randomUUID());
    const current = await stored('AWSCURRENT');
    vendor.state.passwords = [{ userId: vendor.state.tokenOwnerId, password: FIRST }];
    expect((await rotate(randomUUID())).error).toBeNull();
    await expectFinished(current?.password);
  });

  it('tries no other password after a refusal for the rate limit', async () => {
    vendor.inject({
      path: /^\/users-change-password$/,
      status: 429,
      headers: { 'retry-after': '600' },
      body: JSON.stringify({ ok: false, error: { code: 'rate_limit.exceeded' } }),
    });
    expect((await rotate(randomUUID())).error?.name).toBe('VendorRateLimitedError');
    expect(changes()).toHaveLength(1);
  });

  it('finds the password where Driftwood says 401 to a wrong one', async () => {
    const token = randomUUID();
    const body = JSON.stringify({ ok: false, error: { code: 'unauthorized' } });
    await rotate(token, { at: 10, when: 'after' });
    vendor.inject({ path: /^\/users-change-password$/, status: 401, body, times: 1 });
    expect((await rotate(token)).error).toBeNull();
    await expectFinished(FIRST);
  });

  it('says what to do when somebody else changed it, and goes on once that is stored', async () => {
    vendor.state.passwords = [{ userId: vendor.state.tokenOwnerId, password: 'changed by hand' }];
    const token = randomUUID();
    const { error } = await rotate(token);
    expect(error).toMatchObject({ name: 'VendorRejectedError', code: 'password.incorrect' });
    expect(error?.message).toContain(`store the one in force`);
    const SecretString = JSON.stringify({ email: LOGIN, password: 'changed by hand' });
    await secrets.send(new PutSecretValueCommand({ SecretId: PASSWORD_SECRET, SecretString }));
    expect((await rotate(token)).error).toBeNull();
    await expectFinished('changed by hand');
  });

  it('does not go on without knowing the previous one where that could not be read', async () => {
    const token = randomUUID();
    await rotate(token, { at: 6, when: 'before' });
    const client = connect();
    client.middlewareStack.add(
      (next) => async (args) => {
        if (JSON.stringify(args.input).includes('AWSPREVIOUS')) throw new Error('busy');
        return next(args);
      },
      { step: 'initialize' },
    );
    const event = { Step: 'setSecret', SecretId: PASSWORD_SECRET, ClientRequestToken: token } as const;
    await expect(rotatePassword(event, driftwood(optionsFor(vendor)), client)).rejects.toThrow('busy');
    client.destroy();
    expect(changes()).toEqual([]);
  });
});

describe('createSecret', () => {
  it('leaves the password that another attempt has stored meanwhile', async () => {
    const token = randomUUID();
    await secrets.send(new RotateSecretCommand({ SecretId: PASSWORD_SECRET, ClientRequestToken: token }));
    const attempts = [lambda(), lambda()];
    await Promise.all(attempts.map(({ run }) => run('createSecret', token)));
    const pending = await stored('AWSPENDING');
    await lambda().run('createSecret', token);
    expect(await stored('AWSPENDING')).toEqual(pending);
    expect((await rotate(token)).error).toBeNull();
    await expectFinished(FIRST);
  });
});

describe('the secret', () => {
  it.each(['', 'correct horse', '{"token":"correct horse"}', '{"password":""}'])(
    'is refused when it holds %j, and not quoted',
    async (text) => {
      await stop();
      await start(text);
      const { error } = await rotate(randomUUID());
      expect(error?.name).toBe('PasswordSecretError');
      expect(error?.message).toContain(`${PASSWORD_SECRET} does not hold {`);
      expect(error?.message).not.toContain('horse');
      expect(changes()).toEqual([]);
    },
  );

  it('is rotated once a person has stored it as they were told to', async () => {
    await stop();
    await start('correct horse');
    const token = randomUUID();
    expect((await rotate(token)).error?.name).toBe('PasswordSecretError');
    const SecretString = JSON.stringify({ email: LOGIN, password: FIRST });
    await secrets.send(new PutSecretValueCommand({ SecretId: PASSWORD_SECRET, SecretString }));
    expect((await rotate(token)).error).toBeNull();
    await expectFinished(FIRST);
  });

  it('is refused when it is not rotated, and for a version that no rotation is about', async () => {
    const { run } = lambda();
    const setUp = run('createSecret', randomUUID());
    await expect(setUp).rejects.toMatchObject({ message: expect.stringContaining('not set up') });
    await rotate(randomUUID());
    const stranger = run('setSecret', randomUUID());
    await expect(stranger).rejects.toMatchObject({ message: expect.stringContaining('no pending version') });
  });

  it('needs a pending value before it is set or tested', async () => {
    const token = randomUUID();
    await secrets.send(new RotateSecretCommand({ SecretId: PASSWORD_SECRET, ClientRequestToken: token }));
    for (const step of ['setSecret', 'testSecret'] as const)
      await expect(lambda().run(step, token)).rejects.toMatchObject({ name: 'PasswordSecretError' });
    expect(changes()).toEqual([]);
  });
});

it('tells no password in any error', async () => {
  const token = randomUUID();
  const told: unknown[] = [];
  for (const fault of [
    { status: 200, body: JSON.stringify({ ok: false, error: { code: `wrong: ${FIRST}`, message: FIRST } }) },
    { status: 401, body: FIRST },
    { status: 500, body: FIRST },
    { status: 200, body: `<${FIRST}>` },
    { drop: 'before' as const },
  ]) {
    vendor.inject({ path: /^\/users-change-password$/, ...fault });
    const { error } = await rotate(token);
    expect(error).not.toBeNull();
    told.push(error?.message, error?.stack, JSON.stringify(error));
    vendor.heal();
  }
  const pending = await stored('AWSPENDING');
  for (const password of [FIRST, pending?.password ?? '']) expect(told.join()).not.toContain(password);
});
