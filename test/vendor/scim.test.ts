import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { vendorHttp } from '../../functions/vendor/http.ts';
import { collect, walk } from '../../functions/vendor/paging.ts';
import { readScimRejection, scimClient } from '../../functions/vendor/scim.ts';
import type { Surface } from '../../functions/vendor/surface.ts';
import { ANN, JOANN, ZOE } from '../../local/vendors/company.ts';
import {
  refuseScim,
  type ScimChanges,
  type ScimDialect,
  type ScimRecord,
  type ScimStore,
  scimRoutes,
} from '../../local/vendors/scim-routes.ts';
import { startVendorServer } from '../../local/vendors/vendor-server.ts';
import { staticCredential, UNLIMITED } from '../contract-subject.ts';

/** A user of whom the server shows neither a number nor a name. */
const SHOWS_NO_MORE = { externalId: null, name: null, emails: [] };
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
  comparesCase = false,
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
          { ...storeOver(() => world.state, comparesCase), comparesCase: () => comparesCase },
          { ...PLAIN, ...dialect },
        );
      },
    },
  });
  closing.push(server.close);
  const http = vendorHttp(surface, {
    sleep: async () => {},
    baseUrl: server.baseUrls.scim ?? '',
    credential: staticCredential(server.tokens.scim),
    limiter: UNLIMITED,
  });
  const connect = (pageSize = 100) => scimClient(surface, http, { sleep: async () => {}, pageSize });
  return { server, connect, client: connect() };
}

function storeOver(directory: () => Directory, lowersCase: boolean) {
  const find = (id: string) => directory().users.find((user) => user.id === id);
  return {
    list: () => directory().users,
    create: ({ userName, name, active, externalId }: Parameters<ScimStore['create']>[0]) => {
      const { users, burnt } = directory();
      const taken = [...users.map((user) => user.userName), ...burnt].map((name) => name.toLowerCase());
      if (taken.includes(userName.toLowerCase())) return 'taken' as const;
      directory().nextId += 1;
      const kept = lowersCase ? userName.toLowerCase() : userName;
      const user = { id: `u-${directory().nextId}`, userName: kept, name, active, externalId };
      users.push(user);
      return user;
    },
    setActive: (id: string, active: boolean) => {
      const user = find(id);
      if (user !== undefined) user.active = active;
    },
    change: (id: string, changes: ScimChanges) => {
      const isTaken = directory().users.some((user) => user.id !== id && user.userName === changes.userName);
      if (isTaken) return 'taken' as const;
      Object.assign(find(id) ?? {}, changes);
      return undefined;
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
      ...SHOWS_NO_MORE,
      ...{ id: 'u-2', userName: ANN.email, active: true },
    });
    expect(await client.findUser(ZOE.email)).toBeNull();
    expect(await client.getUser('u-1')).toMatchObject({ userName: JOANN.email });
    expect(await client.getUser('u-9')).toBeNull();
  });

  it('lists everybody page by page, and ends', async () => {
    const { server, client } = await started;
    server.reset();
    const users = await collect(walk(LIST, 1, (start: number) => client.listUsers('listAccounts', start)));
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

  it('changes name and address', async () => {
    const { server, client } = await started;
    server.reset();
    const user = { id: 'u-2', userName: ANN.email, emails: [] };
    const name = { firstName: 'Ann', lastName: 'Novák' };
    await client.setFacts('updateUser', user, { name, email: 'ann.novak@x.example' });
    expect(await client.getUser('u-2')).toMatchObject({ name: 'Ann Novák', userName: 'ann.novak@x.example' });
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

const LIST = { vendor: 'drift', operation: 'listAccounts', method: 'GET', path: '/Users' } as const;

describe('a server that ignores the filter', () => {
  it('does not pass off the neighbour, and shows the right one on a later page', async () => {
    const { server, connect } = await startScim({ longestPage: 2 });
    const ignoring: typeof fetch = (url, init) => {
      const plain = new URL(String(url));
      plain.searchParams.delete('filter');
      return fetch(plain, init);
    };
    const http = vendorHttp(surface, {
      sleep: async () => {},
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
        expect(await client.findUser(userName)).toMatchObject({ id: 'u-50', userName, active: true });
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
    expect(await client.getUser('7')).toEqual({
      ...SHOWS_NO_MORE,
      ...{ id: '7', userName: 'a@x.example', active: undefined },
    });
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

  it('refuses a user whom SCIM does not know', async () => {
    const { client } = await startScim();
    await expect(client.setActive('deactivateUser', 'u-9', false)).rejects.toMatchObject({
      call: { status: 404 },
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

describe('a number and a name', () => {
  const read = async (shown: object) => {
    const { server, client } = await startScim();
    server.inject({ status: 200, body: JSON.stringify({ id: 'u-2', userName: ANN.email, ...shown }) });
    const user = await client.getUser('u-2');
    return [user?.externalId, user?.name];
  };

  it.each([
    [{ externalId: 'E-1003', displayName: 'Ann Lee' }, ['E-1003', 'Ann Lee']],
    [{ EXTERNALID: 'E-1003', NAME: { GIVENNAME: 'Ann', FAMILYNAME: 'Lee' } }, ['E-1003', 'Ann Lee']],
    [
      { name: { formatted: 'Lee, Ann', givenName: 'Ann', familyName: 'Lee' }, displayName: 'AL' },
      [null, 'Ann Lee'],
    ],
    [{ name: { formatted: 'Ann Lee' }, displayName: 'AL' }, [null, 'Ann Lee']],
    [{ name: { givenName: '', familyName: ' ' }, displayName: 'Ann Lee', externalId: '' }, [null, 'Ann Lee']],
    [{ name: { familyName: 'Lee' } }, [null, 'Lee']],
    [{ name: null, displayName: null, externalId: null }, [null, null]],
    [{ name: 'Ann', displayName: 7, externalId: ['E-1003'], emails: [{ value: 1 }] }, [null, null]],
    [{ name: { givenName: 1 }, displayName: 'Ann Lee' }, [null, 'Ann Lee']],
  ])('of %j are %j', async (shown, expected) => {
    expect(await read(shown)).toEqual(expected);
  });
});

describe('setFacts', () => {
  const user = { id: 'u-2', userName: ANN.email, emails: [] };
  const sent = async (emails: object[], email: string) => {
    const { server, client } = await startScim();
    server.inject({ method: 'GET', status: 200, body: JSON.stringify({ ...user, emails }) });
    const shown = await client.getUser('u-2');
    await client.setFacts('updateUser', shown ?? user, { email });
    return server.writes()[0]?.body;
  };

  it('sends a PatchOp that names each attribute, and no other', async () => {
    const { server, client } = await startScim();
    await client.setFacts('updateUser', user, { name: { firstName: 'Ann', lastName: 'Novák' } });
    expect(server.writes()).toMatchObject([
      {
        method: 'PATCH',
        path: '/Users/u-2',
        body: {
          schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
          Operations: [
            { op: 'replace', path: 'name.givenName', value: 'Ann' },
            { op: 'replace', path: 'name.familyName', value: 'Novák' },
            { op: 'replace', path: 'displayName', value: 'Ann Novák' },
          ],
        },
      },
    ]);
  });

  it.each([
    { shown: [], written: [{ value: 'new@x.example', type: 'work', primary: true }] },
    {
      shown: [
        { value: 'private@x.example', type: 'home' },
        { value: ANN.email.toUpperCase(), type: 'work' },
      ],
      written: [
        { value: 'private@x.example', type: 'home' },
        { value: 'new@x.example', type: 'work' },
      ],
    },
    {
      shown: [{ value: 'alias@x.example', type: 'work', primary: 'True' }, { value: 'private@x.example' }],
      written: [{ value: 'new@x.example', type: 'work', primary: true }, { value: 'private@x.example' }],
    },
  ])('puts a new address in the place of the old one among $shown', async ({ shown, written }) => {
    expect(await sent(shown, 'new@x.example')).toMatchObject({
      Operations: [
        { op: 'replace', path: 'userName', value: 'new@x.example' },
        { op: 'replace', path: 'emails', value: written },
      ],
    });
  });

  it('refuses a user whom SCIM does not know', async () => {
    const { client } = await startScim();
    await expect(
      client.setFacts('updateUser', { ...user, id: 'u-9' }, { email: 'new@x.example' }),
    ).rejects.toMatchObject({ call: { status: 404 } });
  });
});

describe('the server', () => {
  it.each([
    [{ op: 'Replace', path: 'NAME.FamilyName', value: 'Novák' }],
    [{ op: 'replace', value: { Name: { familyname: 'Novák' } } }],
    [{ op: 'replace', value: { 'name.familyName': 'Novák' } }],
  ])('takes %j, with a path and without, in any case', async (operation) => {
    const { server, client } = await startScim();
    Object.assign(server.state.users[1] ?? {}, { name: 'Ann Lee' });
    const { status } = await fetch(`${server.baseUrls.scim}/Users/u-2`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${server.tokens.scim}` },
      body: JSON.stringify({ Operations: [operation] }),
    });
    expect(status).toBe(200);
    expect(await client.getUser('u-2')).toMatchObject({ name: 'Ann Novák', userName: ANN.email });
  });

  it('refuses an address that is taken', async () => {
    const { client } = await startScim();
    const user = { id: 'u-2', userName: ANN.email, emails: [] };
    await expect(client.setFacts('updateUser', user, { email: JOANN.email })).rejects.toMatchObject({
      code: 'uniqueness',
    });
  });
});

describe('ensureUser, where the user that is there has somebody else’s number', () => {
  it('adopts nobody', async () => {
    const { server, client } = await startScim();
    Object.assign(server.state.users[1] ?? {}, { externalId: 'E-9' });
    await expect(client.ensureUser(ANN)).rejects.toMatchObject({
      name: 'IdentityConflictError',
      reason: 'other_external_id',
    });
    expect(server.writes()).toEqual([]);
  });
});

describe('a server that compares the case', () => {
  it('finds a user by the spelling that the app has, and by no other', async () => {
    const { client } = await startScim({}, undefined, true);
    expect(await client.listByUserName(ANN.email)).toMatchObject([{ id: 'u-2' }]);
    expect(await client.listByUserName(ANN.email.toUpperCase())).toEqual([]);
  });

  it('confirms whom it has created by the id, however it spells the address', async () => {
    const { client } = await startScim({}, undefined, true);
    const email = ZOE.email.toUpperCase();
    const created = await client.ensureUser({ ...ZOE, email });
    expect(created).toMatchObject({ status: 'changed', user: { userName: email.toLowerCase() } });
  });
});
