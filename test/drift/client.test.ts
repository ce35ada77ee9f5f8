import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DriftAccount } from '../../functions/drift/agents.ts';
import { drift } from '../../functions/drift/client.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { findAccount } from '../../functions/vendor/find-account.ts';
import { ANN, MARA, PETRA, type Person, TOMAS, ZOE } from '../../local/vendors/company.ts';
import { type DriftState, startDrift } from '../../local/vendors/drift.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor, staticCredential } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';
import { byAddress } from '../new-owner.ts';

const NOBODY = 'nobody@northlight.example';
const REQUESTS_PER_MINUTE = 200;

let server: VendorServer<DriftState>;
// The server's clock and the client's; only a wait moves it.
let clock = Date.parse('2026-11-20T09:00:00Z');
let waits: number[] = [];

const client = (fetchFromRest: typeof fetch = fetch) => {
  const options = optionsFor(server);
  return drift({
    ...options,
    rest: { ...options.rest, now: () => clock, fetch: fetchFromRest },
    sleep: async (ms) => {
      waits.push(ms);
      clock += ms;
    },
  });
};

const agentOf = ({ email }: Person) => {
  const agent = server.state.agents.find((candidate) => sameEmail(candidate.email, email));
  if (agent === undefined) throw new Error(`${email} is not seeded.`);
  return agent;
};
const accountOf = (person: Person): DriftAccount => {
  const { id, scimId } = agentOf(person);
  return { vendorUserId: String(id), scimId };
};
const contactsOf = (person: Person) =>
  server.state.contacts.filter(({ ownerId }) => ownerId === agentOf(person).id);
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );
const calls = () => server.journal.map(({ surface, method, path }) => `${surface} ${method} ${path}`);
const raw = (method: string, path: string, body?: unknown) =>
  fetch(`${server.baseUrls.rest}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.tokens.rest}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const rawScim = (method: string, path: string) =>
  fetch(`${server.baseUrls.scim}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.tokens.scim}` },
  });

beforeAll(async () => {
  server = await startDrift(() => clock);
});
beforeEach(() => {
  server.reset();
  waits = [];
});
afterAll(() => server.close());

const find = (person: Person, vendorUserId: string | null = null) =>
  foundOne('drift', client().findAgent, person.email, vendorUserId);

describe('findAgent', () => {
  it('puts the ids of both surfaces together by the address', async () => {
    expect(await find(MARA)).toMatchObject({ status: 'found', others: [], account: accountOf(MARA) });
    expect(calls()).toEqual(['rest GET /users', 'scim GET /Users']);
  });

  it('goes by a recorded agent id, and takes that agent to SCIM by its own address', async () => {
    const { id, scimId } = agentOf(ANN);
    agentOf(ANN).email = 'ann.before@northlight.example';
    expect(await find(ANN, String(id))).toMatchObject({
      status: 'found',
      account: { vendorUserId: String(id), scimId },
    });
    expect(calls()).toEqual(['rest GET /users', 'scim GET /Users', 'scim GET /Users']);
  });

  it('goes by a recorded SCIM id, and takes that user to REST by its own address', async () => {
    const { id, scimId } = agentOf(ANN);
    agentOf(ANN).email = 'ann.before@northlight.example';
    expect(await find(ANN, `scim:${scimId}`)).toMatchObject({
      status: 'found',
      account: { vendorUserId: String(id), scimId },
    });
    expect(calls()).toEqual([`scim GET /Users/${scimId}`, 'rest GET /users', 'scim GET /Users']);
  });

  it.each(['4711', 'scim:4711', 'not an id'])(
    'goes by the address when %s does not exist',
    async (recorded) => {
      expect(await find(TOMAS, recorded)).toMatchObject({
        status: 'found',
        others: [],
        account: accountOf(TOMAS),
      });
    },
  );

  it('does not find somebody by a recorded id alone', async () => {
    expect(await find(ZOE, '4711')).toEqual({ status: 'not_found', account: null });
  });

  it('finds a deactivated agent, whom REST hides', async () => {
    const { scimId } = agentOf(PETRA);
    expect(await find(PETRA)).toMatchObject({
      status: 'found',
      others: [],
      account: { vendorUserId: `scim:${scimId}`, scimId },
    });
  });

  it('keeps the recorded agent id of a deactivated agent, because contacts refer to it', async () => {
    expect(await find(PETRA, String(agentOf(PETRA).id))).toMatchObject({
      status: 'found',
      others: [],
      account: accountOf(PETRA),
    });
  });

  it('finds an agent whom SCIM does not know', async () => {
    server.inject({ surface: 'scim', status: 200, body: '{"totalResults":0}' });
    expect(await find(ANN)).toMatchObject({
      status: 'found',
      others: [],
      account: { ...accountOf(ANN), scimId: null },
    });
  });

  it('follows a cursor in the list of agents, which the guide shows without one', async () => {
    server.inject({
      path: /^\/users$/,
      status: 200,
      body: JSON.stringify({ data: [{ id: 1, email: null }], next: 'more' }),
      times: 1,
    });
    expect(await find(ANN)).toMatchObject({ account: accountOf(ANN) });
    expect(server.journal[1]).toMatchObject({ path: '/users', query: { next: 'more' } });
  });
});

describe('what findAgent shows', () => {
  const search = (addresses: string[], vendorUserId: string | null = null) =>
    client().findAgent({ vendorUserId, addresses });

  it('is what both surfaces know of one agent', async () => {
    agentOf(ANN).externalId = ANN.employeeId;
    const account = accountOf(ANN);
    expect(await search([ANN.email])).toEqual([
      {
        account,
        otherIds: [`scim:${account.scimId}`],
        address: ANN.email,
        externalId: ANN.employeeId,
        name: 'Ann Lee',
        role: 'agent',
        isOpen: true,
      },
    ]);
  });

  it('is every agent: the recorded one and that of each address, without a seat too', async () => {
    const { id } = agentOf(MARA);
    expect(await search([ANN.email, PETRA.email], String(id))).toMatchObject([
      { account: accountOf(MARA), isOpen: true },
      { account: accountOf(ANN), isOpen: true },
      { account: { scimId: agentOf(PETRA).scimId }, isOpen: false },
    ]);
  });

  it('is somebody else’s where the agent was recorded for them by the id that SCIM gives', async () => {
    const { scimId } = agentOf(ANN);
    const findOwner = async (_: string, id: string) => (id === `scim:${scimId}` ? 'E-1' : null);
    const decided = findAccount({
      input: {
        ...{ app: 'drift', vendorUserId: null, reinstates: false },
        person: {
          ...{ workflow: 'offboarding', employeeId: ANN.employeeId, previousEmployeeIds: [], name: null },
          ...{ email: ANN.email, profileEmail: null, earlierAddresses: [], contradictedBy: null },
        },
      },
      owners: { findOwner, findByAddress: async () => [], findFormerHolders: async () => [] },
      search: client().findAgent,
    });
    expect(await failure(decided)).toMatchObject({ name: 'IdentityConflictError', ownerId: 'E-1' });
  });

  it('is the recorded agent by the number that REST has given since', async () => {
    const { id, scimId } = agentOf(ANN);
    agentOf(ANN).email = 'ann.before@northlight.example';
    const found = await find(ANN, `scim:${scimId}`);
    expect(found).toMatchObject({ status: 'found', account: { vendorUserId: String(id) } });
  });

  it.each([' ', '\u00a0', '\t', '\u200b'])(
    'does not depend on %j at the end of the address',
    async (blank) => {
      const account = accountOf(ANN);
      agentOf(ANN).email = `${ANN.email}${blank}`;
      expect(await search([ANN.email])).toMatchObject([{ account }]);
    },
  );

  it('does not depend on the case where SCIM compares it', async () => {
    server.state.scimComparesCase = true;
    expect(await search([MARA.email])).toMatchObject([{ account: accountOf(MARA) }]);
    await client().deactivateAgent(accountOf(MARA));
    expect(agentOf(MARA).active).toBe(false);
  });

  it('gives the recorded number to none of two agents without a seat', async () => {
    agentOf(TOMAS).active = false;
    const found = await search([PETRA.email, TOMAS.email], String(agentOf(PETRA).id));
    expect(found.map(({ account }) => account.vendorUserId)).toEqual(
      [PETRA, TOMAS].map((person) => `scim:${agentOf(person).scimId}`),
    );
  });

  it('pairs two agents of one address by its spelling', async () => {
    const ann = accountOf(ANN);
    const second = { ...agentOf(ANN), id: 7, scimId: 'second', email: ANN.email.toUpperCase() };
    // SCIM lists them in another order than REST.
    server.inject({
      surface: 'scim',
      status: 200,
      body: JSON.stringify({
        Resources: [second, agentOf(ANN)].map(({ scimId, email }) => ({ id: scimId, userName: email })),
      }),
    });
    server.state.agents.push(second);
    expect(await search([ANN.email])).toMatchObject([
      { account: ann },
      { account: { vendorUserId: '7', scimId: 'second' } },
    ]);
  });

  it('pairs an agent with the SCIM user who is active, where two have the very same address', async () => {
    server.state.agents.unshift({ ...agentOf(ANN), id: 7, scimId: 'first', active: false });
    const { id, scimId } =
      server.state.agents.find((agent) => agent.active && agent.email === ANN.email) ?? {};
    expect(await search([ANN.email])).toMatchObject([
      { account: { vendorUserId: String(id), scimId }, isOpen: true },
      { account: { vendorUserId: 'scim:first', scimId: 'first' }, isOpen: false },
    ]);
  });
});

describe('a name and an address', () => {
  const moved = { name: { firstName: 'Ann', lastName: 'Novák' }, email: 'ann.novak@northlight.example' };

  it('are changed over SCIM, and read back there', async () => {
    const account = accountOf(ANN);
    expect(await client().updateAgent(account, moved)).toEqual({
      status: 'changed',
      changes: [{ what: 'name and address changed' }],
    });
    const path = `/Users/${account.scimId}`;
    expect(calls()).toEqual([`scim GET ${path}`, `scim PATCH ${path}`, `scim GET ${path}`]);
    expect(agentOf({ ...ANN, ...moved })).toMatchObject({ name: 'Ann Novák' });
    expect(await client().updateAgent(account, moved)).toEqual({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('stay where they differ by blanks and case only', async () => {
    agentOf(ANN).name = ' Ann  Lee ';
    const same = { name: { firstName: 'Ann', lastName: 'Lee' }, email: ANN.email.toUpperCase() };
    expect(await client().updateAgent(accountOf(ANN), same)).toEqual({ status: 'already_done' });
  });

  it('are not done when reading back does not show them', async () => {
    server.inject({ surface: 'scim', method: 'PATCH', forgets: true });
    expect((await failure(client().updateAgent(accountOf(ANN), moved))).name).toBe('VendorUnconfirmedError');
  });

  it('are read over REST where SCIM shows no name, and left to a person where neither does', async () => {
    const { vendorUserId, scimId } = accountOf(ANN);
    const body = JSON.stringify({ id: scimId, userName: ANN.email, active: true });
    server.inject({ surface: 'scim', method: 'GET', status: 200, body });
    const told = { name: moved.name, email: ANN.email };
    expect(await client().updateAgent(accountOf(ANN), told)).toMatchObject({ status: 'changed' });
    expect(agentOf(ANN).name).toBe('Ann Novák');
    const nameless = { data: { id: Number(vendorUserId), email: ANN.email } };
    server.inject({ surface: 'rest', status: 200, body: JSON.stringify(nameless) });
    expect(await client().updateAgent(accountOf(ANN), told)).toEqual({
      status: 'already_done',
      followUps: [expect.stringContaining(`Change the name of Drift agent ${vendorUserId} by hand`)],
      unwritten: ['name'],
    });
  });

  it('of an agent whom SCIM does not know are left to a person', async () => {
    const { vendorUserId } = accountOf(ANN);
    expect(await client().updateAgent({ vendorUserId, scimId: null }, moved)).toEqual({
      status: 'not_needed',
      followUps: [
        `Change the name and address of Drift agent ${vendorUserId} by hand; the account is not managed through SCIM.`,
      ],
      unwritten: ['email', 'name'],
    });
    expect(server.writes()).toEqual([]);
  });

  it('leave a title, a department and a manager to a person', async () => {
    const nothing = { name: null, email: null };
    expect(await client().updateAgent(accountOf(ANN), nothing, ['title', 'manager'])).toEqual({
      status: 'already_done',
      followUps: [expect.stringContaining(`the title and manager of Drift agent ${agentOf(ANN).id}`)],
      unwritten: ['title'],
    });
  });

  it('are brought in line when somebody is hired who is there', async () => {
    const account = accountOf(PETRA);
    expect(await client().provisionAgent({ ...PETRA, lastName: 'Svobodová' }, account)).toEqual({
      status: 'changed',
      account,
      changes: [{ what: 'agent reactivated', login: 'opened' }, { what: 'name changed' }],
    });
    expect(agentOf(PETRA)).toMatchObject({ active: true, name: 'Petra Svobodová' });
  });
});

it('brings somebody back whose name HR does not tell, and creates nobody without one', async () => {
  const nameless = { ...PETRA, firstName: null, lastName: null };
  expect(await client().provisionAgent(nameless, accountOf(PETRA))).toMatchObject({
    changes: [{ what: 'agent reactivated', login: 'opened' }],
  });
  expect((await failure(client().provisionAgent({ ...nameless, email: NOBODY }))).name).toBe(
    'InvalidInputError',
  );
  expect(server.state.provisioned).toEqual([]);
});

describe('provisionAgent', () => {
  it('provisions through SCIM, never over REST', async () => {
    expect(await client().provisionAgent(ZOE)).toEqual({
      status: 'changed',
      account: accountOf(ZOE),
      changes: [{ what: 'agent provisioned', login: 'opened' }],
    });
    expect(server.writes()).toMatchObject([
      { surface: 'scim', method: 'POST', path: '/Users', body: { userName: ZOE.email, active: true } },
    ]);
  });

  it('names the agent by the SCIM id while REST does not list the new seat', async () => {
    server.inject({ path: /^\/users$/, status: 200, body: '{"data":[]}' });
    const { account } = await client().provisionAgent(ZOE);
    const { scimId } = agentOf(ZOE);
    expect(account).toEqual({ vendorUserId: `scim:${scimId}`, scimId });
  });

  it('gives a deactivated agent the seat back instead of creating another', async () => {
    expect(await client().provisionAgent(PETRA)).toEqual({
      status: 'changed',
      account: accountOf(PETRA),
      changes: [{ what: 'agent reactivated', login: 'opened' }],
    });
    expect(agentOf(PETRA).active).toBe(true);
    expect(server.writes()).toMatchObject([{ surface: 'scim', method: 'PATCH' }]);
  });

  it('leaves an active agent alone', async () => {
    expect(await client().provisionAgent(ANN)).toEqual({ status: 'already_done', account: accountOf(ANN) });
    expect(server.writes()).toEqual([]);
  });

  it('keeps to the account that was found when its address differs from the event', async () => {
    const account = accountOf(PETRA);
    agentOf(PETRA).email = 'petra.before@northlight.example';
    expect(await client().provisionAgent(PETRA, account)).toEqual({
      status: 'changed',
      account,
      changes: [{ what: 'agent reactivated', login: 'opened' }, { what: 'address changed' }],
    });
    expect(accountOf(PETRA)).toEqual(account);
    expect(server.state.provisioned).toEqual([]);
  });

  it('spares the look-ups that finding has done', async () => {
    const { scimId } = agentOf(ANN);
    await client().provisionAgent(ANN, accountOf(ANN));
    expect(calls()).toEqual([`scim GET /Users/${scimId}`]);
  });

  it('creates nobody anew where the account that was found does not show', async () => {
    const known = { vendorUserId: '4711', scimId: 'missing' };
    expect(await failure(client().provisionAgent(ZOE, known))).toMatchObject({
      name: 'VendorRejectedError',
      message: expect.stringContaining('asked for three times'),
    });
    expect(server.writes()).toEqual([]);
  });

  it('does not create a second agent for one whom SCIM does not know', async () => {
    const result = await client().provisionAgent(ANN, { ...accountOf(ANN), scimId: null });
    expect(result).toMatchObject({
      status: 'already_done',
      followUps: [expect.stringContaining(String(agentOf(ANN).id))],
    });
    expect(server.writes()).toEqual([]);
  });

  it('explains the refusal of an address that was deleted before', async () => {
    await rawScim('DELETE', `/Users/${agentOf(TOMAS).scimId}`);
    const error = await failure(client().provisionAgent(TOMAS));
    expect(error).toMatchObject({ name: 'VendorRejectedError', code: 'uniqueness' });
    expect(error.message).toContain('probably deleted');
    expect(error.message).not.toContain(TOMAS.email);
    expect(server.state.provisioned).toEqual([]);
  });
});

describe('deactivateAgent', () => {
  it('sets active to false and deletes nothing, so that the address can be provisioned again', async () => {
    const account = accountOf(ANN);
    expect(await client().deactivateAgent(account)).toEqual({
      status: 'changed',
      changes: [{ what: 'agent deactivated', login: 'shut' }],
    });
    expect(server.writes()).toMatchObject([
      {
        surface: 'scim',
        method: 'PATCH',
        path: `/Users/${account.scimId}`,
        body: { Operations: [{ op: 'replace', path: 'active', value: false }] },
      },
    ]);
    expect(await client().provisionAgent(ANN)).toMatchObject({ status: 'changed', account });
  });

  it('leaves the contacts with the agent', async () => {
    await client().deactivateAgent(accountOf(ANN));
    expect(contactsOf(ANN)).toHaveLength(9);
  });

  it('refuses an agent whom SCIM does not know', async () => {
    const error = await failure(client().deactivateAgent({ ...accountOf(ANN), scimId: null }));
    expect(error.name).toBe('AccountNotManagedError');
    expect(error.message).toContain(String(agentOf(ANN).id));
    expect(server.journal).toEqual([]);
  });
});

describe('checkNewOwner', () => {
  const check = (newOwnerEmail: string | null, leaver = ANN) =>
    client().checkNewOwner({ email: leaver.email, vendorUserId: null }, byAddress(newOwnerEmail));

  it('accepts an active agent, in whatever case the address is written', async () => {
    expect(await check(MARA.email.toUpperCase())).toEqual({ status: 'found' });
    expect(server.writes()).toEqual([]);
  });

  it('needs nobody when the leaver has no account', async () => {
    expect(await check(null, ZOE)).toEqual({ status: 'not_needed' });
  });

  it.each([
    ['nobody is named', null, 'nobody is named'],
    ['the one named is no agent', NOBODY, 'no active agent'],
    ['the one named has lost the seat', PETRA.email, 'no active agent'],
    ['the leaver is named', ANN.email, 'is the leaver'],
  ])('refuses when %s', async (_, newOwnerEmail, reason) => {
    const error = await failure(check(newOwnerEmail));
    expect(error.name).toBe('InvalidInputError');
    expect(error.message).toContain(reason);
    expect(error.message).not.toContain('@');
  });

  it('refuses one whom SCIM has deactivated and REST still lists', async () => {
    server.inject({
      surface: 'scim',
      status: 200,
      body: JSON.stringify({
        totalResults: 1,
        Resources: [{ id: 'x', userName: MARA.email, active: 'False' }],
      }),
    });
    const error = await failure(check(MARA.email));
    expect(error.name).toBe('InvalidInputError');
    expect(error.message).toContain(`${agentOf(MARA).id}, the new owner, is deactivated`);
  });
});

describe('reassignContacts', () => {
  const reassign = (newOwnerEmail: string | null = MARA.email) =>
    client().reassignContacts(accountOf(ANN), byAddress(newOwnerEmail));

  it('moves what a deactivated agent still owns, and nothing else', async () => {
    await client().deactivateAgent(accountOf(ANN));
    const others = server.state.contacts.length - contactsOf(MARA).length - contactsOf(ANN).length;
    const owned = contactsOf(ANN).map(({ id }) => `/contacts/${id}`);
    server.journal.length = 0;
    expect(await reassign()).toEqual({
      status: 'changed',
      changes: [
        {
          what: 'contacts reassigned',
          ...{ initial: 9, moved: 9, gone: 0, refused: 0, remaining: 0 },
          newOwner: String(agentOf(MARA).id),
        },
      ],
    });
    expect(contactsOf(ANN)).toEqual([]);
    expect(server.state.contacts.length - contactsOf(MARA).length).toBe(others);
    const written = server.writes().map(({ path }) => path);
    expect(written.toSorted()).toEqual(owned.toSorted());
    expect(server.writes()[0]).toMatchObject({ method: 'PATCH', body: { ownerId: agentOf(MARA).id } });
  });

  it('collects the ids from all pages before the first write, which shifts the pages', async () => {
    await reassign();
    const kinds = server.journal.map(({ method, path }) => `${method} ${path.split('/')[1]}`);
    expect(kinds).toEqual([
      'GET contacts',
      'GET contacts',
      'GET users',
      'GET Users',
      ...Array.from({ length: 9 }, () => 'PATCH contacts'),
      'GET contacts',
      'GET contacts',
    ]);
    expect(server.journal[0]?.query).toEqual({ limit: '100' });
    expect(server.journal[1]?.query).toEqual({ limit: '100', next: expect.any(String) });
  });

  it('has nothing to do the second time, and asks for no new owner then', async () => {
    await reassign();
    server.journal.length = 0;
    expect(await reassign(null)).toEqual({ status: 'already_done' });
    expect(calls()).toEqual(['rest GET /contacts', 'rest GET /contacts']);
  });

  it('passes over a contact that was deleted meanwhile', async () => {
    const [gone] = contactsOf(ANN);
    const deletesOnTheWay: typeof fetch = async (url, init) => {
      if (init?.method === 'PATCH')
        server.state.contacts = server.state.contacts.filter(({ id }) => id !== gone?.id);
      return fetch(url, init);
    };
    expect(
      await client(deletesOnTheWay).reassignContacts(accountOf(ANN), byAddress(MARA.email)),
    ).toMatchObject({
      status: 'changed',
      changes: [{ remaining: 0 }],
    });
    expect(contactsOf(ANN)).toEqual([]);
  });

  it.each([null, NOBODY, PETRA.email, ANN.email])(
    'writes nothing when %s is to take them over',
    async (newOwnerEmail) => {
      expect((await failure(reassign(newOwnerEmail))).name).toBe('InvalidInputError');
      expect(server.writes()).toEqual([]);
    },
  );

  it('leaves a follow-up when the agent id is not known', async () => {
    const account = { vendorUserId: 'scim:abc', scimId: 'abc' };
    expect(await client().reassignContacts(account, byAddress(MARA.email))).toEqual({
      status: 'not_needed',
      followUps: [expect.stringContaining('whose SCIM id is abc')],
    });
    expect(server.journal).toEqual([]);
  });

  it('does not believe an answer that the contacts do not confirm', async () => {
    server.inject({ method: 'PATCH', path: /^\/contacts\//, forgets: true });
    expect(await reassign()).toMatchObject({
      status: 'incomplete',
      changes: [{ initial: 9, moved: 0, remaining: 9 }],
    });
  });

  it('goes on when the limit is hit on the way', async () => {
    server.inject({ method: 'PATCH', status: 429, times: 1 });
    expect(await reassign()).toMatchObject({ changes: [{ moved: 9, remaining: 0 }] });
  });

  it('says how far it came when it fails on the way', async () => {
    const [, , third] = contactsOf(ANN);
    server.inject({ method: 'PATCH', path: new RegExp(`/contacts/${third?.id}$`), status: 401 });
    const error = await failure(reassign());
    expect(error.name).toBe('VendorAuthError');
    expect(error.message).toMatch(/[2-8] of 9 contacts have been moved, the others have not/);
  });
});

describe('the limit', () => {
  it('is hit without any word on how long to wait, and is over after a minute', async () => {
    const { id } = agentOf(ANN);
    for (let request = 0; request < REQUESTS_PER_MINUTE; request += 1) await raw('GET', `/users/${id}`);
    const find = () => foundOne('drift', client().findAgent, ANN.email, String(id));
    expect(await failure(find())).toMatchObject({ name: 'VendorRateLimitedError', retryAfterMs: undefined });
    clock += 60_000;
    expect(await find()).toMatchObject({ status: 'found' });
  });
});

describe('tokens', () => {
  it('takes the 403 of REST for the authentication failure that it is, and reads the secret again', async () => {
    const options = optionsFor(server);
    let refused = 0;
    const renewing = {
      ...staticCredential('expired'),
      tokenAfterRefusal: async () => {
        refused += 1;
        return staticCredential(server.tokens.rest).token();
      },
    };
    const renewed = drift({ ...options, rest: { ...options.rest, credential: renewing } });
    expect(await foundOne('drift', renewed.findAgent, ANN.email)).toMatchObject({
      status: 'found',
    });
    expect(server.journal[0]).toMatchObject({ surface: 'rest', status: 403 });
    expect(refused).toBe(1);
  });

  it.each(['rest', 'scim'] as const)('of the other surface does not open %s', async (surface) => {
    const options = optionsFor(server);
    const other = surface === 'rest' ? server.tokens.scim : server.tokens.rest;
    const swapped = drift({
      ...options,
      [surface]: { ...options[surface], credential: staticCredential(other) },
    });
    const error = await failure(foundOne('drift', swapped.findAgent, ANN.email));
    expect(error.name).toBe('VendorAuthError');
  });
});

// No step creates contacts or writes their attributes; this is what such a step would have to cope with.
describe('the vendor server', () => {
  it('updates the contact that has the address instead of refusing to create it again', async () => {
    const [contact] = server.state.contacts;
    const before = server.state.contacts.length;
    const answer = await raw('POST', '/contacts', {
      email: contact?.email.toUpperCase(),
      attributes: { title: 'VP Sales' },
    });
    expect(await answer.json()).toMatchObject({ data: { id: contact?.id } });
    expect(server.state.contacts).toHaveLength(before);
  });

  it('drops attributes that were not declared, and says nothing', async () => {
    const [contact] = server.state.contacts;
    const answer = await raw('PATCH', `/contacts/${contact?.id}`, {
      attributes: { title: 'VP Sales', shoeSize: 43 },
    });
    expect(answer.status).toBe(200);
    expect(server.state.contacts[0]?.attributes).toEqual({ name: 'Visitor 1', title: 'VP Sales' });
  });

  it('refuses an owner who has no seat', async () => {
    const [contact] = contactsOf(ANN);
    const answer = await raw('PATCH', `/contacts/${contact?.id}`, { ownerId: agentOf(PETRA).id });
    expect(answer.status).toBe(400);
    expect(contactsOf(ANN)).toHaveLength(9);
  });

  it('finds contacts by an address that is encoded', async () => {
    const [contact] = server.state.contacts;
    if (contact !== undefined) contact.email = 'visitor+1@customer.example';
    const find = (email: string) => raw('GET', `/contacts/by_email?email=${email}`);
    expect(await (await find('visitor%2B1%40customer.example')).json()).toMatchObject({
      data: { id: contact?.id },
    });
    expect((await find('visitor+1@customer.example')).status).toBe(404);
  });

  it('deletes contacts for good', async () => {
    const [contact] = server.state.contacts;
    const answer = await raw('DELETE', `/contacts/${contact?.id}`);
    expect(await answer.json()).toEqual({ data: { id: contact?.id } });
    expect((await raw('GET', `/contacts/${contact?.id}`)).status).toBe(404);
  });

  it.each(['POST /users', 'PATCH /users/228001', 'DELETE /users/228001'])('refuses %s', async (call) => {
    const [method = '', path = ''] = call.split(' ');
    expect((await raw(method, path, { email: NOBODY })).status).toBe(405);
  });

  it('does not list more than a hundred contacts, nor go on from a cursor it did not give', async () => {
    expect((await raw('GET', '/contacts?limit=101')).status).toBe(400);
    expect((await raw('GET', '/contacts?next=made-up')).status).toBe(400);
    expect(await (await raw('GET', '/contacts')).json()).toHaveProperty('data.length', 25);
  });

  it('pages SCIM users by twenty and counts none of them', async () => {
    const answer = await (await rawScim('GET', '/Users?count=100')).json();
    expect(answer).toMatchObject({ itemsPerPage: 0, totalResults: server.state.agents.length });
    expect(answer).toHaveProperty('Resources.length', 20);
    expect(answer).toHaveProperty('Resources.0.active', 'True');
  });
});
