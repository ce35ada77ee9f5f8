import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { driftwood } from '../../functions/driftwood/client.ts';
import { ANN } from '../../local/vendors/company.ts';
import { type DriftwoodState, startDriftwood } from '../../local/vendors/driftwood.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor } from '../contract-subject.ts';
import { type Backend, startBackend } from '../credentials/oauth-workers.ts';

// User tokens live for 15 minutes, and are renewed in both documented ways.

const MINUTE_MS = 60_000;

let server: VendorServer<DriftwoodState>;
let backend: Backend;
let now: number;

beforeAll(async () => {
  server = await startDriftwood(() => now);
});
beforeEach(() => {
  now = Date.now();
});
afterEach(async () => {
  server.reset();
  await backend.close();
});
afterAll(() => server.close());

const hold = async (credential: object) => {
  backend = await startBackend('driftwood', credential, () => now);
};
const find = (credential = backend.worker()) =>
  driftwood({
    ...optionsFor(server),
    rest: { ...optionsFor(server).rest, baseUrl: server.liveBaseUrls.rest, credential },
  }).findUser({ vendorUserId: null, addresses: [ANN.email] });
const endpoint = (name: string) => `${server.liveBaseUrls.rest}/${name}`;
const session = () => server.liveCredential() ?? {};
const application = () => ({
  grant: 'client_credentials',
  tokenUrl: endpoint('oauth-token'),
  ...server.state.application,
});
const tokensGiven = () => server.state.accessTokens.length;

describe.each([
  ['a refresh token', session],
  ['an application', application],
])('%s', (_, credential) => {
  it('gets the first token, keeps it, and gets another one before it expires', async () => {
    await hold(credential());
    const worker = backend.worker();
    expect(await find(worker)).toHaveLength(1);
    expect(await find(worker)).toHaveLength(1);
    expect(tokensGiven()).toBe(1);
    now += 16 * MINUTE_MS;
    expect(await find(worker)).toHaveLength(1);
    expect(tokensGiven()).toBe(2);
  });

  it('is asked once by Lambdas that begin together, and another Lambda finds its token', async () => {
    await hold(credential());
    await Promise.all([find(), find(), find()]);
    await find();
    expect(tokensGiven()).toBe(1);
  });
});

it('rotates: the next refresh token is stored, and the one before is of no use', async () => {
  await hold(session());
  const { refreshToken: first } = server.state;
  await find();
  now += 16 * MINUTE_MS;
  expect(await find()).toHaveLength(1);
  expect(server.state.refreshToken).not.toBe(first);
});

it('a fixed token fails once it has expired, and says which secret', async () => {
  server.state.accessTokens.push({ token: 'fixed', expiresAt: now + 15 * MINUTE_MS });
  await hold({ token: 'fixed' });
  expect(await find()).toHaveLength(1);
  now += 16 * MINUTE_MS;
  await expect(find()).rejects.toMatchObject({
    name: 'VendorAuthError',
    message: expect.stringContaining('tenure/driftwood/rest'),
  });
});

it.each([
  [
    'a refresh token that was spent elsewhere',
    () => ({ ...session(), refreshToken: 'spent' }),
    'Log in to the app again, and store the new refresh token in that secret.',
  ],
  [
    'an application that is not known',
    () => ({ ...application(), clientSecret: 'wrong' }),
    'Check clientId, clientSecret and tokenUrl in that secret.',
  ],
])('%s is refused with what a person has to do, and without the secret', async (_, credential, advice) => {
  await hold(credential());
  await expect(find()).rejects.toMatchObject({
    name: 'VendorAuthError',
    message: expect.stringContaining(advice),
  });
  await expect(find()).rejects.not.toMatchObject({ message: expect.stringContaining('spent"') });
});
