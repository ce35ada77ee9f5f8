import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import SCIMMY from 'scimmy';
import SCIMMYRouters from 'scimmy-routers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { vendorHttp } from '../../functions/vendor/http.ts';
import { readScimRejection, scimClient } from '../../functions/vendor/scim.ts';
import type { Surface } from '../../functions/vendor/surface.ts';
import { ANN, PETRA, TOMAS, ZOE } from '../../local/vendors/company.ts';
import { staticCredential, UNLIMITED } from '../contract-subject.ts';
import { useSockets } from '../without-sockets.ts';

useSockets();

// The SCIM client against a server that nobody here wrote: scimmy-routers 1.3.2 over scimmy 1.3.5 and Express 5.3.0.
// Where they leave the RFCs, the test says so, and the client goes by the RFCs.

const TOKEN = randomUUID();

type StoredUser = { id: string; userName: string; active: boolean } & Partial<
  Pick<SCIMMY.Schemas.User, 'externalId' | 'displayName' | 'name' | 'emails'>
>;
type StoredGroup = { id: string; displayName: string; members: { value: string }[] };

const users = new Map<string, StoredUser>();
const groups = new Map<string, StoredGroup>();
const requests: string[] = [];

const surface: Surface = {
  vendor: 'pipedrive',
  surface: 'scim',
  baseUrlVariable: 'UNUSED',
  defaultBaseUrl: 'https://api.pipedrive.com/scim/v2',
  contentType: 'application/scim+json',
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  limit: 'unknown',
  readFailure: readScimRejection,
};

const server = createServer(directory());
let baseUrl = '';

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  baseUrl = `http://127.0.0.1:${address.port}/scim/v2`;
});
beforeEach(() => {
  users.clear();
  groups.clear();
  requests.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Users and groups in memory behind scimmy's routes. */
function directory() {
  SCIMMY.Resources.declare(SCIMMY.Resources.User)
    .egress(({ id, filter }) => read(users, id, filter))
    .degress(({ id }) => remove(users, id))
    .ingress(({ id: givenId }, { userName, active = true, externalId, displayName, name, emails }) => {
      const id = givenId ?? randomUUID();
      const isTaken = [...users.values()].some(
        (other) => other.id !== id && other.userName.toLowerCase() === userName.toLowerCase(),
      );
      if (isTaken) throw new SCIMMY.Types.Error(409, 'uniqueness', 'userName is taken');
      const user = {
        ...{ id, userName, active },
        ...(externalId === undefined ? {} : { externalId }),
        ...(displayName === undefined ? {} : { displayName }),
        ...(name === undefined ? {} : { name: { ...name } }),
        ...(emails === undefined ? {} : { emails: emails.map((one) => ({ ...one })) }),
      };
      users.set(id, user);
      return user;
    });
  SCIMMY.Resources.declare(SCIMMY.Resources.Group)
    .egress(({ id, filter }) => read(groups, id, filter))
    .degress(({ id }) => remove(groups, id))
    .ingress(({ id: givenId }, { displayName, members = [] }) => {
      const id = givenId ?? randomUUID();
      const group = { id, displayName, members: members.map(({ value }) => ({ value: String(value) })) };
      groups.set(id, group);
      return group;
    });
  const app = express();
  // The routes turn startIndex and count into numbers where Express 5 forgets it again, and then do not page at all;
  // so they are numbers from the start.
  app.set('query parser', (text: string) =>
    Object.fromEntries(
      [...new URLSearchParams(text)].map(([name, value]) => [
        name,
        ['startIndex', 'count'].includes(name) ? Number(value) : value,
      ]),
    ),
  );
  app.use((request, _response, next) => {
    requests.push(`${request.method} ${request.path}`);
    next();
  });
  const checkToken = (request: express.Request) => {
    if (request.header('authorization') !== `Bearer ${TOKEN}`) throw new Error('The token is not valid.');
    return 'tenure';
  };
  app.use('/scim/v2', new SCIMMYRouters({ type: 'bearer', handler: checkToken }));
  return app;
}

function read<T extends object>(
  stored: ReadonlyMap<string, T>,
  id: string | undefined,
  filter: SCIMMY.Types.Filter | undefined,
) {
  const all = [...stored.values()];
  if (id === undefined) return filter === undefined ? all : filter.match(all);
  const found = stored.get(id);
  if (found === undefined) throw new SCIMMY.Types.Error(404, '', 'There is none of this id.');
  return found;
}

function remove(stored: Map<string, object>, id: string | undefined): void {
  if (!stored.delete(id ?? '')) throw new SCIMMY.Types.Error(404, '', 'There is none of this id.');
}

function addUser(userName: string, active = true): StoredUser {
  const user = { id: randomUUID(), userName, active };
  users.set(user.id, user);
  return user;
}

function addGroup(displayName: string): StoredGroup {
  const group = { id: randomUUID(), displayName, members: [] };
  groups.set(group.id, group);
  return group;
}

const client = ({
  token = TOKEN,
  pageSize = 100,
  fetch: ownFetch = fetch,
}: {
  token?: string;
  pageSize?: number;
  fetch?: typeof fetch;
} = {}) => {
  const credential = staticCredential(token);
  const http = vendorHttp(surface, {
    ...{ baseUrl, credential, limiter: UNLIMITED },
    fetch: ownFetch,
    sleep: async () => {},
  });
  return scimClient(surface, http, { sleep: async () => {}, pageSize });
};
const writes = () => requests.filter((line) => !line.startsWith('GET'));

describe('a user on an independent server', () => {
  it('is created once', async () => {
    const { status, user } = await client().ensureUser(ZOE);
    expect({ status, ...user }).toEqual({
      status: 'changed',
      id: expect.any(String),
      userName: ZOE.email,
      active: true,
      externalId: ZOE.employeeId,
      name: `${ZOE.firstName} ${ZOE.lastName}`,
      emails: [{ value: ZOE.email, type: 'work', primary: true }],
    });
    expect(await client().ensureUser(ZOE)).toEqual({ status: 'already_done', user });
    expect([...users.keys()]).toEqual([user.id]);
    expect(writes()).toHaveLength(1);
  });

  it('is adopted after a 409, when somebody else has created it in the meantime', async () => {
    const overtaken: typeof fetch = (url, init) => {
      if (init?.method === 'POST') addUser(ZOE.email);
      return fetch(url, init);
    };
    const { status, user } = await client({ fetch: overtaken }).ensureUser(ZOE);
    expect({ status, users: [...users.keys()] }).toEqual({ status: 'already_done', users: [user.id] });
    expect(writes()).toEqual(['POST /scim/v2/Users']);
  });

  it('is found by exactly the address, with signs that mean something in a URL or a filter', async () => {
    const odd = ['a+b@x.example', 'a%2Bb@x.example', "o'neil&c=d#e?f@x.example", '[a] or (b)@x.example'];
    for (const userName of odd) addUser(userName);
    for (const userName of odd) expect(await client().findUser(userName)).toMatchObject({ userName });
    expect(await client().findUser('b@x.example')).toBeNull();
  });

  it('is deactivated and reactivated by PATCH, and each is read back', async () => {
    const ann = addUser(ANN.email);
    addUser(TOMAS.email);
    expect(await client().ensureActive(ann.id, false)).toBe('changed');
    expect(await client().getUser(ann.id)).toMatchObject({ ...ann, active: false });
    expect(await client().findUser(ANN.email)).toMatchObject({ active: false });
    expect(await client().ensureActive(ann.id, false)).toBe('already_done');
    expect(writes()).toEqual([`PATCH /scim/v2/Users/${ann.id}`]);
    expect(await client().ensureActive(ann.id, true)).toBe('changed');
    expect([...users.values()].map(({ active }) => active)).toEqual([true, true]);
  });

  it('may be set to what it is: the server answers 204 and nothing', async () => {
    const petra = addUser(PETRA.email, false);
    await client().setActive('deactivateUser', petra.id, false);
    expect(users.get(petra.id)).toEqual(petra);
  });

  it('takes a new name and address, and keeps what else it has', async () => {
    const { user } = await client().ensureUser(ANN);
    const home = { value: 'ann@home.example', type: 'home' };
    Object.assign(users.get(user.id) ?? {}, { emails: [...user.emails, home] });
    const shown = await client().getUser(user.id);
    const name = { firstName: 'Ann', lastName: 'Novák' };
    const email = 'ann.novak@northlight.example';
    await client().setFacts('updateUser', shown ?? user, { name, email });
    expect(await client().getUser(user.id)).toEqual({
      ...{ id: user.id, userName: email, active: true, externalId: ANN.employeeId, name: 'Ann Novák' },
      emails: [{ value: email, type: 'work', primary: true }, home],
    });
    expect(users.get(user.id)).toMatchObject({
      displayName: 'Ann Novák',
      name: { givenName: 'Ann', familyName: 'Novák' },
    });
  });

  it('is gone after a DELETE', async () => {
    const ann = addUser(ANN.email);
    const { status } = await fetch(`${baseUrl}/Users/${ann.id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(status).toBe(204);
    expect(await client().getUser(ann.id)).toBeNull();
    expect(await client().findUser(ANN.email)).toBeNull();
    await expect(client().ensureActive(ann.id, false)).rejects.toMatchObject({ name: 'VendorRejectedError' });
    await expect(client().setActive('deactivateUser', ann.id, false)).rejects.toMatchObject({
      name: 'VendorRejectedError',
    });
  });

  it('is on whatever page', async () => {
    const all = Array.from({ length: 45 }, (_, index) => addUser(`person.${index}@x.example`));
    const walked: string[] = [];
    for (let next: number | null = 1; next !== null; ) {
      const page = await client({ pageSize: 20 }).listUsers('listAccounts', next);
      expect(page.total).toBe(45);
      walked.push(...page.items.map(({ id }) => id));
      next = page.next;
    }
    expect(walked).toEqual(all.map(({ id }) => id));
    expect(requests).toHaveLength(3);
  });

  it('makes two of the same address ambiguous, also one on each page', async () => {
    addUser(ANN.email);
    addUser(ANN.email);
    for (const pageSize of [1, 100]) {
      await expect(client({ pageSize }).findUser(ANN.email)).rejects.toMatchObject({
        name: 'AmbiguousUserError',
      });
    }
  });

  // A filter's value is a JSON string (RFC 7644, section 3.4.2.2), and scimmy ends it at an escaped quote and takes an
  // escape for itself. userName is compared without regard to case (RFC 7643, section 4.1), and scimmy compares with it.
  // What a server does not find and yet refuses to create becomes an error: guessing could take the wrong person.
  it.each([
    { deviation: 'a quote', there: 'a"b@x.example', wanted: 'a"b@x.example', code: 'invalidFilter' },
    { deviation: 'a backslash', there: 'a\\b@x.example', wanted: 'a\\b@x.example', code: 'uniqueness' },
    { deviation: 'another case', there: 'a@x.example', wanted: 'A@x.example', code: 'uniqueness' },
  ])('with $deviation, which the server does not find, is an error', async ({ there, wanted, code }) => {
    addUser('b@x.example');
    addUser(there);
    await expect(client().ensureUser({ ...ANN, email: wanted })).rejects.toMatchObject({
      name: 'VendorRejectedError',
      code,
    });
    expect(users.size).toBe(2);
  });
});

describe('a group on an independent server', () => {
  it('is on whatever page', async () => {
    const names = Array.from({ length: 45 }, (_, index) => addGroup(`Role ${index}`).displayName);
    const listed = await client({ pageSize: 20 }).listGroups('assignRole');
    expect(listed.map(({ displayName }) => displayName)).toEqual(names);
    expect(requests).toHaveLength(3);
  });

  it('takes a member beside those it has', async () => {
    const [ann, tomas] = [addUser(ANN.email), addUser(TOMAS.email)];
    const { id } = addGroup('Account Executive');
    await client().addMember('assignRole', id, ann.id);
    await client().addMember('assignRole', id, tomas.id);
    expect(groups.get(id)?.members).toEqual([{ value: ann.id }, { value: tomas.id }]);
    expect(await client().listGroups('assignRole')).toEqual([{ id, displayName: 'Account Executive' }]);
  });

  it('that is not there takes nobody', async () => {
    await expect(client().addMember('assignRole', randomUUID(), randomUUID())).rejects.toMatchObject({
      name: 'VendorRejectedError',
      call: { status: 404 },
    });
    expect(groups.size).toBe(0);
  });
});

it('refuses a token that is not its own', async () => {
  await expect(client({ token: randomUUID() }).findUser(ANN.email)).rejects.toMatchObject({
    name: 'VendorAuthError',
  });
});
