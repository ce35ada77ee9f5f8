import { globSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { foreignCaller, isSignedWith } from '../../local/aws/caller.ts';
import { allSimulated, startVendors, type VendorServers } from '../../local/vendors/start-vendors.ts';
import { useSockets } from '../without-sockets.ts';

const HERE = '127.0.0.1:8787';

describe('a caller of a local server', () => {
  it.each([
    { host: HERE, origin: undefined },
    { host: 'localhost:8787', origin: undefined },
    { host: HERE, origin: `http://${HERE}` },
    { host: 'LOCALHOST:8787', origin: 'http://localhost:8787' },
  ])('may be $host from $origin', (caller) => expect(foreignCaller(caller)).toBeNull());

  it.each([
    { host: undefined, origin: undefined },
    { host: 'evil.example', origin: undefined },
    { host: '127.0.0.1.evil.example', origin: undefined },
    { host: 'localhost@evil.example', origin: undefined },
    { host: 'evil.example:8787', origin: 'http://evil.example:8787' },
  ])('may not use the name $host', (caller) => expect(foreignCaller(caller)).toMatchObject({ status: 421 }));

  it.each([
    'https://evil.example',
    'null',
    '',
    `https://${HERE}`,
    'http://127.0.0.1:1',
    'http://localhost:8787',
  ])('may not be a page of %j', (origin) =>
    expect(foreignCaller({ host: HERE, origin })).toMatchObject({ status: 403 }),
  );

  it('has to know the whole access key', () => {
    const signed = (key: string) => `AWS4-HMAC-SHA256 Credential=${key}/20260105/local/dynamodb/aws4_request`;
    expect(isSignedWith('the-key', signed('the-key'))).toBe(true);
    for (const header of [undefined, '', signed(''), signed('the-ke'), signed('x/the-key'), 'Bearer the-key'])
      expect(isSignedWith('the-key', header)).toBe(false);
  });
});

describe('a simulated app', () => {
  useSockets();
  let company: VendorServers;
  beforeAll(async () => {
    company = allSimulated(await startVendors());
  });
  afterAll(async () => {
    await Promise.all(Object.values(company).map((app) => app.close()));
  });

  it('refuses a stranger without waiting for a body, and keeps none of it', async () => {
    for (const { baseUrls, journal } of Object.values(company)) {
      for (const baseUrl of Object.values(baseUrls))
        expect([baseUrl, await postWithoutEnd(`${baseUrl}/users`)]).toEqual([
          baseUrl,
          expect.toBeOneOf([401, 403]),
        ]);
      expect(journal.filter(({ body }) => body !== undefined)).toEqual([]);
    }
  });

  it('takes no more than a token needs where anybody may ask for one', async () => {
    const { pipedrive, salesloft, drift, driftwood } = company;
    const tokenUrls = [pipedrive, salesloft, drift].flatMap(({ oauth }) => oauth?.tokenUrl ?? []);
    for (const url of [...tokenUrls, `${driftwood.liveBaseUrls.rest}/auth-refresh-token`])
      expect([url, await postWithoutEnd(url)]).toEqual([url, 413]);
  });
});

/** Sends a body that never ends, and gives the status that is answered. */
function postWithoutEnd(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: 'Bearer a-guess' };
    const asked = request(url, { method: 'POST', headers }, ({ statusCode }) => {
      resolve(statusCode);
      asked.destroy();
    });
    asked.on('error', reject);
    asked.write('x'.repeat(200_000));
  });
}

it('no server is started past the door', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const starters = globSync('{local,functions}/**/*.ts', { cwd: root }).filter((file) =>
    /^import (?!type).* from '(@hono\/node-server|dynalite|node:(http|https|http2|net))';/m.test(
      readFileSync(`${root}${file}`, 'utf8'),
    ),
  );
  expect(starters.sort()).toEqual(['local/aws/loopback-server.ts', 'local/aws/tables.ts']);
});
