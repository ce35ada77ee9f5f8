import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { Limiter } from '../../functions/rate-limit/limiter.ts';
import { withDeadline } from '../../functions/shared/deadline.ts';
import { VendorRateLimitedError } from '../../functions/shared/errors.ts';
import { lastRequestId, withRequestIds } from '../../functions/shared/request-id.ts';
import { type Call, type HttpOptions, vendorHttp } from '../../functions/vendor/http.ts';
import {
  type Answer,
  baseUrlFromEnvironment,
  type Surface,
  secretName,
} from '../../functions/vendor/surface.ts';
import { staticCredential, UNLIMITED } from '../contract-subject.ts';
import { useSockets } from '../without-sockets.ts';

useSockets();

const TOKEN = 'hush-token';
const ADDRESS = 'ann.lee@northlight.example';

const surface: Surface = {
  vendor: 'drata',
  surface: 'rest',
  baseUrlVariable: 'DRATA_BASE_URL',
  defaultBaseUrl: 'https://public-api.drata.com/public',
  contentType: 'application/json',
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  limit: 'unknown',
};

/** The vendor, and the place that a redirect would lead to. */
let respond: (request: IncomingMessage, response: ServerResponse) => void;
let seen: { url: string | undefined; headers: IncomingMessage['headers']; body: string }[];
let elsewhere: string[];
const vendor = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  seen.push({ url: request.url, headers: request.headers, body });
  respond(request, response);
});
const other = createServer((request, response) => {
  elsewhere.push(String(request.url));
  response.end('{}');
});
const originOf = (server: typeof vendor) => {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
};

const answering =
  (status: number, body = '{}', headers: Record<string, string> = {}): typeof respond =>
  (_, response) =>
    response.writeHead(status, headers).end(body);
const client = (options: HttpOptions = {}, over: Partial<Surface> = {}) =>
  vendorHttp(
    { ...surface, ...over },
    {
      baseUrl: `${originOf(vendor)}/public`,
      credential: staticCredential(TOKEN),
      limiter: UNLIMITED,
      sleep: async () => {},
      ...options,
    },
  );
const DAILY = { kind: 'daily_limit' } as const;
const find: Call<unknown> = {
  operation: 'findPerson',
  method: 'GET',
  path: '/personnel',
  query: { email: ADDRESS },
  answer: z.unknown(),
};
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );

beforeAll(async () => {
  for (const server of [vendor, other])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  respond = answering(200);
  seen = [];
  elsewhere = [];
});
afterAll(async () => {
  for (const server of [vendor, other]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe('the base URL', () => {
  const from = (value?: string) =>
    baseUrlFromEnvironment(surface, value === undefined ? {} : { DRATA_BASE_URL: value });

  it('is the vendor’s own unless the environment gives one', () => {
    expect(from()).toBe('https://public-api.drata.com/public');
    expect(from('https://public-api.eu.drata.com/public')).toBe('https://public-api.eu.drata.com/public');
  });

  it.each(['http://127.0.0.1:8080', 'http://127.8.9.10', 'http://localhost:8080/v1', 'http://[::1]:8080'])(
    'may be plain http on loopback: %s',
    (value) => {
      expect(from(value)).toBe(value);
    },
  );

  it.each([
    'http://drata.example/public',
    'http://localhost.example',
    'http://127.0.0.1.example',
    'http://127.0.0.1@evil.example',
    'http://10.0.0.1',
    'ftp://127.0.0.1',
    'file:///etc/passwd',
    'public-api.drata.com',
    'not a url',
    '',
  ])('is refused when the token could be read on the way or it is no URL: %j', (value) => {
    expect(() => from(value)).toThrow(
      expect.objectContaining({
        name: 'InvalidInputError',
        message: 'DRATA_BASE_URL must be an https URL (http only on loopback).',
      }),
    );
  });

  it('may end with a slash', async () => {
    await client({ baseUrl: `${originOf(vendor)}/public//` }).request({ ...find, query: {} });
    expect(seen[0]?.url).toBe('/public/personnel');
  });
});

describe('a request', () => {
  it('percent-encodes a query so that a plus stays a plus and a space a space', async () => {
    const query = { email: 'zoe+crm@x.example', name: 'Zoë & Co', page: 2, all: true };
    await client().request({ ...find, query });
    expect(seen[0]?.url).toBe(
      '/public/personnel?email=zoe%2Bcrm%40x.example&name=Zo%C3%AB%20%26%20Co&page=2&all=true',
    );
  });

  it('says what its body is, and nothing where it has none', async () => {
    await client().request(find);
    await client().request({ ...find, method: 'PATCH', body: { isActive: false } });
    expect(seen[0]).toMatchObject({ body: '' });
    expect(seen[0]?.headers['content-type']).toBeUndefined();
    expect(seen[1]?.headers['content-type']).toBe('application/json');
    expect(seen[1]?.body).toBe('{"isActive":false}');
    expect(seen[1]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it('over SCIM sends SCIM and accepts plain JSON too', async () => {
    await client({}, { contentType: 'application/scim+json' }).request({ ...find, method: 'POST', body: {} });
    expect(seen[0]?.headers).toMatchObject({
      'content-type': 'application/scim+json',
      accept: 'application/scim+json, application/json',
    });
  });

  it('accepts an empty 204', async () => {
    respond = answering(204, '');
    expect(await client().request({ ...find, method: 'PATCH', body: {} })).toBeUndefined();
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%i)', async (status) => {
    respond = answering(status, '', { location: `${originOf(other)}/trap` });
    expect((await failure(client().request(find))).name).toBe('VendorResponseError');
    expect(elsewhere).toEqual([]);
    expect(seen).toHaveLength(1);
  });
});

describe('the vendor’s id of a request', () => {
  const idAfter = (...answers: [number, Record<string, string>][]) =>
    withRequestIds(async () => {
      for (const [status, headers] of answers) {
        respond = answering(status, '{}', headers);
        await client()
          .request(find)
          .catch(() => {});
      }
      return lastRequestId();
    });

  it.each(['x-request-id', 'request-id', 'x-correlation-id', 'x-amzn-requestid', 'cf-ray'])(
    'is read from %s, of refusals too',
    async (header) => {
      expect(await idAfter([200, { [header]: 'req-1' }])).toBe('req-1');
      expect(await idAfter([200, { [header]: 'req-1' }], [500, { [header]: 'req-2' }])).toBe('req-2');
    },
  );

  it('is none where none comes, and is not taken from what is no id', async () => {
    expect(await idAfter([200, {}])).toBeNull();
    for (const value of [ADDRESS, `${TOKEN} ${TOKEN}`, 'a'.repeat(129)])
      expect(await idAfter([200, { 'x-request-id': value }])).toBeNull();
  });

  it('is kept by each step for itself', async () => {
    const [one, another] = await Promise.all([idAfter([200, { 'x-request-id': 'req-1' }]), idAfter()]);
    expect([one, another]).toEqual(['req-1', null]);
    expect(lastRequestId()).toBeNull();
  });
});

describe('requestIfExists', () => {
  it.each([404, 410])('gives the answer, and null for a %i', async (status) => {
    respond = answering(200, '{"id":7}');
    expect(await client().requestIfExists(find)).toEqual({ id: 7 });
    respond = answering(status);
    expect(await client().requestIfExists(find)).toBeNull();
    expect((await failure(client().request(find))).name).toBe('VendorRejectedError');
  });

  it.each([
    [400, 'VendorRejectedError'],
    [401, 'VendorAuthError'],
    [429, 'VendorRateLimitedError'],
    [500, 'VendorUnavailableError'],
  ])('does not take a %i for absence', async (status, name) => {
    respond = answering(status);
    expect((await failure(client().requestIfExists(find))).name).toBe(name);
  });
});

describe('a call for what is there', () => {
  const ask = async (...statuses: number[]) => {
    const waits: number[] = [];
    respond = (request, response) => answering(statuses.shift() ?? 404, '{"id":7}')(request, response);
    const asked = client({ sleep: async (ms) => void waits.push(ms) }).request({ ...find, isThere: true });
    return { waits, answer: await asked.catch((error: Error) => error.message) };
  };

  it('does not believe the first 404 or 410', async () => {
    expect(await ask(404, 410, 200)).toEqual({ waits: [1000, 2000], answer: { id: 7 } });
  });

  it('ends with a refusal where it stays missing', async () => {
    const { waits, answer } = await ask();
    expect(waits).toEqual([1000, 2000]);
    expect(answer).toContain('(HTTP 404) was rejected. It has to be there');
  });
});

describe('a failure', () => {
  it('is an answer that is longer than any list, of which no more is read', { tags: 'slow' }, async () => {
    const { promise: isCut, resolve: cut } = Promise.withResolvers<void>();
    respond = (_, response) => {
      response.writeHead(200).on('close', cut);
      const piece = Buffer.alloc(1_000_000, ' ');
      const go = () => {
        while (!response.destroyed) if (!response.write(piece)) return;
      };
      response.on('drain', go);
      go();
    };
    await expect(client({ timeoutMs: 60_000 }).request(find)).rejects.toMatchObject({
      name: 'VendorResponseError',
      message: expect.stringContaining('more than 32 MB'),
    });
    await isCut;
  });

  it('names the setting where an answer has the form of the other dialect', async () => {
    respond = answering(200, '{"data":[],"pagination":{"cursor":null}}');
    const guides = client({}, { readFailure: () => ({ kind: 'other_dialect' }) });
    await expect(guides.request(find)).rejects.toMatchObject({
      name: 'VendorResponseError',
      message: expect.stringContaining('DRATA_DIALECT'),
    });
  });

  it('shows no address that a path holds, and gives a list of values one by one', async () => {
    respond = answering(404);
    const call = { ...find, path: `/personnel/email:${ADDRESS}`, shownPath: '/personnel/email:…' };
    const error = await client()
      .request({ ...call, query: { 'expand[]': ['user', 'complianceChecks'] } })
      .catch((thrown: unknown) => thrown);
    expect(inspect(error)).not.toContain(ADDRESS);
    expect(seen[0]?.url).toContain(`email:${ADDRESS}?expand%5B%5D=user&expand%5B%5D=complianceChecks`);
  });

  it('is told apart by the vendor’s own rule before the status', async () => {
    const withRule = client({}, { readFailure: () => ({ kind: 'rejected', code: 'E42' }) });
    expect(await failure(withRule.request(find))).toMatchObject({ name: 'VendorRejectedError', code: 'E42' });
  });

  it('says how long the vendor asks to wait', async () => {
    respond = answering(429, '{}', { 'retry-after': 'Fri, 20 Nov 2026 09:00:07 GMT' });
    const now = () => Date.parse('2026-11-20T09:00:00Z');
    expect(await failure(client({ now }).request(find))).toMatchObject({ retryAfterMs: 7000 });
  });

  it('of the credential names the secret that a person has to mend', async () => {
    respond = answering(401);
    expect((await failure(client().request(find))).message).toContain('tenure/test/rest');
    expect(secretName(surface)).toBe('tenure/drata/rest');
  });

  it('of the form names the fields and not what they hold', async () => {
    respond = answering(200, JSON.stringify({ data: { email: 7, owner: ADDRESS } }));
    const answer = z.object({ data: z.object({ email: z.string(), owner: z.int() }) });
    const { message } = await failure(client().request({ ...find, answer }));
    expect(message).toContain('wrong or missing: data.email, data.owner');
    expect(message).not.toContain('@');
  });

  const echo = JSON.stringify({ error: `${TOKEN} ${ADDRESS}` });
  const cut: typeof respond = (request) => request.socket.destroy();
  it.each([
    ...[200, 302, 400, 401, 403, 404, 408, 409, 422, 429, 500, 503].map((status) => ({
      what: `${status}`,
      response: answering(status, echo, { 'x-echo': `${TOKEN} ${ADDRESS}` }),
    })),
    { what: 'no JSON', response: answering(200, `<p>${TOKEN} ${ADDRESS}</p>`) },
    { what: 'a cut connection', response: cut },
  ])('tells nothing of headers, bodies and query: $what', async ({ response }) => {
    respond = response;
    const error = await failure(
      client().request({
        ...find,
        method: 'POST',
        body: { email: ADDRESS, note: TOKEN },
        answer: z.object({ id: z.int() }),
      }),
    );
    expect(error.name).toMatch(/^Vendor/);
    expect(error.message).toMatch(/^Drata findPerson: POST \/personnel/);
    for (const text of [error.message, JSON.stringify(error), inspect(error, { depth: 9 })]) {
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(ADDRESS);
      expect(text).not.toContain(encodeURIComponent(ADDRESS));
    }
  });

  it('of a token that cannot be a header does not tell the token', async () => {
    const broken = client({ credential: staticCredential(`${TOKEN}\nx`) });
    expect(inspect(await failure(broken.request(find)))).not.toContain(TOKEN);
  });
});

describe('a limit', () => {
  let time = Date.parse('2026-11-20T23:00:00Z');
  let waits: number[] = [];
  const patient = (options: HttpOptions = {}) =>
    client({
      now: () => time,
      sleep: async (ms) => {
        waits.push(ms);
        time += ms;
      },
      ...options,
    });
  beforeEach(() => {
    time = Date.parse('2026-11-20T23:00:00Z');
    waits = [];
  });
  const refusing = (times: number, headers: Record<string, string> = {}): typeof respond => {
    let refusals = 0;
    return (request, response) => {
      refusals += 1;
      answering(refusals > times ? 200 : 429, '{"data":1}', headers)(request, response);
    };
  };

  it.each(['POST', 'PATCH', 'PUT', 'DELETE', 'GET'] as const)(
    'is waited for as long as the vendor asks, and then the same %s is sent again',
    async (method) => {
      respond = refusing(2, { 'retry-after': '7' });
      const call = { ...find, method, ...(method === 'GET' ? {} : { body: { isActive: false } }) };
      expect(await patient().request(call)).toEqual({ data: 1 });
      expect(waits).toEqual([7_000, 7_000]);
      expect(new Set(seen.map(({ url, body }) => `${url} ${body}`)).size).toBe(1);
      expect(seen).toHaveLength(3);
    },
  );

  it('that the limiter keeps is waited for without a request', async () => {
    const facts = { vendor: 'drata', operation: 'findPerson', method: 'GET', path: '/personnel' } as const;
    let refusals = 2;
    const admit = async () => {
      refusals -= 1;
      if (refusals >= 0) throw new VendorRateLimitedError(facts, 4_000);
    };
    await patient({ limiter: { ...UNLIMITED, admit } }).request(find);
    expect([waits, seen.length]).toEqual([[4_000, 4_000], 1]);
  });

  it('is told to the limiter at each refusal, so that everybody holds', async () => {
    const learned: (string | null)[] = [];
    const learn: Limiter['learn'] = async ({ refusal }) => void learned.push(refusal);
    respond = refusing(2);
    await patient({ limiter: { ...UNLIMITED, learn } }).request(find);
    expect(learned).toEqual(['rate_limited', 'rate_limited', null]);
  });

  it('is waited for longer and longer when it is not over, whatever the vendor says', async () => {
    respond = refusing(6, { 'retry-after': '0' });
    await patient().request(find);
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200]);
  });

  it.each([
    ['beyond the step’s time is not waited for', '60', []],
    ['that does not end is given up when the step’s time is over', '10', [10_000, 10_000, 10_000]],
  ])('%s', async (_, retryAfter, waited) => {
    respond = answering(429, '{}', { 'retry-after': retryAfter });
    const endsAt = time + 59_000;
    const error = await withDeadline(endsAt, () => failure(patient().request(find)));
    expect(error).toMatchObject({ name: 'VendorRateLimitedError', call: { status: 429 } });
    expect(waits).toEqual(waited);
    // Enough for the request and a look at what it did.
    expect(endsAt - time).toBeGreaterThanOrEqual(20_000);
  });

  it('is waited for by a step that has the time, however long the vendor asks', async () => {
    respond = refusing(3, { 'retry-after': '240' });
    await withDeadline(time + 895_000, () => patient().request(find));
    expect(waits).toEqual([240_000, 240_000, 240_000]);
  });

  it.each([
    [answering(429), 'VendorRateLimitedError'],
    [answering(429, '{}', { 'retry-after': '600' }), 'VendorRateLimitedError'],
    [answering(503), 'VendorUnavailableError'],
  ])('is given up in the end where nobody says how much time there is', async (answer, name) => {
    respond = answer;
    expect((await failure(patient().requestIfExists(find))).name).toBe(name);
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(90_000);
  });

  it.each([
    ['a date', 'Fri, 20 Nov 2026 23:00:07 GMT', 7_000],
    ['a date that is over', 'Fri, 20 Nov 2026 22:00:00 GMT', 100],
    ['a fraction', '2.5', 2_500],
    ['a number below zero', '-5', 100],
    ['words', 'soon', 1_000],
    ['nothing', ' ', 1_000],
  ])(
    'is waited for with a page of HTML for its body, and %s in Retry-After',
    async (_, retryAfter, waitMs) => {
      let refusals = 0;
      respond = (request, response) => {
        refusals += 1;
        const body = refusals > 1 ? '{"data":1}' : '<html><body>Too many requests</body></html>';
        answering(refusals > 1 ? 200 : 429, body, { 'retry-after': retryAfter })(request, response);
      };
      expect(await patient().request(find)).toEqual({ data: 1 });
      expect(waits).toEqual([waitMs]);
    },
  );

  it.each(['9999999999', '1e400', 'Fri, 20 Nov 2099 23:00:00 GMT'])(
    'for which %s is asked is taken for a quarter of an hour',
    async (retryAfter) => {
      respond = answering(429, '', { 'retry-after': retryAfter });
      expect(await failure(patient().request(find))).toMatchObject({ retryAfterMs: 15 * 60_000 });
      expect(waits).toEqual([]);
    },
  );

  it('of a day is given up until the vendor says that its day begins', async () => {
    respond = refusing(1, { 'retry-after': '18000' });
    const error = await failure(client({ now: () => time }, daily).request(find));
    const again = new Date(time + 18_000_000).toISOString().slice(0, 19);
    expect(error).toMatchObject({
      name: 'VendorDailyLimitError',
      retryAfterMs: 18_000_000,
      message: expect.stringMatching(
        `was refused: the daily request budget is used up\\. Drata says that it is new at ${again}Z\\.`,
      ),
    });
  });

  const daily = { readFailure: ({ status }: Answer) => (status === 429 ? DAILY : undefined) };
  it('of a day is waited for when the step lasts until the next', async () => {
    time = Date.parse('2026-11-20T23:58:00Z');
    respond = refusing(1);
    const http = client({ now: () => time, sleep: async (ms) => void waits.push(ms) }, daily);
    expect(await withDeadline(time + 895_000, () => http.request(find))).toEqual({ data: 1 });
    expect(waits).toEqual([120_000]);
  });

  it('of a day is given up at once when it does not', async () => {
    respond = refusing(1);
    const error = await failure(client({ now: () => time }, daily).request(find));
    expect(error).toMatchObject({
      name: 'VendorDailyLimitError',
      retryAfterMs: 3_600_000,
      message: expect.stringContaining(
        'By the days of UTC it is new at 2026-11-21T00:00:00Z; Drata may count other days. The run does not try again by itself; do this again after that.',
      ),
    });
    expect(seen).toHaveLength(1);
  });
});
