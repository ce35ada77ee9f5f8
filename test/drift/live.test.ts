import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type DriftAccount, pairUp } from '../../functions/drift/agents.ts';
import { drift } from '../../functions/drift/client.ts';
import { driftContacts } from '../../functions/drift/contacts.ts';
import { driftRest } from '../../functions/drift/rest.ts';
import type { Dialect } from '../../functions/vendor/dialect.ts';
import { vendorHttp } from '../../functions/vendor/http.ts';
import { newOwnerIn } from '../../functions/vendor/new-owner.ts';
import { ANN, MARA, type Person, ZOE } from '../../local/vendors/company.ts';
import { startDrift } from '../../local/vendors/drift.ts';
import { inLiveDialect, optionsFor } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';
import { byAddress } from '../new-owner.ts';

let guide: Awaited<ReturnType<typeof startDrift>>;
let server: typeof guide;

beforeAll(async () => {
  guide = await startDrift();
  server = inLiveDialect(guide);
  server.allow('rest', { capacity: 10_000, windowMs: 60_000 });
});
afterEach(() => server.reset());
afterAll(() => server.close());

const client = (pageSize = 100) => drift(optionsFor(server, { pageSize }));
const contacts = (dialect: Dialect = 'live') =>
  driftContacts(vendorHttp(driftRest(dialect), optionsFor(server).rest), {
    ...{ sleep: async () => {}, now: Date.now, dialect },
  });
const agentOf = ({ email }: Person) => {
  const agent = server.state.agents.find((one) => one.email.toLowerCase() === email.toLowerCase());
  if (agent === undefined) throw new Error(`${email} is not seeded.`);
  return agent;
};
const accountOf = (person: Person): DriftAccount => {
  const { id, scimId } = agentOf(person);
  return { vendorUserId: String(id), scimId };
};
const customersOf = (agentId: number) =>
  server.state.customers.filter(({ ownerId }) => ownerId === agentId).map(({ accountId }) => accountId);
const writes = () => server.writes().map(({ method, path, body }) => ({ method, path, body }));

describe('the other dialect', () => {
  it.each([
    ['the guide’s client at today’s API', 'guide'],
    ['the live client at the guide’s API', 'live'],
  ] as const)('is told by the answer: %s names the setting and writes nothing', async (_, dialect) => {
    server.expectStrangers();
    const stranger = drift({ ...optionsFor(dialect === 'guide' ? server : guide), dialect });
    for (const work of [
      () => stranger.findAgent({ vendorUserId: null, addresses: [ANN.email] }),
      () => stranger.checkNewOwner({ email: ANN.email, vendorUserId: null }, byAddress(MARA.email)),
    ])
      await expect(work()).rejects.toMatchObject({
        name: 'VendorResponseError',
        message: expect.stringContaining('DRIFT_DIALECT'),
      });
    expect(server.writes()).toEqual([]);
  });

  it('is told by a contact, whose address is an attribute', async () => {
    server.expectStrangers();
    const [contact] = server.state.contacts;
    await expect(contacts('guide').readContact(contact?.id ?? 0)).rejects.toMatchObject({
      message: expect.stringContaining('DRIFT_DIALECT'),
    });
  });
});

describe('the guide’s contact sync at today’s API', () => {
  it('names the setting before anything is written', async () => {
    server.expectStrangers();
    const stranger = drift({ ...optionsFor(server), dialect: 'guide' });
    const email = 'new.visitor@customer.example';
    expect(await stranger.findContact(email, null)).toBeNull();
    await expect(stranger.createContact({ email, attributes: { name: 'New' } })).rejects.toMatchObject({
      name: 'VendorResponseError',
      message: expect.stringContaining('DRIFT_DIALECT'),
    });
    expect(server.writes()).toEqual([]);
  });
});

describe('listing', () => {
  it('shows people and no bots, and who owns the accounts', async () => {
    const accounts = [];
    const owned = [];
    let cursor = null;
    do {
      const page = await client().listAccounts(cursor);
      accounts.push(...page.accounts);
      owned.push(...page.owned);
      cursor = page.next;
    } while (cursor !== null);
    const isSeated = server.state.agents.filter(({ active }) => active).length;
    expect(accounts).toHaveLength(2 * isSeated);
    const anns = owned.filter(({ ownerId }) => ownerId === String(agentOf(ANN).id));
    expect(anns.map(({ what }) => what)).toEqual(['accounts', 'accounts']);
    expect(anns.reduce((sum, { count }) => sum + count, 0)).toBe(customersOf(agentOf(ANN).id).length);
  });

  it('counts an agent as shut whom SCIM shows as deactivated, though REST goes on listing the agent', async () => {
    const shown = (body: object) => ({ method: 'GET', status: 200, body: JSON.stringify(body) }) as const;
    const people = [ANN, MARA].map(({ email }, index) => ({ id: index + 1, email }));
    const users = people.map(({ id, email }) => ({ id, userName: email.toUpperCase(), active: id === 2 }));
    server.inject({ ...shown({ data: people }), path: /^\/users\/list/, times: 1 });
    server.inject({ ...shown({ Resources: users, totalResults: 2 }), path: /^\/Users/, times: 1 });
    const { accounts } = await client().listAccounts({ collection: 'seat holders', position: '' });
    expect(accounts.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });
});

it('takes an agent without a seat for the recorded one only where one is recorded', () => {
  const user = { id: 'd7', userName: ANN.email, active: false, externalId: null, name: null, emails: [] };
  const guessed = (agentId: number | null) => pairUp([], [user], { agentId, scimId: null })[0]?.judgedAs;
  expect([guessed(7), guessed(null)]).toEqual(['scim:d7', undefined]);
});

describe('the hand-over', () => {
  it('goes over the accounts, which have an owner, on every page', async () => {
    const { id } = agentOf(ANN);
    const owned = customersOf(id);
    const { changes } = await client(30).reassignContacts(accountOf(ANN), byAddress(MARA.email));
    expect(changes).toMatchObject([
      { what: 'accounts reassigned', initial: owned.length, moved: owned.length, remaining: 0 },
    ]);
    expect(customersOf(id)).toEqual([]);
    expect(customersOf(agentOf(MARA).id)).toEqual(expect.arrayContaining(owned));
    expect(writes()[0]).toEqual({
      ...{ method: 'PATCH', path: '/accounts/update' },
      body: { accountId: owned[0], ownerId: agentOf(MARA).id },
    });
  });

  it('goes by the record, not by the address alone', async () => {
    const owned = customersOf(agentOf(ANN).id);
    const takesOver = (reassignTo: string, ids: string[], ownerId: string | null) => {
      const known = { employeeIds: ['E-2'], addresses: [MARA.email], accountIds: { drift: ids } };
      return newOwnerIn('drift', { reassignTo, newOwner: known }, async () => ownerId);
    };
    await expect(
      client().reassignContacts(accountOf(ANN), takesOver(MARA.email, [], 'E-1')),
    ).rejects.toMatchObject({ name: 'InvalidInputError', message: expect.stringContaining('employee E-1') });
    expect(customersOf(agentOf(ANN).id)).toEqual(owned);
    // Recorded under SCIM's id, and renamed in HR.
    const renamed = takesOver('mara.new@northlight.example', [`scim:${agentOf(MARA).scimId}`], null);
    await client().reassignContacts(accountOf(ANN), renamed);
    expect(customersOf(agentOf(MARA).id)).toEqual(expect.arrayContaining(owned));
  });

  it.each([
    [400, 'HTTP 400'],
    [403, 'HTTP 403'],
    [409, 'HTTP 409'],
    [422, 'HTTP 422'],
  ])('names the account that is refused with %i, and moves the others', async (status, why) => {
    const { id } = agentOf(ANN);
    const owned = customersOf(id);
    server.inject({ method: 'PATCH', path: /^\/accounts\/update$/, status, body: '{}', times: 1 });
    const { followUps, changes } = await client().reassignContacts(accountOf(ANN), byAddress(MARA.email));
    const [left] = customersOf(id);
    expect(changes).toMatchObject([{ moved: owned.length - 1, refused: 1 }]);
    expect(followUps).toEqual([expect.stringContaining(`${left} (${why})`)]);
  });

  it.each([404, 410])('moves an account too that was missing once (%i)', async (status) => {
    server.inject({ method: 'PATCH', path: /^\/accounts\/update$/, status, body: '{}', times: 1 });
    const { changes } = await client().reassignContacts(accountOf(ANN), byAddress(MARA.email));
    expect(changes).toMatchObject([{ refused: 0, gone: 0, remaining: 0 }]);
    expect(customersOf(agentOf(ANN).id)).toEqual([]);
  });

  it('are found although the list of agents was empty once', async () => {
    server.inject({ method: 'GET', path: /^\/users\/list$/, times: 1, status: 200, body: '{"data":[]}' });
    const search = { vendorUserId: null, addresses: [ANN.email], isThorough: true };
    expect(await client().findAgent(search)).toMatchObject([{ account: accountOf(ANN) }]);
  });

  it('asks once more for accounts that are none at all', async () => {
    const body = JSON.stringify({ data: { accounts: [] } });
    server.inject({ method: 'GET', path: /^\/accounts$/, times: 1, status: 200, body });
    const given = await client().reassignContacts(accountOf(ANN), byAddress(MARA.email));
    expect(given).toMatchObject({ status: 'changed' });
  });

  it('ends where Drift gives the first page whatever index is asked for', async () => {
    const accounts = [{ accountId: 'a-1', ownerId: agentOf(MARA).id, name: 'Acme', domain: 'acme.example' }];
    const body = JSON.stringify({ data: { accounts } });
    server.inject({ method: 'GET', path: /^\/accounts$/, status: 200, body });
    await expect(client().reassignContacts(accountOf(ANN), byAddress(MARA.email))).rejects.toMatchObject({
      name: 'VendorResponseError',
      message: expect.stringContaining('repeat'),
    });
  });
});

describe('the end of a seat', () => {
  it('is written as a user, and an agent who is gone is shut', async () => {
    const account = accountOf(ANN);
    expect(await client().deactivateAgent(account)).toMatchObject({ status: 'changed' });
    expect(agentOf(ANN).active).toBe(false);
    expect(writes()).toEqual([
      {
        ...{ method: 'PATCH', path: `/Users/${account.scimId}` },
        body: { schemas: ['urn:scim:schemas:core:2.0'], isActive: false },
      },
    ]);
    expect(await client().deactivateAgent(account)).toEqual({ status: 'already_done' });
  });

  it('is open where SCIM does not know the agent and REST does', async () => {
    const { vendorUserId } = accountOf(ANN);
    await expect(client().deactivateAgent({ vendorUserId, scimId: null })).rejects.toMatchObject({
      name: 'AccountNotManagedError',
    });
    // SCIM has just shown whoever has an id there, and what it refuses is tried again.
    await expect(client().deactivateAgent({ vendorUserId, scimId: 'u-404' })).rejects.toMatchObject({
      name: 'VendorRejectedError',
    });
  });

  it('is written all the same where both surfaces show nobody, and the list does', async () => {
    server.inject({ method: 'GET', path: /^\/users\/\d+$/, status: 410 });
    server.inject({ method: 'GET', path: /^\/Users\/[\w-]+$/, surface: 'scim', status: 404 });
    expect(await client().deactivateAgent(accountOf(ANN))).toMatchObject({ status: 'changed' });
    expect(agentOf(ANN).active).toBe(false);
  });

  it('leaves a leaver who is gone findable by the recorded id, because accounts name it', async () => {
    const account = accountOf(ANN);
    await client().deactivateAgent(account);
    const search = { vendorUserId: account.vendorUserId, otherId: `scim:${account.scimId}` };
    const found = { account, isOpen: false, address: null };
    expect(await client().findAgent({ ...search, addresses: [ANN.email], isThorough: true })).toMatchObject([
      found,
    ]);
    expect(await client().findAgent({ ...search, addresses: [ANN.email] })).toEqual([]);
    expect(await client().reassignContacts(account, byAddress(MARA.email))).toMatchObject({
      status: 'changed',
    });
  });

  it('may be for good: coming back is a follow-up and no error', async () => {
    await client().deactivateAgent(accountOf(ANN));
    const { status, followUps } = await client().provisionAgent(ANN);
    expect(status).toBe('not_found');
    expect(followUps).toEqual([expect.stringContaining(`Give employee ${ANN.employeeId} a seat`)]);
  });

  it('is not told by one refusal of somebody new', async () => {
    server.inject({ method: 'POST', surface: 'scim', status: 409, body: '{}', times: 1 });
    expect(await client().provisionAgent(ZOE)).toMatchObject({ status: 'changed' });
  });

  it('is not told by a read that Drift rejects: nobody passes for somebody without a seat', async () => {
    const reject = (status: number) =>
      server.inject({ method: 'GET', path: /^\/Users/, surface: 'scim', status, body: '{}' });
    reject(409);
    await expect(client().provisionAgent(ZOE)).rejects.toMatchObject({ name: 'VendorRejectedError' });
    server.reset();
    reject(422);
    await expect(client().provisionAgent(ANN, accountOf(ANN))).rejects.toMatchObject({
      name: 'VendorRejectedError',
    });
  });

  it('does not stand in the way of somebody new', async () => {
    expect(await client().provisionAgent(ZOE)).toMatchObject({ status: 'changed' });
    expect(await foundOne('drift', client().findAgent, ZOE.email)).toMatchObject({ status: 'found' });
  });
});

describe('contacts', () => {
  const firstContact = () => {
    const [contact] = server.state.contacts;
    if (contact === undefined) throw new Error('There is no contact.');
    return contact;
  };

  it('are created and changed with the address as an attribute', async () => {
    const email = 'new.one@customer.example';
    const { contactId, outcome } = await contacts().createContact({ email, attributes: { name: 'New' } });
    expect(outcome).toBe('created');
    expect(writes()).toEqual([
      { method: 'POST', path: '/contacts', body: { attributes: { name: 'New', email } } },
    ]);
    const contact = await contacts().findContact(email, contactId);
    expect(contact).toMatchObject({ id: contactId, email, attributes: { name: 'New' } });
    if (contact === null) return;
    const wanted = { email: 'newer.one@customer.example', attributes: { name: 'Newer' } };
    expect(await contacts().updateContact(contact, wanted)).toMatchObject({ outcome: 'updated' });
    expect(server.state.contacts.at(-1)).toMatchObject({
      ...{ email: wanted.email, attributes: { name: 'Newer' } },
    });
  });

  it('of one address are found on every page, the oldest of them', async () => {
    const { id, email } = firstContact();
    Object.assign(firstContact(), { createdAt: 5 });
    server.state.contacts.push({ ...firstContact(), id: 7, createdAt: 3 });
    expect(await contacts().findContact(email, null)).toMatchObject({ id: 7 });
    expect(server.journal.map(({ query }) => query)).toEqual([{ email }, { email, limit: '1', start: '1' }]);
    expect(id).not.toBe(7);
  });

  it('of a known address are changed where Drift refuses to create them', async () => {
    const { id, email } = firstContact();
    expect(await contacts().createContact({ email, attributes: { name: 'Known' } })).toMatchObject({
      ...{ contactId: id, outcome: 'updated' },
    });
    expect(firstContact().attributes).toMatchObject({ name: 'Known' });
  });
});
