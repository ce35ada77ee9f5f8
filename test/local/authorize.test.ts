import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorize } from '../../local/commands/authorization-code.ts';
import { readApplication } from '../../local/commands/oauth-application.ts';
import { startDrift } from '../../local/vendors/drift.ts';
import type { OAuthServer } from '../../local/vendors/oauth-server.ts';
import { oauthOf } from '../credentials/oauth-workers.ts';

let vendor: Awaited<ReturnType<typeof startDrift>>;
let oauth: OAuthServer;

beforeAll(async () => {
  vendor = await startDrift();
  oauth = oauthOf(vendor);
});
afterAll(() => vendor.close());

/** Begins an authorization; `visit` is what the person does with the URL. */
function begin(visit: (url: URL) => Promise<unknown>, sleep = (_: number) => new Promise<void>(() => {})) {
  const told: string[] = [];
  const { clientId, clientSecret, authorizeUrl, tokenUrl } = oauth;
  const visits: Promise<unknown>[] = [];
  const ended = authorize({
    ...{ vendor: 'drift', clientId, clientSecret, authorizeUrl, tokenUrl, port: 0, sleep },
    tell: (line) => {
      told.push(line);
      if (line.startsWith('http')) visits.push(visit(new URL(line.trim())));
    },
  });
  return { told, visits, ended };
}

const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );
const callback = (url: URL, parameters: Record<string, string>) =>
  fetch(`${url.searchParams.get('redirect_uri')}?${new URLSearchParams(parameters)}`);

describe('authorize', () => {
  it('exchanges the code for tokens that the vendor accepts', async () => {
    const { ended, told, visits } = begin((url) => fetch(url).then((page) => page.text()));
    const credential = await ended;
    expect(oauth.accepts(credential.accessToken)).toBe(true);
    expect(credential).toMatchObject({
      clientId: oauth.clientId,
      clientSecret: oauth.clientSecret,
      tokenUrl: oauth.tokenUrl,
    });
    expect(Date.parse(credential.expiresAt)).toBeGreaterThan(Date.now());
    expect(await Promise.all(visits)).toEqual([expect.stringContaining('Go back to the terminal')]);
    for (const secret of [credential.accessToken, credential.refreshToken, credential.clientSecret])
      expect(told.join()).not.toContain(secret);
  });

  it('asks for a code on loopback, bound to a state and to a PKCE challenge', async () => {
    const urls: URL[] = [];
    const { ended } = begin(async (url) => {
      urls.push(url);
      await fetch(url);
    });
    await ended;
    const parameters = Object.fromEntries(urls[0]?.searchParams ?? []);
    expect(parameters).toEqual({
      response_type: 'code',
      client_id: oauth.clientId,
      redirect_uri: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/callback$/),
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: 'S256',
    });
  });

  it('refuses another state, and still takes the right one afterwards', async () => {
    const statuses: number[] = [];
    const { ended } = begin(async (url) => {
      for (const state of ['', 'guessed', `${url.searchParams.get('state')}x`])
        statuses.push((await callback(url, { code: 'planted', state })).status);
      await fetch(url);
    });
    expect(oauth.accepts((await ended).accessToken)).toBe(true);
    expect(statuses).toEqual([400, 400, 400]);
  });

  it('ends when the person says no', async () => {
    const { ended, visits } = begin(async (url) => {
      const state = url.searchParams.get('state') ?? '';
      return (await callback(url, { error: 'access_denied', state })).status;
    });
    expect(await failure(ended)).toMatchObject({ name: 'AuthorizationError' });
    expect(await Promise.all(visits)).toEqual([400]);
  });

  it('ends when the vendor does not know the code', async () => {
    const { ended } = begin(async (url) => {
      await callback(url, { code: 'made-up', state: url.searchParams.get('state') ?? '' });
    });
    expect(await failure(ended)).toMatchObject({ name: 'InvalidGrantError' });
  });

  it('gives up after five minutes and frees the port', async () => {
    const waits: number[] = [];
    const uris: string[] = [];
    const { ended } = begin(
      async (url) => {
        uris.push(url.searchParams.get('redirect_uri') ?? '');
      },
      async (ms) => {
        waits.push(ms);
      },
    );
    expect((await failure(ended)).message).toContain('five minutes');
    expect(waits).toEqual([300_000]);
    await expect(fetch(uris[0] ?? '')).rejects.toThrow();
  });
});

describe('the simulated vendor', () => {
  it('redeems a code only with the verifier of its challenge', async () => {
    const challenge = createHash('sha256').update('the verifier').digest('base64url');
    const redeem = async (code_verifier: string) => {
      const redirect_uri = 'http://127.0.0.1:1/callback';
      const asked = new URLSearchParams({
        ...{ response_type: 'code', client_id: oauth.clientId, redirect_uri },
        ...{ code_challenge: challenge, code_challenge_method: 'S256' },
      });
      const page = await fetch(`${oauth.authorizeUrl}?${asked}`, { redirect: 'manual' });
      const code = new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? '';
      const answer = await fetch(oauth.tokenUrl, {
        method: 'POST',
        body: new URLSearchParams({
          ...{ client_id: oauth.clientId, client_secret: oauth.clientSecret },
          ...{ grant_type: 'authorization_code', code, redirect_uri, code_verifier },
        }),
      });
      return answer.status;
    };
    expect(await redeem('the verifier')).toBe(200);
    expect(await redeem('another')).toBe(400);
  });
});

describe('the application', () => {
  const known = { clientId: 'known', clientSecret: 'hush' };

  it('comes from the environment, or from what is stored', () => {
    const environment = { DRIFT_CLIENT_ID: 'given', DRIFT_CLIENT_SECRET: '' };
    expect(readApplication('drift', environment, known)).toEqual({
      clientId: 'given',
      clientSecret: 'hush',
      authorizeUrl: 'https://dev.drift.com/authorize',
      tokenUrl: 'https://driftapi.com/oauth2/token',
    });
  });

  it.each([
    [{}, undefined, 'PIPEDRIVE_CLIENT_ID'],
    [{ PIPEDRIVE_CLIENT_ID: 'given' }, { token: 'x' }, 'PIPEDRIVE_CLIENT_SECRET'],
    [{ PIPEDRIVE_TOKEN_URL: 'http://pipedrive.example' }, known, 'PIPEDRIVE_TOKEN_URL'],
    [{ PIPEDRIVE_AUTHORIZE_URL: 'pipedrive' }, known, 'PIPEDRIVE_AUTHORIZE_URL'],
  ])('%j is not enough', (environment, stored, name) => {
    expect(() => readApplication('pipedrive', environment, stored)).toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringContaining(name) }),
    );
  });
});
