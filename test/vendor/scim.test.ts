import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { vendorHttp } from '../../functions/vendor/http.ts';
import { collect, walk } from '../../functions/vendor/paging.ts';
import { readScimRejection, scimClient } from '../../functions/vendor/scim.ts';
import type { Surface } from '../../functions/vendor/surface.ts';
import { ANN, JOANN, ZOE } from '../../local/vendors/company.ts';
import {
  refuseScim,
  type ScimDialect,
  type ScimRecord,
  scimRoutes,
} from '../../local/vendors/scim-routes.ts';
import { startVendorServer } from '../../local/vendors/vendor-server.ts';
import { staticCredential, UNLIMITED } from '../contract-subject.ts';

const PLAIN: ScimDialect = { patchAnswer: 200, longestPage: 100 };

const surface: Surface = {
  vendor: 'drift',
  surface: 'scim',
  baseUrlVariable: 'UNUSED',
  defaultBaseUrl: 'https://driftapi.com/scim/v2',
  contentType: 'application/scim+json',
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  limit: 'unknown',
  readFailure: readScimRejection,
};

type Directory = { users: ScimRecord[]; burnt: string[]; nextId: number };
const seed = (): Directory => ({
  users: [JOANN, ANN].map(({ email }, index) => ({ id: `u-${index + 1}`, userName: email, active: true })),
  burnt: [],
  nextId: 100,
});

const closing: (() => Promise<void>)[] = [];
afterAll(() => Promise.all(closing.map((close) => close())));

/** A SCIM server that speaks a dialect; `rewrite` changes the bodies it answers with. */
async function startScim(
  dialect: Partial<ScimDialect> = {},
  rewrite: (body: unknown) => unknown = (body) => body,
) {
  const limit = { capacity: 100_000, windowMs: 1000 };
  const server = await startVendorServer<Directory>({
    vendor: 'drift',
    seed,
    accounts: () => [],
    populate: () => {},
    rest: {
      prefix: '',
      limit,
      refuseToken: (context) => context.body(null, 401),
      refuseRate: (context) => context.body(null, 429),
      routes: () => {},
    },
    scim: {
      prefix: '/scim/v2',
      limit,
      refuseToken: (context) => refuseScim(context, 401, 'no'),
      refuseRate: (context) => refuseScim(context, 429, 'slower'),
      routes: (app, world) => {
        app.use('*', async (context, next) => {
          await next();
          const text = await context.res.clone().text();
          if (text === '') return;
          context.res = new Response(JSON.stringify(rewrite(JSON.parse(text))), context.res);
        });
        scimRoutes(
          app,
          storeOver(() => world.state),
          { ...PLAIN, ...dialect },
        );
      },
    },
  });
  closing.push(server.close);
  const http = vendorHttp(surface, {
    baseUrl: server.baseUrls.scim ?? '',
    credential: staticCredential(server.tokens.scim),
    limiter: UNLIMITED,
  });
  const connect = (pageSize = 100) => scimClient(surface, http, { sleep: async () => {}, pageSize });
  return { server, connect, client: connect() };
}

function storeOver(directory: () => Directory) {
  const find = (id: string) => directory().users.find((user) => user.id === id);
  return {
    list: () => directory().users,
    create: ({ userName, active }: { userName: string; active: boolean }) => {
      const { users, burnt } = directory();
      const taken = [...users.map((user) => user.userName), ...burnt].map((name) => name.toLowerCase());
      if (taken.includes(userName.toLowerCase())) return 'taken' as const;
      directory().nextId += 1;
      const user = { id: `u-${directory().nextId}`, userName, active };
      users.push(user);
      return user;
    },
    setActive: (id: string, active: boolean) => {
      const user = find(id);
      if (user !== undefined) user.active = active;
    },
    remove: () => {},
  };
}

function withUpperCaseNames(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withUpperCaseNames);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.toUpperCase(), withUpperCaseNames(inner)]),
  );
}

const without =
  (...names: string[]) =>
  (body: unknown): unknown =>
    typeof body === 'object' && body !== null
      ? Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)))
      : body;

describe.each([
  { dialect: 'the standard', started: startScim() },
  { dialect: 'PATCH answers 204', started: startScim({ patchAnswer: 204 }) },
  { dialect: 'booleans are strings', started: startScim({ booleansAsText: true }) },
  { dialect: 'no Resources when nothing matches', started: startScim({ omitsEmptyResources: true }) },
  { dialect: 'pages of one', started: startScim({ longestPage: 1 }) },
  { dialect: 'itemsPerPage is 0', started: startScim({ itemsPerPageIsZero: true }) },
  { dialect: 'names in upper case', started: startScim({}, withUpperCaseNames) },
  { dialect: 'no counts', started: startScim({}, without('totalResults', 'itemsPerPage', 'startIndex')) },
])('where $dialect', ({ started }) => {
  it('finds the user with exactly the address, or nobody', async () => {
    const { server, client } = await started;
    server.reset();
    expect(await client.findUser(ANN.email.toUpperCase())).toEqual({
      id: 'u-2',
      userName: ANN.email,
      active: true,
    });
    expect(await client.findUser(ZOE.email)).toBeNull();
    expect(await client.getUser('u-1')).toMatchObject({ userName: JOANN.email });
    expect(await client.getUser('u-9')).toBeNull();
  });

  it('lists everybody page by page, and ends', async () => {
    const { server, client } = await started;
    server.reset();
    const users = await collect(walk(1, (start: number) => client.listUsers('listAccounts', start)));
    expect(users.map(({ id }) => id)).toEqual(['u-1', 'u-2']);
  });

  it('deactivates and reactivates, each once', async () => {
    const { server, client } = await started;
    server.reset();
    expect(await client.ensureActive('u-2', false)).toBe('changed');
    expect(await client.findUser(ANN.email)).toMatchObject({ active: false });
    expect(await client.ensureActive('u-2', false)).toBe('already_done');
    expect(await client.ensureActive('u-2', true)).toBe('changed');
    expect(server.state.users.map(({ active }) => active)).toEqual([true, true]);
    expect(server.writes()).toHaveLength(2);
  });

  it('creates once', async () => {
    const { server, client } = await started;
    server.reset();
    const { status, user } = await client.ensureUser(ZOE);
    expect(status).toBe('changed');
    expect(user).toMatchObject({ userName: ZOE.email, active: true });
    expect(await client.ensureUser(ZOE)).toEqual({ status: 'already_done', user });
    expect(server.state.users).toHaveLength(3);
  });

  it('sees a second account with the same address, on whatever page', async () => {
    const { server, connect } = await started;
    server.reset();
    server.state.users.push({ id: 'u-3', userName: ANN.email.toUpperCase(), active: false });
    for (const pageSize of [1, 100]) {
      await expect(connect(pageSize).findUser(ANN.email)).rejects.toMatchObject({
        name: 'AmbiguousUserError',
      });
    }
  });
});

describe('a server that ignores the filter', () => {
  it('does not pass off the neighbour, and shows the right one on a later page', async () => {
    const { server, connect } = await startScim({ longestPage: 2 });
    const ignoring: typeof fetch = (url, init) => {
      const plain = new URL(String(url));
      plain.searchParams.delete('filter');
      return fetch(plain, init);
    };
    const http = vendorHttp(surface, {
      baseUrl: server.baseUrls.scim ?? '',
      credential: staticCredential(server.tokens.scim),
      limiter: UNLIMITED,
      fetch: ignoring,
    });
    const client = scimClient(surface, http, { sleep: async () => {} });
    server.state.users.push({ id: 'u-3', userName: ZOE.email, active: true });
    expect(await client.findUser(ZOE.email)).toMatchObject({ id: 'u-3' });
    expect(await client.findUser('nn.lee@northlight.example')).toBeNull();
    expect(await connect().findUser(ANN.email)).toMatchObject({ id: 'u-2' });
  });
});

describe('the filter', () => {
  const filterFor = async (email: string) => {
    const { server, client } = await startScim();
    await client.findUser(email);
    return server.journal.at(-1)?.query.filter;
  };

  it('writes the address as a JSON string', async () => {
    expect(await filterFor('a"b\\c+d@x.example')).toBe('userName eq "a\\"b\\\\c+d@x.example"');
  });

  it('finds every address, with quotes, backslashes, plus signs and letters of any alphabet', async () => {
    const { server, client } = await startScim();
    const part = fc.oneof(
      fc.constantFrom('"', '\\', '+', '%', '&', '=', '#', '?', "'", ' ', '/', '.', '-', '_', 'ø', 'ł', '漢'),
      fc.stringMatching(/^[A-Za-z0-9]$/),
    );
    const email = fc
      .array(part, { minLength: 1, maxLength: 20 })
      .map((parts) => `${parts.join('')}@x.example`);
    await fc.assert(
      fc.asyncProperty(email, async (userName) => {
        server.reset();
        server.state.users.push({ id: 'u-50', userName, active: true });
        expect(await client.findUser(userName)).toEqual({ id: 'u-50', userName, active: true });
      }),
    );
  });
});

describe('a user id', () => {
  it('cannot lead to another path, and may be a number in the answer', async () => {
    const { server, client } = await startScim();
    expect(await client.getUser('../Groups?x=1')).toBeNull();
    expect(server.journal.at(-1)).toMatchObject({ path: '/Users/..%2FGroups%3Fx%3D1', query: {} });
    server.inject({ status: 200, body: '{"id":7,"userName":"a@x.example"}' });
    expect(await client.getUser('7')).toEqual({ id: '7', userName: 'a@x.example', active: undefined });
  });
});

describe('ensureUser', () => {
  const taken = (body: object) => ({ method: 'POST', status: 409, body: JSON.stringify(body), times: 1 });

  it('sends what SCIM asks for, booleans as booleans', async () => {
    const { server, client } = await startScim();
    await client.ensureUser(ZOE);
    expect(server.writes()).toMatchObject([
      {
        method: 'POST',
        body: {
          schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
          userName: ZOE.email,
          externalId: ZOE.employeeId,
          name: { givenName: ZOE.firstName, familyName: ZOE.lastName },
          active: true,
        },
      },
    ]);
  });

  it.each([{ scimType: 'uniqueness' }, { SCIMTYPE: 'uniqueness' }, {}])(
    'adopts the user that a 409 with %j says is there',
    async (body) => {
      const { server, client } = await startScim();
      // Hidden from the first look: somebody else creates it at the same moment.
      server.inject({ method: 'GET', status: 200, body: '{"totalResults":0}', times: 1 });
      server.inject(taken(body));
      expect(await client.ensureUser(ANN)).toMatchObject({ status: 'already_done', user: { id: 'u-2' } });
      expect(server.state.users).toHaveLength(2);
    },
  );

  it('says that an address is taken and yet not listed', async () => {
    const { server, client } = await startScim();
    server.state.burnt.push(ZOE.email);
    await expect(client.ensureUser(ZOE)).rejects.toMatchObject({
      name: 'VendorRejectedError',
      code: 'uniqueness',
      message: expect.stringMatching(
        /^(?!.*@).*taken, but no user with it is listed.*Restore the user in the app/,
      ),
    });
  });

  it('adopts nobody after another refusal', async () => {
    const { server, client } = await startScim();
    server.inject({ method: 'GET', status: 200, body: '{"totalResults":0}', times: 1 });
    server.inject({ method: 'POST', status: 400, body: '{"scimType":"invalidValue"}' });
    await expect(client.ensureUser(ANN)).rejects.toMatchObject({ code: 'invalidValue' });
  });

  it('creates once when the answer was lost', async () => {
    const { server, client } = await startScim();
    server.inject({ method: 'POST', drop: 'after' });
    expect(await client.ensureUser(ZOE)).toMatchObject({ user: { userName: ZOE.email } });
    expect(server.writes()).toHaveLength(1);
  });
});

describe('a server that knows neither startIndex nor counts', () => {
  it('is asked no more once a page brings nobody new, and counts nobody twice', async () => {
    const { server, client } = await startScim();
    const Resources = [{ id: 'u-2', userName: ANN.email, active: true }];
    server.inject({ method: 'GET', status: 200, body: JSON.stringify({ Resources }) });
    expect(await client.findUser(ANN.email)).toMatchObject({ id: 'u-2' });
    expect(server.journal).toHaveLength(2);
  });
});

describe('setActive', () => {
  it.each([200, 204] as const)('writes without looking, and takes a %i for done', async (patchAnswer) => {
    const { server, client } = await startScim({ patchAnswer });
    await client.setActive('deactivateUser', 'u-2', false);
    expect(server.journal.map(({ method, path }) => `${method} ${path}`)).toEqual(['PATCH /Users/u-2']);
    expect(server.state.users[1]?.active).toBe(false);
  });

  it('says that an account is not managed here when SCIM does not know it', async () => {
    const { client } = await startScim();
    await expect(client.setActive('deactivateUser', 'u-9', false)).rejects.toMatchObject({
      name: 'AccountNotManagedError',
    });
  });
});

describe('ensureActive', () => {
  it('sends a PatchOp with a boolean', async () => {
    const { server, client } = await startScim();
    await client.ensureActive('u-2', false);
    expect(server.writes()).toMatchObject([
      {
        method: 'PATCH',
        body: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [{ op: 'replace', path: 'active', value: false }],
        },
      },
    ]);
  });

  it('does not believe a 204 that reading back does not confirm', async () => {
    const { server, client } = await startScim({ patchAnswer: 204 });
    server.inject({ method: 'PATCH', forgets: true });
    await expect(client.ensureActive('u-2', false)).rejects.toMatchObject({ name: 'VendorUnconfirmedError' });
  });

  it('does not take a user without active for a deactivated one', async () => {
    const { client } = await startScim({}, without('active'));
    await expect(client.ensureActive('u-2', false)).rejects.toMatchObject({ name: 'VendorUnconfirmedError' });
  });

  it('is refused for a user that is not there, and writes nothing', async () => {
    const { server, client } = await startScim();
    await expect(client.ensureActive('u-9', false)).rejects.toMatchObject({ name: 'VendorRejectedError' });
    expect(server.writes()).toEqual([]);
  });

  it('refuses an active that is neither true nor false', async () => {
    const { server, client } = await startScim();
    server.inject({ status: 200, body: JSON.stringify({ id: 'u-2', userName: ANN.email, active: 'maybe' }) });
    await expect(client.ensureActive('u-2', false)).rejects.toMatchObject({ name: 'VendorResponseError' });
  });
});
