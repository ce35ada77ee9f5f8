import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ContactSync, syncRow } from '../../functions/contacts/sync-contact.ts';
import { drift } from '../../functions/drift/client.ts';
import { type ContactStore, contactStore } from '../../functions/tables/contact-store.ts';
import { IDENTITY_TABLE, startTables, type TablesEndpoint } from '../../local/aws/tables.ts';
import { type DriftState, startDrift } from '../../local/vendors/drift.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor } from '../contract-subject.ts';

let tables: TablesEndpoint;
let database: DynamoDBClient;
let store: ContactStore;
let server: VendorServer<DriftState>;
let clock = Date.parse('2026-11-20T09:00:00Z');
let waits: number[] = [];
let runs = 0;
let ids = 0;

beforeAll(async () => {
  tables = await startTables('test');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  database = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  store = contactStore(IDENTITY_TABLE, database);
  server = await startDrift(() => clock);
});
beforeEach(() => {
  server.reset();
  // The tables are shared, and each test has contacts of its own.
  server.state.nextId += ids * 1_000;
  waits = [];
});
afterAll(async () => {
  database.destroy();
  await Promise.all([tables.close(), server.close()]);
});

const newSync = (undeclared: string[] = []): ContactSync => {
  runs += 1;
  const sleep = async (ms: number) => {
    waits.push(ms);
    clock += ms;
  };
  const options = optionsFor(server);
  const client = drift({ ...options, rest: { ...options.rest, now: () => clock }, sleep });
  return { client, store, run: `run-${runs}`, undeclared: new Set(undeclared) };
};
/** A CRM id and address that no other test has. */
const somebody = () => {
  ids += 1;
  return { crmId: `C-${ids}`, email: `somebody.${ids}@customer.example` };
};
const row = (value: unknown, number = 2) => ({
  number,
  value,
  problem: null,
  next: { byte: 0, line: number },
});
const sync = (value: unknown, within = newSync(), number = 2) => syncRow(within, row(value, number));
const contactOf = (email: string) => server.state.contacts.find((contact) => contact.email === email);
const addContact = (email: string, attributes: Record<string, unknown> = {}) => {
  server.state.nextId += 1;
  const times = { createdAt: clock - 86_400_000, updatedAt: clock - 86_400_000 };
  const contact = { id: server.state.nextId, email, ownerId: null, attributes, ...times };
  server.state.contacts.push(contact);
  return contact;
};
const calls = () => server.journal.map(({ method, path }) => `${method} ${path}`);

describe('a contact that Drift does not have', () => {
  it('is looked up, created and read back, and its id is kept', async () => {
    const { crmId, email } = somebody();
    const result = await sync({ crmId, email, name: 'Ida', title: '' });
    const contact = contactOf(email);
    expect(contact?.attributes).toEqual({ name: 'Ida' });
    expect(result).toEqual({ row: 2, crmId, outcome: 'created', contactId: contact?.id, note: null });
    // The list of agents shows the dialect, which an address that is not found does not.
    expect(calls()).toEqual([
      'GET /contacts/by_email',
      'GET /users',
      'POST /contacts',
      `GET /contacts/${contact?.id}`,
    ]);
    expect(server.journal[0]?.query).toEqual({ email });
    expect((await store.find(crmId))?.contactId).toBe(contact?.id);
  });

  it('is new when Drift does not say when it was made', async () => {
    const { crmId, email } = somebody();
    const data = { id: 1, email, attributes: {} };
    server.inject({ method: 'GET', path: /\/\d+$/, status: 200, body: JSON.stringify({ data }) });
    expect(await sync({ crmId, email })).toMatchObject({ outcome: 'created', note: null });
  });

  it('is found although the answer to its creation was lost', async () => {
    const { crmId, email } = somebody();
    server.inject({ method: 'POST', drop: 'after', times: 1 });
    expect(await sync({ crmId, email, name: 'Ida' })).toMatchObject({ outcome: 'created' });
    expect(server.state.contacts.filter((contact) => contact.email === email)).toHaveLength(1);
  });

  it('is not there when its creation never arrived', async () => {
    server.inject({ method: 'POST', drop: 'before', times: 1 });
    await expect(sync({ ...somebody(), name: 'Ida' })).rejects.toThrow('connection failed');
  });

  it('has an address with every character encoded', async () => {
    const { crmId } = somebody();
    const email = `a+b&${crmId}=c@customer.example`;
    await sync({ crmId, email });
    expect(server.journal[0]?.query).toEqual({ email });
    expect(await sync({ crmId: `${crmId}-2`, email })).toMatchObject({ outcome: 'failed' });
  });
});

describe('a contact that Drift has', () => {
  it('is no other than the one with exactly the address', async () => {
    const { crmId, email } = somebody();
    const other = addContact(`not.${email}`, { name: 'Noor' });
    server.inject({ path: /by_email/, status: 200, body: JSON.stringify({ data: other }) });
    expect(await sync({ crmId, email, name: 'Ida' })).toMatchObject({ outcome: 'created' });
    expect(other.attributes).toEqual({ name: 'Noor' });
  });

  it('is sent what differs, and nothing else', async () => {
    const { crmId, email } = somebody();
    const { id } = addContact(email, { name: 'Ida', title: 'Buyer', phone: 1234 });
    const result = await sync({ crmId, email, name: 'Ida', title: 'Owner', phone: '1234' });
    expect(result).toMatchObject({ outcome: 'updated', contactId: id, note: null });
    expect(server.writes().map(({ method, path, body }) => [method, path, body])).toEqual([
      ['PATCH', `/contacts/${id}`, { attributes: { title: 'Owner' } }],
    ]);
  });

  it('is sent what looks like nothing', async () => {
    const { crmId, email } = somebody();
    const { attributes } = addContact(email);
    await sync({ crmId, email, title: 'undefined' });
    expect(attributes).toEqual({ title: 'undefined' });
  });

  it('is not written when nothing differs', async () => {
    const { crmId, email } = somebody();
    const { id } = addContact(email, { name: 'Ida' });
    expect(
      await sync({ crmId, email: email.toUpperCase().toLowerCase(), name: ' Ida ', title: null }),
    ).toMatchObject({
      outcome: 'unchanged',
      contactId: id,
    });
    expect(server.writes()).toEqual([]);
  });

  it('is found by the kept id when its address has changed, and gets the new one', async () => {
    const { crmId, email } = somebody();
    const first = await sync({ crmId, email });
    expect(await sync({ crmId, email: `new.${email}` })).toMatchObject({
      outcome: 'updated',
      contactId: first.contactId,
    });
    expect(contactOf(`new.${email}`)?.id).toBe(first.contactId);
  });

  it('is not given an address that another contact has', async () => {
    const { crmId, email } = somebody();
    await sync({ crmId, email });
    addContact(`taken.${email}`);
    const result = await sync({ crmId, email: `taken.${email}` });
    expect(result).toMatchObject({ outcome: 'failed', note: expect.stringContaining('HTTP 400') });
    expect(result.note).not.toContain('@');
    // It was refused, so there is nothing to look for.
    expect(waits).toEqual([]);
  });

  it('is created again when it was deleted, and the new id is kept', async () => {
    const { crmId, email } = somebody();
    const first = await sync({ crmId, email });
    server.state.contacts = server.state.contacts.filter(({ id }) => id !== first.contactId);
    const second = await sync({ crmId, email });
    expect(second.outcome).toBe('created');
    expect(second.contactId).not.toBe(first.contactId);
    expect((await store.find(crmId))?.contactId).toBe(second.contactId);
    expect(await store.claim(first.contactId ?? 0, 'somebody else')).toBeNull();
  });

  it('counts as changed when the answer was lost and the change shows', async () => {
    const { crmId, email } = somebody();
    addContact(email, { name: 'Ida' });
    server.inject({ method: 'PATCH', drop: 'after', times: 1 });
    expect(await sync({ crmId, email, name: 'Ida Holm' })).toMatchObject({ outcome: 'updated' });
  });

  it.each([
    ['an attribute that it has', { name: 'Ida Holm' }],
    ['one that it has not', { title: 'Owner' }],
  ])('is tried again when a change of %s never arrived', async (_, attributes) => {
    const { crmId, email } = somebody();
    addContact(email, { name: 'Ida' });
    server.inject({ method: 'PATCH', drop: 'before', times: 1 });
    await expect(sync({ crmId, email, ...attributes })).rejects.toThrow('connection failed');
  });

  it('fails its row when a new address was taken and does not show', async () => {
    const { crmId, email } = somebody();
    await sync({ crmId, email });
    server.inject({ method: 'PATCH', forgets: true });
    expect(await sync({ crmId, email: `new.${email}` })).toMatchObject({
      outcome: 'failed',
      note: expect.stringContaining('still shows the old value'),
    });
  });

  it('fails its row when a change was taken and does not show', async () => {
    const { crmId, email } = somebody();
    addContact(email, { name: 'Ida' });
    server.inject({ method: 'PATCH', forgets: true });
    expect(await sync({ crmId, email, name: 'Ida Holm' })).toMatchObject({
      outcome: 'failed',
      note: expect.stringContaining('still shows the old value'),
    });
    expect(waits).toEqual([1000, 2000]);
  });
});

it("gives up no contact that is somebody else's by now", async () => {
  const { crmId } = somebody();
  const result = { row: 2, crmId, outcome: 'created', contactId: 1, note: null } as const;
  await store.claim(ids, 'somebody else');
  const before = { contactId: ids, run: 'run', result };
  await store.write(crmId, { ...before, contactId: ids + 1 }, before);
  expect(await store.claim(ids, crmId)).toBe('somebody else');
});

describe('a silent upsert', () => {
  it('is known by the age of the contact that the returned id names', async () => {
    const { crmId, email } = somebody();
    const { id } = addContact(`Other.Case.${email}`, { name: 'Ida' });
    const result = await sync({ crmId, email: `other.case.${email}`, name: 'Ida', title: 'Owner' });
    expect(result).toMatchObject({ outcome: 'updated', contactId: id });
    expect(result.note).toMatch(/did not find the address, and then changed an existing contact/);
    expect((await store.find(crmId))?.contactId).toBe(id);
  });

  it('is known by the change when the contact was made a moment before', async () => {
    const { crmId, email } = somebody();
    addContact(email.toUpperCase()).createdAt = clock - 60_000;
    expect(await sync({ crmId, email, name: 'Ida' })).toMatchObject({ outcome: 'updated' });
  });

  it('is known by the kept id when the contact is new', async () => {
    const { crmId, email } = somebody();
    const contact = addContact(email.toUpperCase());
    contact.createdAt = clock;
    await store.claim(contact.id, crmId);
    expect(await sync({ crmId, email })).toMatchObject({ outcome: 'updated', contactId: contact.id });
  });

  it('into the contact of another CRM id fails, and says whose has to be mended', async () => {
    const { crmId, email } = somebody();
    const { contactId } = await sync({ crmId, email: email.toUpperCase() });
    const other = await sync({ crmId: `${crmId}-2`, email });
    expect(other).toMatchObject({ outcome: 'failed', contactId });
    expect(other.note).toMatch(new RegExp(`belongs to CRM id ${crmId}: .* Sync ${crmId} again`));
    expect(await store.find(`${crmId}-2`)).toBeNull();
  });

  it('that Drift does not show yet is not taken for undeclared attributes', async () => {
    const { crmId, email } = somebody();
    addContact(email.toUpperCase(), { name: 'Ida' });
    server.inject({ method: 'POST', forgets: true });
    const within = newSync();
    expect(await sync({ crmId, email, name: 'Ida', title: 'Owner' }, within)).toMatchObject({
      note: 'Drift did not find the address, and then changed an existing contact. Drift does not show attribute title; it may not be declared there.',
    });
    expect(within.undeclared).toEqual(new Set());
  });
});

describe('an attribute that nobody declared', () => {
  it('is named in the row, and not sent again by the rows after it', async () => {
    const within = newSync();
    const [one, two] = [somebody(), somebody()];
    const tier = 'Drift dropped attribute tier, because it is not declared there.';
    expect(await sync({ ...one, name: 'Ida', tier: 'gold' }, within)).toMatchObject({
      outcome: 'created',
      note: tier,
    });
    expect(within.undeclared).toEqual(new Set(['tier']));
    addContact(two.email, { name: 'Noor' });
    expect(await sync({ ...two, name: 'Noor', tier: 'gold' }, within, 3)).toMatchObject({
      outcome: 'unchanged',
      note: tier,
    });
    expect(server.writes()).toHaveLength(1);
    expect(waits).toEqual([]);
  });

  it('is no less one when every object has something of its name', async () => {
    const { crmId, email } = somebody();
    expect(await sync({ crmId, email, name: 'Ida', constructor: 'x' })).toMatchObject({
      outcome: 'created',
      note: 'Drift dropped attribute constructor, because it is not declared there.',
    });
  });

  it('is told by the time of the change when it is all that was sent', async () => {
    const { crmId, email } = somebody();
    addContact(email);
    const within = newSync();
    expect(await sync({ crmId, email, tier: 'gold' }, within)).toMatchObject({
      outcome: 'unchanged',
      note: expect.stringContaining('tier'),
    });
    expect([...within.undeclared]).toEqual(['tier']);
    expect(waits).toEqual([]);
  });

  it('is not believed to be one as long as the change may not show yet', async () => {
    const { crmId, email } = somebody();
    addContact(email);
    server.inject({ method: 'PATCH', forgets: true });
    const within = newSync();
    await sync({ crmId, email, title: 'Owner' }, within);
    expect(waits).toEqual([1000, 2000]);
    expect([...within.undeclared]).toEqual([]);
  });
});

it('remembers no more undeclared attributes than travel with an execution', async () => {
  const within = newSync();
  for (const letter of ['a', 'b']) {
    const attributes = Array.from({ length: 60 }, (_, index) => [`${letter}${index}`, 'x']);
    const { note } = await sync({ ...somebody(), ...Object.fromEntries(attributes) }, within);
    expect(note?.match(/is not declared/g)).toHaveLength(60);
  }
  expect(within.undeclared.size).toBe(100);
});

describe('two rows', () => {
  it('with one address: the second fails before anything is written', async () => {
    const { crmId, email } = somebody();
    const first = await sync({ crmId, email, name: 'Ida' });
    const writes = server.writes().length;
    const second = await sync({ crmId: `${crmId}-2`, email, name: 'Noor' });
    expect(second).toMatchObject({ outcome: 'failed', contactId: first.contactId });
    expect(second.note).toContain(`belongs to CRM id ${crmId}: two records`);
    expect(second.note).not.toContain('@');
    expect(server.writes()).toHaveLength(writes);
  });

  it('with one CRM id: the second fails in this run, and is the newer word in the next', async () => {
    const { crmId, email } = somebody();
    const within = newSync();
    await sync({ crmId, email, name: 'Ida' }, within, 2);
    expect(await sync({ crmId, email, name: 'Noor' }, within, 3)).toMatchObject({
      outcome: 'failed',
      note: expect.stringContaining('also in row 2'),
    });
    expect(await sync({ crmId, email, name: 'Noor' })).toMatchObject({ outcome: 'updated' });
  });
});

it('says the same about a row again that was done before a crash, and asks nothing', async () => {
  const within = newSync();
  const contact = { ...somebody(), name: 'Ida', tier: 'gold' };
  const first = await sync(contact, within, 7);
  const asked = calls().length;
  expect(first.outcome).toBe('created');
  expect(await sync(contact, within, 7)).toEqual(first);
  expect(calls()).toHaveLength(asked);
});

describe('a row that cannot be used', () => {
  it('says why it cannot be read', async () => {
    const broken = { ...row(null), problem: 'is not JSON' };
    expect(await syncRow(newSync(), broken)).toMatchObject({ crmId: null, note: 'The row is not JSON.' });
  });

  it.each([
    [{ email: 'a@x.example' }, null, /^crmId: /],
    [{ crmId: '  ', email: 'a@x.example' }, null, /^crmId: /],
    [{ crmId: 'x'.repeat(201), email: 'a@x.example' }, null, /^crmId: /],
    [{ crmId: 'a\u0007', email: 'a@x.example' }, null, /^crmId: must not hold control/],
    [{ crmId: 1.5, email: 'a@x.example' }, null, /^crmId: must be a text or a whole number/],
    [{ crmId: '\ud800', email: 'a@x.example' }, null, /^crmId: must not hold/],
    [{ crmId: 7 }, '7', /^email is missing/],
    [{ crmId: 7, email: 'ida at x.example' }, '7', /^email: /],
    [{ crmId: 7, email: 'a@x.example', tags: ['vip'] }, '7', /^attributes\.tags: must be a text/],
    [{ crmId: 7, email: 'a@x.example', title: 'x'.repeat(4_001) }, '7', /^attributes\.title: /],
    [{ crmId: 7, email: 'a@x.example', title: 'half \ud83d' }, '7', /^attributes\.title: must not hold/],
    [
      {
        crmId: 7,
        email: 'a@x.example',
        ...Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`a${n}`, n])),
      },
      '7',
      /^attributes: must be at most 100/,
    ],
    [[], null, /^input: /],
    ['ida', null, /^input: /],
    [null, null, /^input is missing/],
  ])('%j fails by itself, and Drift is not called', async (value, crmId, reason) => {
    expect(await sync(value)).toEqual({
      row: 2,
      crmId,
      outcome: 'failed',
      contactId: null,
      note: expect.stringMatching(reason),
    });
    expect(calls()).toEqual([]);
  });
});

it.each([429, 500, 403])('does not blame the row for an HTTP %i', async (status) => {
  server.inject({ status, body: '{}' });
  await expect(sync(somebody())).rejects.toThrow(String(status));
});
