import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CredentialSource } from '../../functions/credentials/secrets.ts';
import { CLAIM_MS, LEASE_MS, REFRESH_AHEAD_MS } from '../../functions/credentials/token-renewal.ts';
import { drift } from '../../functions/drift/client.ts';
import { pipedrive } from '../../functions/pipedrive/client.ts';
import type { App } from '../../functions/shared/apps.ts';
import { ANN } from '../../local/vendors/company.ts';
import { startDrift } from '../../local/vendors/drift.ts';
import type { OAuthServer } from '../../local/vendors/oauth-server.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import { startSalesloft } from '../../local/vendors/salesloft.ts';
import { optionsFor } from '../contract-subject.ts';
import { type Await, type Backend, type Hook, oauthOf, startBackend } from './oauth-workers.ts';

const START = Date.UTC(2026, 0, 5);
const HOUR_MS = 3_600_000;

let time: number;
const now = () => time;
let backend: Backend;
let told: string[];

/** What a worker is stopped by; it never gets beyond it. */
const crashing = (at: Await, side: 'before' | 'after'): { hook: Hook; reached: Promise<void> } => {
  const { promise: reached, resolve } = Promise.withResolvers<void>();
  const hook: Hook = async (...here) => {
    if (here[0] !== at || here[1] !== side) return;
    resolve();
    return new Promise(() => {});
  };
  return { hook, reached };
};

const atThe =
  (at: Await, run: () => Promise<unknown>, side = 'before'): Hook =>
  async (...here) => {
    if (here[0] === at && here[1] === side) await run();
  };

const failure = async (promise: Promise<unknown>): Promise<Error> => {
  const error: Error = await promise.then(
    () => new Error('It did not fail.'),
    (thrown: Error) => thrown,
  );
  told.push(error.message, error.stack ?? '', JSON.stringify(error), String(error.cause));
  return error;
};

const crash = async (at: Await, side: 'before' | 'after') => {
  const { hook, reached } = crashing(at, side);
  void backend.worker({ hook }).token();
  await reached;
};

const expire = async () => {
  time = Math.max(time, Date.parse((await backend.held()).expiresAt)) + 1;
};

const store = (credential: object) =>
  backend.secrets.send(
    new PutSecretValueCommand({ SecretId: backend.secretName, SecretString: JSON.stringify(credential) }),
  );

const answering =
  (status: number, body: string, headers: Record<string, string> = {}): typeof fetch =>
  async () =>
    new Response(body, { status, headers });

beforeEach(() => {
  time = START;
  told = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => Boolean(told.push(String(chunk))));
});
afterEach(() => vi.restoreAllMocks());

describe('a vendor whose refresh tokens rotate', () => {
  let vendor: Awaited<ReturnType<typeof startSalesloft>>;
  let oauth: OAuthServer;
  let secrets: string[];

  beforeEach(async () => {
    vendor = await startSalesloft(now);
    oauth = oauthOf(vendor);
    const granted = oauth.grant();
    secrets = [granted.accessToken, granted.refreshToken, granted.clientSecret];
    backend = await startBackend('salesloft', granted, now);
  });
  afterEach(async () => {
    const { accessToken, refreshToken } = await backend.held();
    for (const secret of [...secrets, accessToken, refreshToken])
      expect(told.join('\n')).not.toContain(secret);
    await backend.close();
    await vendor.close();
  });

  const tokenOf = async (worker: CredentialSource) => (await worker.token()).value;

  describe('the moment', () => {
    it('is six minutes before the token expires', async () => {
      const worker = backend.worker();
      const first = await tokenOf(worker);
      time = START + 2 * HOUR_MS - REFRESH_AHEAD_MS - 1;
      expect(await tokenOf(worker)).toBe(first);
      time += 1;
      expect(await tokenOf(worker)).not.toBe(first);
      expect(oauth).toMatchObject({ refreshes: 1, revocations: 0 });
    });

    it('of a token that lives shortly is the last quarter of its life', async () => {
      await store({ ...oauth.grant(), expiresAt: new Date(START + 60_000).toISOString() });
      const worker = backend.worker();
      const first = await tokenOf(worker);
      time = START + 44_999;
      expect(await tokenOf(worker)).toBe(first);
      time += 1;
      expect(await tokenOf(worker)).not.toBe(first);
    });

    it('leaves a crashed worker’s claim the time to run out', () => {
      expect(CLAIM_MS).toBeLessThan(REFRESH_AHEAD_MS);
    });
  });

  it('is asked once for many calls of one container', async () => {
    const worker = backend.worker();
    await worker.token();
    await expire();
    const values = await Promise.all(Array.from({ length: 20 }, () => tokenOf(worker)));
    expect(new Set(values).size).toBe(1);
    expect(oauth.refreshes).toBe(1);
  });

  it('is not asked when another container has refreshed meanwhile', async () => {
    const worker = backend.worker();
    await worker.token();
    await expire();
    const renewed = await tokenOf(backend.worker());
    expect(await tokenOf(worker)).toBe(renewed);
    expect(oauth.refreshes).toBe(1);
  });

  it('has both tokens stored before the new one is used', async () => {
    await expire();
    const token = await tokenOf(backend.worker());
    expect(await backend.held()).toMatchObject({ accessToken: token, expiresAt: expect.any(String) });
    expect((await backend.held()).refreshToken).not.toBe(secrets[1]);
    expect(Date.parse((await backend.held()).expiresAt)).toBe(time + 2 * HOUR_MS);
  });

  describe('the one window: the vendor has answered, and nothing is stored', () => {
    describe.each([
      { at: 'request', side: 'after', tags: [] },
      { at: 'store', side: 'before', tags: ['slow'] },
    ] as const)('crashed at "$at", $side:', ({ at, side, tags }) => {
      it('found out and reported once the claim has run out', { tags: [...tags] }, async () => {
        await expire();
        await crash(at, side);
        time += LEASE_MS;
        // Nobody else spends the token while the worker might still be alive.
        expect(await failure(backend.worker().token())).toMatchObject({ name: 'VendorUnavailableError' });
        expect(oauth).toMatchObject({ refreshes: 1, revocations: 0 });
        time += CLAIM_MS;
        const error = await failure(backend.worker().token());
        expect(error.name).toBe('VendorAuthError');
        expect(error.message).toContain('SalesLoft');
        expect(error.message).toContain('tenure/salesloft/rest');
        expect(error.message).toContain('npm start -- authorize salesloft');
        // Every further worker says the same at once.
        expect(await failure(backend.worker().token())).toMatchObject({ message: error.message });
      });
    });

    it('costs nobody a call while the old token is valid', async () => {
      const worker = backend.worker();
      const first = await tokenOf(worker);
      time = START + 2 * HOUR_MS - REFRESH_AHEAD_MS;
      await crash('request', 'after');
      time += CLAIM_MS - 1;
      expect(await tokenOf(worker)).toBe(first);
      expect(await tokenOf(backend.worker())).toBe(first);
      expect(oauth.accepts(first)).toBe(true);
    });

    it('is the same when the worker lives and the answer was lost', { tags: 'slow' }, async () => {
      await expire();
      const losing: typeof fetch = async (url, init) => {
        await fetch(url, init);
        throw new TypeError(`fetch failed for ${secrets.join()}`);
      };
      expect(await failure(backend.worker({ fetch: losing }).token())).toMatchObject({
        name: 'VendorUnavailableError',
      });
      expect(await failure(backend.worker().token())).toMatchObject({ name: 'VendorUnavailableError' });
      expect(oauth.revocations).toBe(0);
      time += CLAIM_MS;
      expect(await failure(backend.worker().token())).toMatchObject({ name: 'VendorAuthError' });
    });

    it('is over once a person has authorized tenure anew', async () => {
      await expire();
      await crash('request', 'after');
      const granted = oauth.grant();
      await store(granted);
      expect(await tokenOf(backend.worker())).toBe(granted.accessToken);
    });
  });

  it('is asked by nobody who was overtaken before it was their turn', async () => {
    await expire();
    let renewed = '';
    const hook = atThe('lease', async () => {
      renewed ||= await tokenOf(backend.worker());
    });
    expect(await tokenOf(backend.worker({ hook }))).toBe(renewed);
    expect(oauth.refreshes).toBe(1);
  });

  it.each([0, CLAIM_MS])(
    'is not asked again after a crash between storing and putting in force, %i ms later',
    async (ms) => {
      await expire();
      await crash('store', 'after');
      time += LEASE_MS + ms;
      expect(oauth.accepts(await tokenOf(backend.worker()))).toBe(true);
      expect(oauth).toMatchObject({ refreshes: 1, revocations: 0 });
    },
  );

  describe('a worker that stalls', () => {
    it('with new tokens in its hands does not undo what a person stored meanwhile', async () => {
      await expire();
      const granted = oauth.grant();
      const hook = atThe('store', () => store(granted));
      expect(await tokenOf(backend.worker({ hook }))).toBe(granted.accessToken);
      expect(await backend.held()).toMatchObject(granted);
    });

    it('between storing and putting in force neither', async () => {
      await expire();
      const granted = oauth.grant();
      const hook = atThe('put in force', () => store(granted));
      expect(await tokenOf(backend.worker({ hook }))).toBe(granted.accessToken);
      expect(await backend.held()).toMatchObject(granted);
    });

    it('before the request for longer than a claim does not send it', async () => {
      await expire();
      let renewed = '';
      const rival = async () => {
        time += CLAIM_MS + 1;
        renewed ||= await tokenOf(backend.worker());
      };
      const hook = atThe('find successor', rival, 'after');
      expect(await tokenOf(backend.worker({ hook }))).toBe(renewed);
      expect(oauth).toMatchObject({ refreshes: 1, revocations: 0 });
    });

    it('for many refreshes and was about to begin finds the token of the last one', async () => {
      await expire();
      let isFirst = true;
      const hook = atThe('claim', async () => {
        if (!isFirst) return;
        isFirst = false;
        time += LEASE_MS;
        for (let round = 0; round < 3; round += 1) {
          await expire();
          await backend.worker().token();
        }
      });
      const { accessToken } = await backend.held();
      const value = await tokenOf(backend.worker({ hook }));
      expect(value).not.toBe(accessToken);
      expect(value).toBe((await backend.held()).accessToken);
      expect(oauth).toMatchObject({ refreshes: 3, revocations: 0 });
    });
  });

  describe('invalid_grant', () => {
    it('reads the secret again, and takes what a person has stored since', async () => {
      await expire();
      const granted = oauth.grant();
      const replacing: typeof fetch = async () => {
        await store(granted);
        return new Response('{"error":"invalid_grant"}', { status: 400 });
      };
      expect(await tokenOf(backend.worker({ fetch: replacing }))).toBe(granted.accessToken);
    });

    it('with the same secret is a person’s matter', async () => {
      await expire();
      const refusing = answering(400, '{"error":"invalid_grant","error_description":"hush"}');
      const error = await failure(backend.worker({ fetch: refusing }).token());
      expect(error.name).toBe('VendorAuthError');
      expect(error.message).toContain('npm start -- authorize salesloft');
    });
  });

  describe('what else its answer says', () => {
    const rotating = (rest: string) =>
      answering(200, `{"access_token":"new-access","refresh_token":"new-refresh"${rest}}`);

    it.each(['null', '""', '0', '-5', '"soon"', '"0"', '1e300', '[]', '{}', 'true'])(
      'loses no refresh token: expires_in %s counts as an hour',
      async (expiresIn) => {
        await expire();
        const worker = backend.worker({ fetch: rotating(`,"expires_in":${expiresIn}`) });
        expect(await tokenOf(worker)).toBe('new-access');
        expect(await backend.held()).toMatchObject({
          refreshToken: 'new-refresh',
          expiresAt: new Date(time + HOUR_MS).toISOString(),
        });
      },
    );

    it('is read where it is a number written as text', async () => {
      await expire();
      await backend.worker({ fetch: rotating(',"expires_in":"7200","scope":7') }).token();
      expect((await backend.held()).expiresAt).toBe(new Date(time + 2 * HOUR_MS).toISOString());
    });

    it.each(['null', '""', '7', '{}'])('keeps the old refresh token for refresh_token %s', async (token) => {
      const { refreshToken } = await backend.held();
      await expire();
      const fetch = answering(200, `{"access_token":"new-access","refresh_token":${token},"expires_in":60}`);
      await backend.worker({ fetch }).token();
      expect(await backend.held()).toMatchObject({ accessToken: 'new-access', refreshToken });
    });

    it.each(['null', '""', '7'])(
      'has the refresh token stored even when access_token is %s',
      async (token) => {
        const { accessToken } = await backend.held();
        await expire();
        const fetch = answering(
          200,
          `{"access_token":${token},"refresh_token":"new-refresh","expires_in":60}`,
        );
        expect((await failure(backend.worker({ fetch }).token())).name).toBe('VendorResponseError');
        expect(await backend.held()).toMatchObject({ accessToken, refreshToken: 'new-refresh' });
      },
    );
  });

  describe('a token endpoint that does not give tokens', () => {
    const quoting = () => JSON.stringify({ error: secrets.join(' '), access_token: [secrets[0]] });

    const fails = async (status: number, body: string, name: string) => {
      await expire();
      expect(await failure(backend.worker({ fetch: answering(status, body) }).token())).toMatchObject({
        name,
      });
      expect(await failure(backend.worker({ fetch: answering(status, quoting()) }).token())).toBeInstanceOf(
        Error,
      );
    };

    it.each([[401, '{"error":"invalid_client"}', 'VendorAuthError']])('but %i %s: %s', fails);

    it.each([
      [200, '<html>', 'VendorResponseError'],
      [503, '<html>', 'VendorUnavailableError'],
      [403, '<html>', 'VendorAuthError'],
      [302, '', 'VendorResponseError'],
      [200, '{"access_token":""}', 'VendorResponseError'],
      [200, '{"expires_in":60}', 'VendorResponseError'],
      [429, '{}', 'VendorRateLimitedError'],
      [500, '{}', 'VendorUnavailableError'],
    ])('but %i %s: %s', { tags: 'slow' }, fails);

    it('for a while is not missed as long as the old one is valid', async () => {
      const first = await tokenOf(backend.worker());
      time = START + 2 * HOUR_MS - REFRESH_AHEAD_MS;
      let asked = 0;
      const failing: typeof fetch = async () => {
        asked += 1;
        return new Response('', { status: 429 });
      };
      const worker = backend.worker({ fetch: failing });
      expect(await tokenOf(worker)).toBe(first);
      expect(await tokenOf(worker)).toBe(first);
      expect(asked).toBe(1);
      time += 15_000;
      expect(await tokenOf(worker)).toBe(first);
      expect(asked).toBe(2);
    });

    it('because of a wrong client secret gives them once that is mended', async () => {
      const { clientSecret } = await backend.held();
      await store({ ...(await backend.held()), clientSecret: 'wrong' });
      await expire();
      const error = await failure(backend.worker().token());
      expect(error.message).toContain('invalid_client');
      await store({ ...(await backend.held()), clientSecret });
      expect(oauth.accepts(await tokenOf(backend.worker()))).toBe(true);
      expect(oauth).toMatchObject({ refreshes: 1, revocations: 0 });
    });
  });

  describe('a token that is refused', () => {
    it('is refreshed once, by whoever is first', async () => {
      const workers = Array.from({ length: 5 }, () => backend.worker());
      const tokens = await Promise.all(workers.map((worker) => worker.token()));
      time += 20 * 60_000;
      const renewed = await Promise.all(
        workers.map((worker, index) =>
          worker.tokenAfterRefusal(tokens[index] ?? { value: '', kind: 'oauth' }),
        ),
      );
      expect(new Set(renewed.map(({ value }) => value)).size).toBe(1);
      expect(renewed[0]?.value).not.toBe(tokens[0]?.value);
      expect(oauth).toMatchObject({ refreshes: 1, revocations: 0 });
    });

    it('right after it was refreshed lacks a right, and is not refreshed again', async () => {
      const worker = backend.worker();
      const renewed = await worker.tokenAfterRefusal(await worker.token());
      expect(await worker.tokenAfterRefusal(renewed)).toEqual(renewed);
      expect(await backend.worker().tokenAfterRefusal(renewed)).toEqual(renewed);
      expect(oauth.refreshes).toBe(1);
      time += 10 * 60_000;
      expect(await worker.tokenAfterRefusal(renewed)).not.toEqual(renewed);
    });
  });

  it('is never asked in the clear: the secret must name an https URL', async () => {
    await store({ ...(await backend.held()), tokenUrl: 'http://salesloft.example/oauth/token' });
    expect(await failure(backend.worker().token())).toMatchObject({ name: 'SecretUnreadableError' });
    await store(oauth.grant());
  });
});

describe('the clients', () => {
  const open = async (vendor: App, granted: object) => {
    backend = await startBackend(vendor, granted, now);
    return backend.worker();
  };
  const search = { vendorUserId: null, addresses: [ANN.email] };
  let close: () => Promise<void>;
  afterEach(() => close());

  it('Pipedrive’s sends an OAuth token as a bearer token, and renews it after a 401', async () => {
    const server = await startPipedrive(now);
    close = () => Promise.all([server.close(), backend.close()]).then(() => {});
    const oauth = oauthOf(server);
    const credential = await open('pipedrive', oauth.grant());
    const seen: Headers[] = [];
    const spying: typeof fetch = (url, init) => {
      seen.push(new Headers(init?.headers));
      return fetch(url, init);
    };
    const options = optionsFor(server);
    const client = pipedrive({ ...options, rest: { ...options.rest, credential, fetch: spying } });
    expect(await client.findUser(search)).toHaveLength(1);
    // The vendor's clock is ahead of what the secret says, as when somebody has revoked the token.
    const held = await backend.held();
    await store({ ...held, expiresAt: new Date(START + 9 * HOUR_MS).toISOString() });
    time += HOUR_MS + 1;
    expect(await client.findUser(search)).toHaveLength(1);
    expect(server.journal.map(({ status }) => status)).toContain(401);
    expect(oauth).toMatchObject({ refreshes: 1, revocations: 0 });
    for (const headers of seen) {
      expect(headers.get('authorization')).toMatch(/^Bearer /);
      expect(headers.has('x-api-token')).toBe(false);
    }
  });

  it('Drift’s renews its token after a 403, and keeps the refresh token, which does not rotate', async () => {
    const server = await startDrift(now);
    close = () => Promise.all([server.close(), backend.close()]).then(() => {});
    const oauth = oauthOf(server);
    const granted = { ...oauth.grant(), expiresAt: new Date(START + 9 * HOUR_MS).toISOString() };
    const credential = await open('drift', granted);
    time += 2 * HOUR_MS + 1;
    const options = optionsFor(server);
    const client = drift({ ...options, rest: { ...options.rest, credential } });
    expect(await client.findAgent(search)).toHaveLength(1);
    expect(server.journal[0]).toMatchObject({ surface: 'rest', status: 403 });
    expect(oauth.refreshes).toBe(1);
    const renewed = await backend.held();
    expect(renewed.refreshToken).toBe(granted.refreshToken);
    expect(renewed.accessToken).not.toBe(granted.accessToken);
  });
});
