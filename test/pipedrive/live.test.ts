import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bothVersions } from '../../functions/pipedrive/live/base-urls.ts';
import { TOKENS } from '../../functions/pipedrive/live/costs.ts';
import { liveLimit } from '../../functions/pipedrive/live/limit.ts';
import { sharedLimiter } from '../../functions/rate-limit/limiter.ts';
import type { Limit } from '../../functions/rate-limit/slots.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { withPriorityOf } from '../../functions/shared/priority.ts';
import type { ListAccounts } from '../../functions/vendor/account-list.ts';
import { ANN, MARA, OLOF, type Person, ZOE } from '../../local/vendors/company.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import { costOf } from '../../local/vendors/pipedrive-live.ts';
import type { PipedriveState } from '../../local/vendors/pipedrive-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { inLiveDialect, optionsFor } from '../contract-subject.ts';
import { byAddress } from '../new-owner.ts';
import { memoryRateTable } from '../rate-limit/memory-rate-table.ts';
import { type Rewrite, rewriting } from '../rewritten-answers.ts';
import { wholePipedrive } from './whole-client.ts';

let server: VendorServer<PipedriveState>;
let now = Date.parse('2026-11-20T09:00:00Z');
const options = (overrides: { pageSize?: number } = {}) => optionsFor(inLiveDialect(server), overrides);
const client = (overrides: { pageSize?: number } = {}) => wholePipedrive(options(overrides));
const rewritten = (rewrite: Rewrite, parts = {}) =>
  wholePipedrive(rewriting({ ...options(), ...parts }, rewrite));
const userOf = ({ email }: Person) => {
  const user = server.state.users.find((candidate) => sameEmail(candidate.email, email));
  if (user === undefined) throw new Error(`${email} is not seeded.`);
  return user;
};
const idOf = (person: Person) => String(userOf(person).id);
const openDealsOf = (person: Person) =>
  server.state.deals.filter(({ user_id, status }) => user_id === userOf(person).id && status === 'open');
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );
const listAll = async (list: ListAccounts) => {
  const pages = [await list(null)];
  for (let next = pages[0]?.next; next; next = pages.at(-1)?.next) pages.push(await list(next));
  return {
    accounts: pages.flatMap(({ accounts }) => accounts),
    owned: pages.flatMap(({ owned }) => owned),
  };
};

beforeAll(async () => {
  server = await startPipedrive(() => now);
});
beforeEach(() => {
  server.reset();
  server.allow('rest', { capacity: 10_000, windowMs: 2_000 });
});
afterAll(() => server.close());

describe('where the other dialect is spoken than the vendor answers in', () => {
  const guideAt = (baseUrl: string) =>
    wholePipedrive({ ...options(), dialect: 'guide', rest: { ...options().rest, baseUrl } });
  const named = { name: 'VendorResponseError', message: expect.stringContaining('PIPEDRIVE_DIALECT') };

  beforeEach(() => server.expectStrangers());

  it.each(['/v1', '/api/v2'])('the guide’s hand-over at %s does not find nothing', async (path) => {
    const { origin } = new URL(server.liveBaseUrls.rest);
    const guide = guideAt(`${origin}${path}`);
    for (const handOver of [guide.reassignDeals, guide.reassignActivities, guide.reassignContacts])
      await expect(handOver(idOf(ANN), byAddress(MARA.email))).rejects.toMatchObject(named);
    expect(server.writes()).toEqual([]);
  });

  it('the guide’s client shuts nobody whose records it could not hand over', async () => {
    const { origin } = new URL(server.liveBaseUrls.rest);
    const guide = guideAt(`${origin}/v1`);
    await expect(guide.findUser({ vendorUserId: null, addresses: [ANN.email] })).rejects.toMatchObject(named);
    await expect(guide.deactivateUser(idOf(ANN))).rejects.toMatchObject(named);
    expect(server.writes()).toEqual([]);
  });

  it('today’s client writes nothing to a server that speaks as the guide', async () => {
    const { rest } = optionsFor(server);
    const live = wholePipedrive({ ...options(), rest: { ...rest } });
    await expect(live.findUser({ vendorUserId: null, addresses: [ANN.email] })).rejects.toMatchObject(named);
    await expect(live.listAccounts({ collection: 'users', position: '0' })).rejects.toMatchObject(named);
    expect(server.writes()).toEqual([]);
  });
});

describe('hand-overs', () => {
  const FIRST_DEAL = Buffer.from('{"id":1000}').toString('base64url');

  it('reach the last page, and leave what is others’, won or done', async () => {
    const won = server.state.deals.filter(({ status }) => status === 'won').length;
    const others = server.state.deals.filter(({ user_id }) => String(user_id) !== idOf(ANN)).length;
    const { changes } = await client({ pageSize: 10 }).reassignDeals(idOf(ANN), byAddress(MARA.email));
    expect(changes).toMatchObject([{ initial: 104, moved: 104, remaining: 0 }]);
    expect(openDealsOf(MARA)).toHaveLength(104);
    expect(server.state.deals.filter(({ status }) => status === 'won')).toHaveLength(won);
    expect(server.state.deals.filter(({ user_id }) => String(user_id) !== idOf(ANN))).toHaveLength(
      others + 104,
    );
    const lists = server.journal.filter(({ method, path }) => method === 'GET' && path === '/deals');
    expect(lists[0]?.query).toEqual({ owner_id: idOf(ANN), status: 'open', limit: '10' });
    expect(lists.every(({ prefix }) => prefix === '/api/v2')).toBe(true);
    const [first] = server.writes();
    expect(first).toMatchObject({ method: 'PATCH', body: { owner_id: userOf(MARA).id } });
  });

  it('never ask for more than 500 at once', async () => {
    await client().reassignContacts(idOf(ANN), byAddress(MARA.email));
    await client().reassignActivities(idOf(ANN), byAddress(MARA.email));
    const lists = server.journal.filter(({ path }) => path === '/persons' || path === '/activities');
    expect(lists.map(({ query }) => query.limit)).toEqual(lists.map(() => '500'));
    expect(lists.at(-1)?.query).toMatchObject({ done: 'false' });
  });

  it('name the archived deals, which no other list shows and nobody can change', async () => {
    const owner = userOf(ANN).id;
    server.state.archivedDeals.push(
      { id: 1700, title: 'Kept', user_id: owner },
      { id: 1701, title: 'Kept too', user_id: owner },
    );
    const archived = `Give 2 archived open deals of Pipedrive user ${owner} to another owner by hand: restore them from the archive first, because Pipedrive lets nobody change them there.`;
    expect(await client().reassignDeals(idOf(ANN), byAddress(MARA.email))).toMatchObject({
      status: 'changed',
      followUps: [archived],
    });
    expect(await client({ pageSize: 1 }).reassignDeals(idOf(ANN), byAddress(MARA.email))).toMatchObject({
      status: 'already_done',
      followUps: [archived],
    });
    const { owned } = await listAll(client().listAccounts);
    expect(owned).toContainEqual({ ownerId: String(owner), what: 'archived open deals', count: 2 });
  });

  it.each([
    ['no cursor', (name: string, value: unknown) => (name === 'next_cursor' ? undefined : value)],
    [
      'the same cursor again',
      (name: string, value: unknown) => (name === 'next_cursor' ? FIRST_DEAL : value),
    ],
    ['an owner who is no number', (name: string, value: unknown) => (name === 'owner_id' ? 'three' : value)],
  ])('move nothing where a page has %s', async (_, rewrite) => {
    const error = await failure(
      rewritten(rewrite, { pageSize: 10 }).reassignDeals(idOf(ANN), byAddress(MARA.email)),
    );
    expect(['VendorResponseError', 'HandOverInPartsError']).toContain(error.name);
    expect(server.writes()).toEqual([]);
  });
});

describe('users', () => {
  it('are invited without a name, once, and show none until they accept', async () => {
    const created = await client().createUser(ZOE);
    expect(created).toMatchObject({ status: 'changed' });
    expect(server.writes()).toMatchObject([{ body: { email: ZOE.email, active_flag: true } }]);
    expect(await client().createUser(ZOE)).toMatchObject({ status: 'already_done' });
    const [found] = await client().findUser({ vendorUserId: null, addresses: [ZOE.email] });
    expect(found).toMatchObject({ name: null, isOpen: true });
    userOf(ZOE).last_login = '2026-11-21T09:00:00Z';
    const [accepted] = await client().findUser({ vendorUserId: null, addresses: [ZOE.email] });
    expect(accepted?.name).toBe(userOf(ZOE).name);
  });

  it('wait to accept by what Pipedrive says of it, not by their last login', async () => {
    await client().createUser(ZOE);
    const { accounts } = await listAll(client().listAccounts);
    const invited = accounts.filter(({ invitedAt }) => invitedAt !== undefined);
    expect(invited).toEqual([
      expect.objectContaining({
        email: ZOE.email,
        invitedAt: new Date(now).toISOString().replace('.000', ''),
      }),
    ]);
    expect(accounts).toHaveLength(server.state.users.length);
    const asked = server.journal.filter(({ path }) => path === '/users' || path === '/users/find');
    expect(asked.some(({ query }) => 'start' in query || 'limit' in query)).toBe(false);
  });

  it('keep their last admin, which looks like a token without the right', async () => {
    const error = await failure(client().deactivateUser(idOf(OLOF)));
    expect(error).toMatchObject({
      name: 'VendorRejectedError',
      message: expect.stringContaining('Make somebody else an admin'),
    });
    server.state.tokenIsAdmin = false;
    expect(await failure(client().deactivateUser(idOf(ANN)))).toMatchObject({ name: 'VendorAuthError' });
  });

  it('are not shut unasked where they are the token’s own, or the last admin', async () => {
    userOf(MARA).is_admin = 1;
    const shut = (person: Person) => failure(client().deactivateUser(idOf(person), { approved: [] }));
    // The simulated token is the first admin's.
    expect((await shut(MARA)).message).toContain('own token');
    userOf(MARA).is_admin = 0;
    expect((await shut(OLOF)).message).toContain('the last active admin');
    expect(server.writes()).toEqual([]);
  });

  it('have their name and address changed by a person', async () => {
    expect(
      await client().updateUser(idOf(ANN), { name: 'Ann Olsen', email: 'ann.olsen@northlight.example' }),
    ).toEqual({
      status: 'not_needed',
      followUps: [
        `Change the name and address of Pipedrive user ${idOf(ANN)} by hand; Pipedrive’s API cannot do that.`,
      ],
      unwritten: ['email', 'name'],
    });
    expect(server.writes()).toEqual([]);
  });

  it('get their role as before', async () => {
    expect(await client().assignRole(idOf(ANN), 'Sales Manager')).toMatchObject({ status: 'changed' });
    expect(await client().readGrants(idOf(ANN))).toMatchObject({ roleIds: [3] });
  });
});

describe('the limit', () => {
  it.each([
    [{}, { capacity: 20, windowMs: 2_000 }],
    [{ PIPEDRIVE_PLAN: 'growth' }, { capacity: 40, windowMs: 2_000 }],
    [{ PIPEDRIVE_SEATS: '3' }, { capacity: 20, windowMs: 2_000, perDay: 90_000 }],
    [
      { PIPEDRIVE_PLAN: 'premium', PIPEDRIVE_SEATS: '10' },
      { capacity: 100, windowMs: 2_000, perDay: 1_500_000 },
    ],
    [
      { PIPEDRIVE_PLAN: 'ultimate', PIPEDRIVE_SEATS: '1' },
      { capacity: 120, windowMs: 2_000, perDay: 210_000 },
    ],
  ])('of %j is that of the plan and the seats', (environment, limit) => {
    expect(liveLimit(environment)).toEqual(limit);
  });

  it.each([
    [{ PIPEDRIVE_PLAN: 'gold' }, /PIPEDRIVE_PLAN must be lite, growth, premium or ultimate/],
    [{ PIPEDRIVE_SEATS: '0' }, /PIPEDRIVE_SEATS must be/],
    [{ PIPEDRIVE_SEATS: 'many' }, /PIPEDRIVE_SEATS must be/],
  ])('of %j is refused', (environment, message) => {
    expect(() => liveLimit(environment)).toThrow(message);
  });

  it('counts what each call costs', async () => {
    const limiter = limiterOf({ capacity: 120, windowMs: 2_000, perDay: 1_000_000 });
    const counted = wholePipedrive({ ...options(), rest: { ...options().rest, limiter } });
    await counted.findUser({ vendorUserId: null, addresses: [ANN.email] });
    await counted.createUser(ZOE);
    await counted.assignRole(idOf(ZOE), 'Sales Manager');
    await counted.readGrants(idOf(ANN));
    await counted.reassignDeals(idOf(ANN), byAddress(MARA.email));
    await counted.reassignContacts(idOf(ANN), byAddress(MARA.email));
    await counted.deactivateUser(idOf(ANN));
    await listAll(counted.listAccounts);
    const tokens = server.journal.map(({ method, path }) => costOf(method, path));
    const used = (await table.read(KEY))?.used ?? {};
    expect(Object.values(used)).toEqual([tokens.reduce((sum, one) => sum + one, 0)]);
    const calls = server.journal.map(({ method, path }) => `${method} ${path.replaceAll(/\/\d+/g, '/{id}')}`);
    expect(calls.filter((call) => !(call in TOKENS))).toEqual([]);
  });

  const KEY = 'RATE#pipedrive#rest';
  let table = memoryRateTable();
  const limiterOf = (limit: Limit) => {
    table = memoryRateTable();
    const sleep = async (ms: number) => {
      now += ms;
    };
    const { admit, learn, isDayOver } = sharedLimiter({ key: KEY, limit, table, now: () => now, sleep });
    const asLeaver = (...call: Parameters<typeof admit>) =>
      withPriorityOf({ workflow: 'offboarding' }, () => admit(...call));
    return { admit: asLeaver, learn, ...(isDayOver === undefined ? {} : { isDayOver }) };
  };
  /** Reads a user until the vendor refuses, with a limiter that does not know what others use. */
  const readUntilRefused = async (limit: Limit, allowed: Limit) => {
    server.allow('rest', allowed);
    const limited = wholePipedrive({
      ...options(),
      rest: { ...options().rest, limiter: limiterOf(limit), now: () => now },
      sleep: async (ms) => {
        now += ms;
      },
    });
    for (let reads = 0; reads < 60; reads += 1) {
      const ended = await limited.readUser(idOf(ANN)).then(
        () => null,
        (error: Error) => error,
      );
      if (ended !== null) return ended;
    }
    return null;
  };

  it('of a day is told from a short burst by what is known of the day’s use', async () => {
    // The vendor has less left than the counter knows of, because somebody else used it.
    const ended = await readUntilRefused(
      { capacity: 1_000, windowMs: 2_000, perDay: 100 },
      { capacity: 1_000, windowMs: 2_000, perDay: 92 },
    );
    expect(ended?.name).toBe('VendorDailyLimitError');
    expect(server.journal.filter(({ status }) => status === 429)).toHaveLength(1);
  });

  it('of two seconds is waited for', async () => {
    server.inject({ method: 'GET', status: 429, body: '{"success":false}', times: 2 });
    const plenty = { capacity: 1_000, windowMs: 2_000, perDay: 100_000 };
    expect(await readUntilRefused(plenty, plenty)).toBeNull();
    expect(server.journal.filter(({ status }) => status === 429)).toHaveLength(2);
  });
});

it.each([
  ['https://api.pipedrive.com/api/v2', 'https://api.pipedrive.com/v1', 'https://api.pipedrive.com/api/v2'],
  [
    'https://acme.pipedrive.com/api/v2/',
    'https://acme.pipedrive.com/v1',
    'https://acme.pipedrive.com/api/v2',
  ],
  [
    'https://acme.pipedrive.com/api/v1',
    'https://acme.pipedrive.com/api/v1',
    'https://acme.pipedrive.com/api/v2',
  ],
  ['https://acme.pipedrive.com/v1', 'https://acme.pipedrive.com/v1', 'https://acme.pipedrive.com/api/v2'],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/v1', 'http://127.0.0.1:8080/api/v2'],
])('a base URL of %s leads to both versions', (baseUrl, v1, v2) => {
  expect(bothVersions(baseUrl)).toEqual({ v1, v2 });
});
