import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { PipedriveAccount } from '../../functions/pipedrive/client.ts';
import { pipedriveRest } from '../../functions/pipedrive/surfaces.ts';
import { type Limiter, sharedLimiter } from '../../functions/rate-limit/limiter.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { withPriorityOf } from '../../functions/shared/priority.ts';
import { shutAccounts } from '../../functions/vendor/shut-accounts.ts';
import { ANN, JOANN, MARA, OLOF, PETRA, type Person, TOMAS, ZOE } from '../../local/vendors/company.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import type { PipedriveState } from '../../local/vendors/pipedrive-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';
import { byAddress } from '../new-owner.ts';
import { memoryRateTable } from '../rate-limit/memory-rate-table.ts';
import { wholePipedrive } from './whole-client.ts';

const ROLE = 'Account Executive';
const NOBODY = 'nobody@northlight.example';

let server: VendorServer<PipedriveState>;
// The server's clock and the client's; only a wait moves it.
let clock = Date.parse('2026-11-20T09:00:00Z');
let waits: number[] = [];
let limiter: Limiter;

const client = ({
  fetch: ownFetch = fetch,
  pageSize = 100,
}: {
  fetch?: typeof fetch;
  pageSize?: number;
} = {}) => {
  const options = optionsFor(server, { pageSize });
  return wholePipedrive({
    ...options,
    rest: { ...options.rest, now: () => clock, fetch: ownFetch, limiter },
    sleep: async (ms) => {
      waits.push(ms);
      clock += ms;
    },
  });
};

/** The real limiter as a leaver's step has it, with a counter of its own. */
function startLimiter(): Limiter {
  const { admit, learn } = sharedLimiter({
    key: 'RATE#pipedrive#rest',
    limit: pipedriveRest('guide').limit,
    table: memoryRateTable(),
    now: () => clock,
    sleep: async (ms) => {
      clock += ms;
    },
  });
  return { learn, admit: (...call) => withPriorityOf({ workflow: 'offboarding' }, () => admit(...call)) };
}

const userOf = ({ email }: Person) => {
  const user = server.state.users.find((candidate) => sameEmail(candidate.email, email));
  if (user === undefined) throw new Error(`${email} is not seeded.`);
  return user;
};
/** The id as the steps pass it on. */
const idOf = (person: Person) => String(userOf(person).id);
const rolesOf = (person: Person) =>
  server.state.roleAssignments
    .filter(({ user_id }) => user_id === userOf(person).id)
    .map(({ role_id }) => role_id);
const openDealsOf = (person: Person) =>
  server.state.deals.filter(({ user_id, status }) => user_id === userOf(person).id && status === 'open');
const Found = z.object({ account: PipedriveAccount, others: z.array(PipedriveAccount) });
/** HR tells neither name nor address. */
const UNTOLD = { name: null, email: null };
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );
const answerOnce = (path: RegExp, data: unknown) =>
  server.inject({
    path,
    method: 'GET',
    status: 200,
    body: JSON.stringify({ success: true, data }),
    times: 1,
  });

beforeAll(async () => {
  server = await startPipedrive(() => clock);
});
beforeEach(() => {
  server.reset();
  limiter = startLimiter();
  waits = [];
});
afterAll(() => server.close());

describe('findUser', () => {
  const find = (vendorUserId: string | null, ...addresses: string[]) =>
    client().findUser({ vendorUserId, addresses });
  const idsFound = async (vendorUserId: string | null, ...addresses: string[]) =>
    (await find(vendorUserId, ...addresses)).map(({ account }) => account.vendorUserId);

  it('shows what decides whose an account is', async () => {
    expect(await find(null, ANN.email)).toEqual([
      {
        account: { vendorUserId: idOf(ANN) },
        address: ANN.email,
        externalId: null,
        name: 'Ann Lee',
        isOpen: true,
      },
    ]);
    expect(await find(null, PETRA.email)).toMatchObject([{ isOpen: false }]);
  });

  it('takes nobody whose address merely contains the one looked for', async () => {
    userOf(ANN).email = 'ann.lee-moved@northlight.example';
    expect(userOf(JOANN).email).toContain(ANN.email);
    expect(await find(null, ANN.email)).toEqual([]);
  });

  it('takes the person with exactly the address, not the first hit', async () => {
    userOf(JOANN).id = 0;
    server.state.users.sort((a, b) => a.id - b.id);
    expect(await idsFound(null, ANN.email)).toEqual([idOf(ANN)]);
  });

  it('finds all who have the address, and the find step refuses to guess between them', async () => {
    userOf(JOANN).email = ANN.email.toUpperCase();
    expect(await idsFound(null, ANN.email)).toEqual(['3', '4']);
    const error = await failure(foundOne('pipedrive', client().findUser, ANN.email));
    expect(error.name).toBe('AmbiguousUserError');
    expect(error.message).toContain('3, 4');
  });

  it('finds the recorded user, whatever the address is by now, and goes on to the addresses', async () => {
    userOf(ANN).email = NOBODY;
    expect(await idsFound('3', ANN.email, JOANN.email)).toEqual(['3', idOf(JOANN)]);
    expect(server.journal.map(({ path }) => path)).toEqual([
      '/users/3',
      '/users/find',
      '/users/find',
      `/users/${idOf(JOANN)}`,
    ]);
  });

  it('finds who has an earlier address, and nobody twice', async () => {
    expect(await idsFound(null, NOBODY, ANN.email, ANN.email.toUpperCase())).toEqual([idOf(ANN)]);
  });

  it.each([' ', '\u00a0', '\t', '\u200b'])(
    'does not mind %j around the address in Pipedrive',
    async (blank) => {
      userOf(ANN).email = `${blank}${ANN.email}${blank}`;
      expect(await idsFound(null, ANN.email)).toEqual(['3']);
    },
  );

  it.each(['987654', 'me', ''])(
    'goes by the address when the recorded id %j leads nowhere',
    async (recorded) => {
      expect(await idsFound(recorded, ANN.email)).toEqual([idOf(ANN)]);
    },
  );

  it('finds the person on a later page', async () => {
    userOf(JOANN).id = 0;
    server.state.users.sort((a, b) => a.id - b.id);
    const found = await client({ pageSize: 1 }).findUser({ vendorUserId: null, addresses: [ANN.email] });
    expect(found).toMatchObject([{ account: { vendorUserId: idOf(ANN) } }]);
  });

  it('survives a list without pagination and a hit without an address', async () => {
    answerOnce(/find/, [{ id: 70 }, { id: 71, email: null }, { id: Number(idOf(ANN)), email: ANN.email }]);
    expect(await idsFound(null, ANN.email)).toEqual([idOf(ANN)]);
  });

  it('takes nobody for gone whom the search shows', async () => {
    answerOnce(/find/, [{ id: 987654, email: ANN.email }]);
    await expect(find(null, ANN.email)).rejects.toMatchObject({ call: { status: 404 } });
  });

  it('reads a list that is null as empty', async () => {
    answerOnce(/find/, null);
    expect(await find(null, ANN.email)).toEqual([]);
  });

  it('takes empty texts for none', async () => {
    answerOnce(/users\/3$/, { id: 3, name: '', email: '', active_flag: true });
    expect(await find('3')).toMatchObject([{ name: null, address: null }]);
  });
});

describe('the token', () => {
  it('travels in the x-api-token header and never in a URL', async () => {
    const seen: { url: string; token: string | null }[] = [];
    const spying: typeof fetch = (url, init) => {
      seen.push({ url: String(url), token: new Headers(init?.headers).get('x-api-token') });
      return fetch(url, init);
    };
    await client({ fetch: spying }).reassignContacts(idOf(ANN), byAddress(MARA.email));
    expect(seen.length).toBeGreaterThan(5);
    for (const { url, token } of seen) {
      expect(token).toBe(server.tokens.rest);
      expect(url).not.toContain(server.tokens.rest);
    }
  });
});

describe('createUser', () => {
  it('creates the user with one invitation and without a role', async () => {
    expect(await client().createUser(ZOE)).toEqual({
      status: 'changed',
      account: { vendorUserId: idOf(ZOE) },
      changes: [{ what: 'user created', login: 'opened' }],
    });
    expect(userOf(ZOE)).toMatchObject({ name: `${ZOE.firstName} ${ZOE.lastName}`, active_flag: true });
    expect(server.state.invitations).toEqual([ZOE.email]);
    expect(rolesOf(ZOE)).toEqual([]);
  });

  it('adopts the user who is there, even under another case', async () => {
    expect(await client().createUser({ ...ANN, email: ANN.email.toUpperCase() })).toEqual({
      status: 'already_done',
      account: { vendorUserId: idOf(ANN) },
    });
    expect(server.writes()).toEqual([]);
  });

  it('never invites twice when the answer was lost', async () => {
    server.inject({ method: 'POST', path: /^\/users$/, drop: 'after', times: 1 });
    expect(await client().createUser(ZOE)).toMatchObject({ account: { vendorUserId: idOf(ZOE) } });
    expect(server.state.invitations).toEqual([ZOE.email]);
    expect(server.writes()).toHaveLength(1);
  });
});

describe('deactivateUser and reactivateUser', () => {
  it('deactivates, and says what changed; reassigns nothing', async () => {
    expect(await client().deactivateUser(idOf(ANN))).toEqual({
      status: 'changed',
      changes: [{ what: 'user deactivated', login: 'shut' }],
    });
    expect(userOf(ANN).active_flag).toBe(false);
    expect(server.writes()).toMatchObject([{ method: 'PUT', body: { active_flag: false } }]);
    expect(openDealsOf(ANN)).toHaveLength(104);
  });

  it('reactivates, and the second time changes nothing', async () => {
    expect(await client().reactivateUser(idOf(PETRA), UNTOLD)).toEqual({
      status: 'changed',
      changes: [{ what: 'user reactivated', login: 'opened' }],
      followUps: [],
    });
    expect(userOf(PETRA).active_flag).toBe(true);
    expect(await client().reactivateUser(idOf(PETRA), UNTOLD)).toMatchObject({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('tells what to do when Pipedrive keeps its last admin', async () => {
    const error = await failure(client().deactivateUser(idOf(OLOF)));
    expect(error.name).toBe('VendorRejectedError');
    expect(error.message).toContain('Make somebody else an admin');
    expect(userOf(OLOF).active_flag).toBe(true);
  });

  it('deactivates an admin who is not the last', async () => {
    userOf(MARA).is_admin = 1;
    expect(await client().deactivateUser(idOf(OLOF))).toMatchObject({ status: 'changed' });
  });

  it('shuts a second open account of the leaver too', async () => {
    const twin = { ...userOf(ANN), id: 7001 };
    server.state.users.push(twin);
    userOf(ANN).active_flag = false;
    const found = await foundOne('pipedrive', client().findUser, ANN.email, '3');
    const { account, others } = z.parse(Found, found);
    expect(others).toEqual([{ vendorUserId: '7001' }]);
    const shut = ({ vendorUserId }: { vendorUserId: string }) => client().deactivateUser(vendorUserId);
    expect(await shutAccounts({ account, others }, shut)).toMatchObject({
      status: 'changed',
      changes: [{ what: 'user deactivated (second account 7001)' }],
    });
    expect(twin.active_flag).toBe(false);
  });

  it('gives no advice about admins where the user is none', async () => {
    server.inject({ method: 'PUT', status: 400, body: '{"success":false}' });
    expect((await failure(client().deactivateUser(idOf(ANN)))).message).not.toContain('admin');
  });
});

describe('updateUser', () => {
  const MOVED = { name: 'Ann Novák', email: 'ann.novak@northlight.example' };
  const update = (told: Parameters<ReturnType<typeof client>['updateUser']>[1]) =>
    client().updateUser('3', told);
  const ann = () => server.state.users.find(({ id }) => id === 3);

  it('changes name and address in one write, reads back, and the second time changes nothing', async () => {
    expect(await update(MOVED)).toEqual({
      status: 'changed',
      changes: [{ what: 'name and address changed' }],
    });
    expect(ann()).toMatchObject({ ...MOVED, active_flag: true });
    expect(server.writes()).toMatchObject([{ method: 'PUT', body: MOVED }]);
    expect(await update(MOVED)).toEqual({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it.each([
    [{ name: MOVED.name, email: null }, { name: MOVED.name }, 'name changed'],
    [{ name: null, email: MOVED.email }, { email: MOVED.email }, 'address changed'],
    [{ name: 'Ann Lee', email: MOVED.email }, { email: MOVED.email }, 'address changed'],
  ])('writes what is told and differs, and nothing else: %o', async (told, body, what) => {
    expect(await update(told)).toMatchObject({ changes: [{ what }] });
    expect(server.writes().map((write) => write.body)).toEqual([body]);
  });

  it.each([UNTOLD, { name: ' Ann  Lee\u00a0', email: ANN.email.toUpperCase() }])(
    'writes nothing for what reads the same: %o',
    async (told) => {
      expect(await update(told)).toEqual({ status: 'already_done' });
      expect(server.writes()).toEqual([]);
    },
  );

  it('does not bring back who is deactivated', async () => {
    await client().updateUser(idOf(PETRA), { name: 'Petra Novotná', email: null });
    expect(userOf(PETRA)).toMatchObject({ name: 'Petra Novotná', active_flag: false });
  });

  it('stops at an address that somebody else has', async () => {
    expect((await failure(update({ name: null, email: JOANN.email }))).name).toBe('VendorRejectedError');
    expect(ann()?.email).toBe(ANN.email);
  });

  it('believes a write only when reading back shows it', async () => {
    server.inject({ method: 'PUT', forgets: true });
    expect((await failure(update(MOVED))).name).toBe('VendorUnconfirmedError');
  });

  it('counts a write as made when only the answer was lost', async () => {
    server.inject({ method: 'PUT', drop: 'after', times: 1 });
    expect(await update(MOVED)).toMatchObject({ status: 'changed' });
    expect(server.writes()).toHaveLength(1);
  });

  it('is a part of a hire of somebody who is there, and comes after the login', async () => {
    const told = { name: 'Petra Novotná', email: 'petra.novotna@northlight.example' };
    const id = idOf(PETRA);
    expect(await client().reactivateUser(id, told)).toEqual({
      status: 'changed',
      changes: [{ what: 'user reactivated', login: 'opened' }, { what: 'name and address changed' }],
      followUps: [],
    });
    expect(server.writes().map(({ body }) => body)).toEqual([
      { active_flag: true },
      { name: told.name, email: told.email },
    ]);
  });
});

describe('refusals', () => {
  const deactivate = () => failure(client().deactivateUser(idOf(ANN)));

  it.each(['GET', 'PUT'])('is not fooled by success:false with HTTP 200 on a %s', async (method) => {
    server.inject({ method, status: 200, body: '{"success":false,"error":"no"}' });
    expect(await deactivate()).toMatchObject({ name: 'VendorRejectedError', call: { status: 200 } });
    expect(userOf(ANN).active_flag).toBe(true);
  });

  // The server's own rate headers replace those of an injected fault, so these answers come from a fetch.
  const refusing =
    (method: string, dailyLeft: string): typeof fetch =>
    async (url, init) =>
      init?.method === method
        ? new Response('{"success":false}', {
            status: 429,
            headers: { 'x-daily-requests-left': dailyLeft, 'x-ratelimit-reset': '2' },
          })
        : fetch(url, init);

  it('fails at once when the daily budget is used up', async () => {
    const error = await failure(client({ fetch: refusing('GET', '0') }).deactivateUser(idOf(ANN)));
    expect(error.name).toBe('VendorDailyLimitError');
    expect(waits).toEqual([]);
  });

  it('does not wait for a daily budget that runs out in the middle of a list', async () => {
    const error = await failure(
      client({ fetch: refusing('PATCH', '0') }).reassignContacts(idOf(ANN), byAddress(MARA.email)),
    );
    expect(error.name).toBe('VendorDailyLimitError');
    expect(error.message).toContain('0 of 6 contacts');
    expect(waits).toEqual([]);
  });

  it('takes a 429 with budget left for a rate limit, and waits for it', async () => {
    expect(await failure(client({ fetch: refusing('GET', '7') }).deactivateUser(idOf(ANN)))).toMatchObject({
      name: 'VendorRateLimitedError',
      retryAfterMs: 2000,
    });
    expect(waits[0]).toBe(2000);
  });

  it('takes the HTML 403 of the edge for a rate limit, not for a missing permission', async () => {
    const knock = () =>
      fetch(`${server.baseUrls.rest}/users/me`, { headers: { 'x-api-token': server.tokens.rest } });
    const statuses: number[] = [];
    for (let count = 0; count < 101; count += 1) statuses.push((await knock()).status);
    expect(statuses.at(-1)).toBe(403);
    expect(await client().deactivateUser(idOf(ANN))).toMatchObject({ status: 'changed' });
    expect(waits).not.toEqual([]);
  });

  it('takes a 403 without a body for a token without the right, too', async () => {
    server.inject({ method: 'PUT', status: 403, body: '' });
    expect((await deactivate()).name).toBe('VendorAuthError');
  });

  it('takes a JSON 403 for a token without the right', async () => {
    server.state.tokenIsAdmin = false;
    const error = await deactivate();
    expect(error.name).toBe('VendorAuthError');
    expect(error.message).toContain('tenure/test/rest');
    expect(userOf(ANN).active_flag).toBe(true);
  });
});

describe('assignRole', () => {
  const assign = (role: string | null) => client().assignRole(idOf(ANN), role);

  it('gives the role with exactly this name, wherever it stands in the list', async () => {
    server.state.roles.reverse();
    expect(await assign(ROLE)).toEqual({ status: 'changed', changes: [{ what: `role ${ROLE} assigned` }] });
    expect(rolesOf(ANN)).toEqual([1]);
    expect(await assign(ROLE)).toEqual({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('tells the role of one region from the one it begins like', async () => {
    await assign(`${ROLE} (EMEA)`);
    expect(rolesOf(ANN)).toEqual([2]);
  });

  it('finds a role on a later page', async () => {
    await client({ pageSize: 1 }).assignRole(idOf(ANN), 'Sales Manager');
    expect(rolesOf(ANN)).toEqual([3]);
  });

  it.each(['Account', 'account executive', 'Account Executive '])('knows no role %j', async (role) => {
    const error = await failure(assign(role));
    expect(error.name).toBe('InvalidInputError');
    expect(error.message).toContain(`0 roles named exactly "${role}"`);
    expect(server.writes()).toEqual([]);
  });

  it('is asked for a role that exists before anybody is created, and names the roles that there are', async () => {
    server.state.roles = [
      { id: 1, name: ROLE },
      { id: 2, name: 'Sales Manager' },
    ];
    await client().checkRole(ROLE);
    expect((await failure(client().checkRole('Wizard'))).message).toBe(
      `Pipedrive has 0 roles named exactly "Wizard". Its roles are: "${ROLE}", "Sales Manager". Correct the role in the event, or the roles in Pipedrive.`,
    );
    expect((await failure(client().checkRole('Sales Managr'))).message).toContain(
      '0 roles named exactly "Sales Managr"; did you mean Sales Manager? Its roles are: ',
    );
    server.state.roles = Array.from({ length: 60 }, (_, id) => ({ id, name: `Role ${id}` }));
    expect((await failure(client().checkRole('Wizard'))).message).toContain('"Role 49" and 10 more.');
    server.state.roles = [];
    expect((await failure(client().checkRole('Wizard'))).message).toContain('Its roles are: none.');
  });

  it('refuses to choose between two roles of the same name', async () => {
    server.state.roles.push({ id: 9, name: ROLE });
    expect((await failure(assign(ROLE))).name).toBe('InvalidInputError');
    expect(server.writes()).toEqual([]);
  });

  it('does not count an assignment that is switched off', async () => {
    server.state.roleAssignments.push({ id: 5, role_id: 1, user_id: userOf(ANN).id, active_flag: false });
    expect(await assign(ROLE)).toMatchObject({ status: 'changed' });
  });

  it('believes an assignment only when reading back shows it', async () => {
    server.inject({ method: 'POST', forgets: true });
    expect((await failure(assign(ROLE))).name).toBe('VendorUnconfirmedError');
  });

  it('leaves a follow-up when the event names no role', async () => {
    expect(await assign(null)).toEqual({
      status: 'not_needed',
      followUps: [`Give Pipedrive user ${idOf(ANN)} a role; the event names none.`],
    });
    expect(server.writes()).toEqual([]);
  });

  it('leaves none when the event names no role and the user has one', async () => {
    expect(await client().assignRole(idOf(MARA), null)).toEqual({ status: 'not_needed', followUps: [] });
    for (const assignment of server.state.roleAssignments) assignment.active_flag = false;
    const { followUps } = await client().assignRole(idOf(MARA), null);
    expect(followUps).toHaveLength(1);
  });
});

describe('what a user may do', () => {
  const read = (vendorUserId: string) => client().readGrants(vendorUserId);

  it('is the roles in force and the permissions that are granted', async () => {
    server.state.roleAssignments.push({ id: 5, role_id: 1, user_id: userOf(MARA).id, active_flag: false });
    expect(await read(idOf(MARA))).toEqual({ roleIds: [3], permissions: [] });
    expect(await read(idOf(OLOF))).toEqual({ roleIds: [], permissions: ['can_add_products'] });
    expect((await client().listRoleNames()).get(3)).toBe('Sales Manager');
  });

  it('is nothing for a user who is gone', async () => {
    expect(await read('999999')).toEqual({ roleIds: [], permissions: [] });
  });
});

it('takes an empty last login for none', async () => {
  Object.assign(userOf(ANN), { last_login: '' });
  const { accounts } = await client().listAccounts(null);
  expect(accounts.find(({ id }) => id === idOf(ANN))?.invitedAt).toBe(userOf(ANN).created);
});

it('lists as invited who has never logged in, and says nothing where Pipedrive does not', async () => {
  const { created } = Object.assign(userOf(ANN), { last_login: null });
  Object.assign(userOf(PETRA), { last_login: null });
  Object.assign(userOf(MARA), { last_login: undefined });
  const { accounts } = await client().listAccounts(null);
  const invited = accounts.filter(({ invitedAt }) => invitedAt !== undefined);
  // Not Petra: whoever is deactivated need not accept anything.
  expect(invited).toMatchObject([{ id: idOf(ANN), invitedAt: created, isOpen: true }]);
});

it('reads the roles again for a page in the middle of a walk when that failed before', async () => {
  const { listAccounts } = client();
  const middle = { collection: 'users', position: '1' };
  const user_id = server.state.users[1]?.id ?? 0;
  server.state.roleAssignments.push({ id: 5, role_id: 3, user_id, active_flag: true });
  server.inject({ path: /\/roles$/, method: 'GET', status: 500, times: 1 });
  expect((await failure(listAccounts(middle))).name).toBe('VendorUnavailableError');
  const { accounts } = await listAccounts(middle);
  expect(accounts[0]?.role).toBe('Sales Manager');
});

describe('reassigning records', () => {
  const kinds = [
    { method: 'reassignDeals', path: '/deals', what: 'open deals', count: 104 },
    { method: 'reassignActivities', path: '/activities', what: 'open activities', count: 4 },
    { method: 'reassignContacts', path: '/persons', what: 'contacts', count: 6 },
  ] as const;
  const allMoved = (what: string, count: number) => ({
    what: `${what} reassigned`,
    ...{ initial: count, moved: count, gone: 0, refused: 0, remaining: 0 },
    newOwner: idOf(MARA),
  });
  const recordsIn = (state: PipedriveState) => [...state.deals, ...state.activities, ...state.persons];

  it.each(kinds)(
    '$method moves exactly what is $what of the leaver',
    async ({ method, path, what, count }) => {
      const before = structuredClone(recordsIn(server.state));
      expect(await client({ pageSize: 10 })[method](idOf(ANN), byAddress(MARA.email))).toEqual({
        status: 'changed',
        changes: [allMoved(what, count)],
      });
      const after = recordsIn(server.state);
      const changed = after.filter(({ user_id }, index) => user_id !== before[index]?.user_id);
      expect(changed).toHaveLength(count);
      const written = server.writes().filter(({ status }) => status === 200);
      expect(written.map((write) => write.path).sort()).toEqual(
        changed.map(({ id }) => `${path}/${id}`).sort(),
      );
      for (const { user_id } of changed) expect(user_id).toBe(userOf(MARA).id);
    },
  );

  it.each(kinds)('$method has nothing to do the second time', async ({ method }) => {
    await client()[method](idOf(ANN), byAddress(MARA.email));
    const writes = server.writes().length;
    expect(await client()[method](idOf(ANN), byAddress(MARA.email))).toEqual({ status: 'already_done' });
    expect(server.writes()).toHaveLength(writes);
  });

  it('leaves won deals, past activities and the records of others alone', async () => {
    const others = () =>
      recordsIn(server.state).filter(
        (record) =>
          record.user_id !== userOf(MARA).id &&
          (record.user_id !== userOf(ANN).id ||
            'done' in record ||
            ('status' in record && record.status === 'won')),
      );
    await client().reassignActivities(idOf(ANN), byAddress(MARA.email));
    const before = structuredClone(others());
    await client().reassignDeals(idOf(ANN), byAddress(MARA.email));
    await client().reassignContacts(idOf(ANN), byAddress(MARA.email));
    expect(others()).toEqual(before);
    expect(before.filter(({ user_id }) => user_id === userOf(ANN).id)).toHaveLength(3 + 2);
  });

  it('has read every page before the first record changes its owner', async () => {
    await client({ pageSize: 10 }).reassignDeals(idOf(ANN), byAddress(MARA.email));
    const firstWrite = server.journal.findIndex(({ method }) => method === 'PATCH');
    const starts = server.journal
      .slice(0, firstWrite)
      .filter(({ path }) => path === '/deals')
      .map(({ query }) => Number(query.start));
    expect(starts).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect(openDealsOf(ANN)).toEqual([]);
  });

  it('moves a list that is longer than the limit without a single 429', async () => {
    const { changes } = await client().reassignDeals(idOf(ANN), byAddress(MARA.email));
    expect(changes).toEqual([allMoved('open deals', 104)]);
    expect(server.journal.filter(({ status }) => status === 429)).toEqual([]);
  });

  it('waits out a 429 in the middle, when somebody else uses the token, and goes on where it was', async () => {
    const headers = { 'x-ratelimit-reset': '7' };
    server.inject({ method: 'PATCH', path: /\/1060$/, status: 429, headers, times: 1 });
    const before = clock;
    const { changes } = await client().reassignDeals(idOf(ANN), byAddress(MARA.email));
    expect(changes).toEqual([allMoved('open deals', 104)]);
    expect(clock - before).toBeGreaterThanOrEqual(7000);
  });

  it('moves only what is left when it is run again', async () => {
    server.inject({ method: 'PATCH', path: /\/1(0[6-9]|1)\d+$/, status: 500 });
    const error = await failure(client().reassignDeals(idOf(ANN), byAddress(MARA.email)));
    expect(error.name).toBe('VendorUnavailableError');
    expect(error.message).toContain('60 of 104 open deals have been moved, the others have not.');
    expect(openDealsOf(ANN)).toHaveLength(44);

    server.heal();
    const { changes } = await client().reassignDeals(idOf(ANN), byAddress(MARA.email));
    expect(changes).toEqual([allMoved('open deals', 44)]);
  });

  it.each([
    { what: 'failed', fault: { status: 503 } as const, writes: 2 },
    { what: 'was applied, and its answer lost', fault: { drop: 'after' } as const, writes: 1 },
  ])('counts right when a write $what', async ({ fault, writes }) => {
    server.inject({ method: 'PATCH', path: /\/1060$/, ...fault, times: 1 });
    const { changes } = await client().reassignDeals(idOf(ANN), byAddress(MARA.email));
    expect(changes).toEqual([allMoved('open deals', 104)]);
    expect(server.writes().filter(({ path }) => path === '/deals/1060')).toHaveLength(writes);
  });

  it('is not stopped by a record that was deleted in the meantime', async () => {
    const { persons } = server.state;
    const vanishing: typeof fetch = (url, init) => {
      if (init?.method === 'PATCH') server.state.persons = persons.filter(({ id }) => id !== 3000);
      return fetch(url, init);
    };
    expect(
      await client({ fetch: vanishing }).reassignContacts(idOf(ANN), byAddress(MARA.email)),
    ).toMatchObject({
      status: 'changed',
      changes: [{ remaining: 0 }],
    });
  });

  it('does not believe answers that reading back does not confirm', async () => {
    server.inject({ method: 'PATCH', path: /\/3002$/, forgets: true });
    expect(await client().reassignContacts(idOf(ANN), byAddress(MARA.email))).toMatchObject({
      status: 'incomplete',
      changes: [{ initial: 6, moved: 5, refused: 0, remaining: 1 }],
      followUps: [expect.stringContaining('3002 (the write was accepted')],
    });
  });

  it('moves nobody else’s records when the server does not know the filter', async () => {
    const unfiltered: typeof fetch = (url, init) => {
      const plain = new URL(String(url));
      for (const name of ['user_id', 'status', 'done']) plain.searchParams.delete(name);
      return fetch(plain, init);
    };
    const stranger = client({ fetch: unfiltered });
    expect(await stranger.reassignActivities(idOf(ANN), byAddress(MARA.email))).toMatchObject({
      changes: [{ moved: 4 }],
    });
    expect(await stranger.reassignContacts(idOf(ANN), byAddress(MARA.email))).toMatchObject({
      changes: [{ moved: 6 }],
    });
    expect(await stranger.reassignDeals(idOf(ANN), byAddress(MARA.email))).toMatchObject({
      changes: [{ moved: 104 }],
    });
    expect(server.state.deals.filter(({ user_id }) => user_id === userOf(ANN).id)).toHaveLength(3);
  });

  it.each(['user_id', 'owner_id'])('understands an owner that %s describes as an object', async (field) => {
    const deal = (id: number, owner: Person) => ({
      id,
      status: 'open',
      [field]: { id: userOf(owner).id, name: 'X' },
    });
    answerOnce(/^\/deals$/, [deal(1000, ANN), deal(1300, TOMAS)]);
    answerOnce(/^\/deals$/, [deal(1000, MARA), deal(1300, TOMAS)]);
    expect(await client().reassignDeals(idOf(ANN), byAddress(MARA.email))).toMatchObject({
      status: 'changed',
      changes: [{ moved: 1, remaining: 0 }],
    });
    expect(server.writes().map(({ path }) => path)).toEqual(['/deals/1000']);
  });

  it('passes over a record that has no owner', async () => {
    answerOnce(/^\/deals$/, [{ id: 1000, status: 'open', user_id: null }]);
    expect(await client().reassignDeals(idOf(ANN), byAddress(MARA.email))).toEqual({
      status: 'already_done',
    });
  });

  it('refuses records that do not say who owns them', async () => {
    answerOnce(/^\/deals$/, [{ id: 1000, status: 'open' }]);
    expect((await failure(client().reassignDeals(idOf(ANN), byAddress(MARA.email)))).name).toBe(
      'VendorResponseError',
    );
    expect(server.writes()).toEqual([]);
  });
});

describe('the new owner', () => {
  const leaver = { email: ANN.email, vendorUserId: null };
  const unfit = [
    { who: 'unknown', email: NOBODY, says: 'has no user' },
    { who: 'deactivated', email: PETRA.email, says: 'is deactivated' },
    { who: 'the leaver', email: ANN.email.toUpperCase(), says: 'is the leaver' },
    { who: 'not named', email: null, says: 'Give reassignTo' },
  ];

  describe.each(unfit)('who is $who', ({ email, says }) => {
    it.each(['reassignDeals', 'reassignActivities', 'reassignContacts'] as const)(
      'is refused by %s before anything is written',
      async (method) => {
        const error = await failure(client()[method](idOf(ANN), byAddress(email)));
        expect(error.name).toBe('InvalidInputError');
        expect(error.message).toContain(says);
        expect(server.writes()).toEqual([]);
      },
    );

    it('is refused by checkNewOwner, without a personal address in the message', async () => {
      const error = await failure(client().checkNewOwner(leaver, byAddress(email)));
      expect(error.name).toBe('InvalidInputError');
      expect(error.message).toContain(says);
      expect(error.message).not.toContain('@');
      expect(server.writes()).toEqual([]);
    });

    it('does not matter for a leaver without an account or without records', async () => {
      expect(await client().checkNewOwner({ email: NOBODY, vendorUserId: null }, byAddress(email))).toEqual({
        status: 'not_needed',
      });
      expect(await client().reassignDeals(idOf(JOANN), byAddress(email))).toEqual({ status: 'already_done' });
    });
  });

  it('is found by checkNewOwner, also for a leaver known by id only', async () => {
    expect(await client().checkNewOwner(leaver, byAddress(MARA.email))).toEqual({ status: 'found' });
    const byId = { email: NOBODY, vendorUserId: idOf(ANN) };
    expect(await client().checkNewOwner(byId, byAddress(MARA.email))).toEqual({ status: 'found' });
    expect((await failure(client().checkNewOwner(byId, byAddress(ANN.email)))).message).toContain(
      'is the leaver',
    );
  });
});
