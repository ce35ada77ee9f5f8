import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { DrataAccount, drata } from '../../functions/drata/client.ts';
import { VendorRateLimitedError } from '../../functions/shared/errors.ts';
import { shutAccounts } from '../../functions/vendor/shut-accounts.ts';
import { ANN, KENJI, MARA, OLOF, PETRA, type Person, TOMAS, ZOE } from '../../local/vendors/company.ts';
import { startDrata } from '../../local/vendors/drata.ts';
import type { DrataPersonnel, DrataState } from '../../local/vendors/drata-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';

const NOW = Date.UTC(2026, 10, 1, 9);
const LAST_DAY = '2026-11-30';
const LUCJA: Person = {
  employeeId: 'E-3001',
  firstName: 'Łucja',
  lastName: "O'Neil",
  email: 'lucja.oneil@northlight.example',
};
const LUCJA_BODY = { email: LUCJA.email, firstName: LUCJA.firstName, lastName: LUCJA.lastName };

let server: VendorServer<DrataState>;
let now = NOW;

beforeAll(async () => {
  server = await startDrata(() => now);
});
afterEach(() => {
  now = NOW;
  server.reset();
});
afterAll(() => server.close());

const client = () => {
  const options = optionsFor(server);
  return drata({ ...options, rest: { ...options.rest, now: () => now } });
};

const recordOf = (person: Person): DrataPersonnel => {
  const record = server.state.personnel.find(({ email }) => email === person.email);
  if (record === undefined) throw new Error(`${person.email} is not in Drata.`);
  return record;
};

type Hire = Parameters<ReturnType<typeof drata>['createPersonnel']>[0];

const hire = (person: Person, told: Partial<Hire> = {}): Hire => ({
  ...person,
  title: 'Account Executive',
  department: 'Sales',
  employmentType: 'FULL_TIME',
  startDate: '2026-12-01',
  managerEmail: null,
  ...told,
});
const Found = z.object({ account: DrataAccount, others: z.array(DrataAccount) });

/** HR tells no more of anybody. */
const UNTOLD = {
  email: null,
  firstName: null,
  lastName: null,
  title: null,
  department: null,
  employmentType: null,
  startDate: null,
  managerEmail: null,
};

const create = (person: Person, told: Partial<Hire> = {}) =>
  client().createPersonnel(hire(person, told), [person.email]);
const update = (person: Person, told: Partial<Hire> = {}) =>
  client().updatePersonnel(recordOf(person).id, hire(person, told), {
    reopens: true,
    ownAddresses: [person.email],
  });
/** What is new about somebody, as a mover's run tells it. */
const move = (person: Person, news: Partial<typeof UNTOLD | Hire>) =>
  client().updatePersonnel(
    recordOf(person).id,
    { ...UNTOLD, employeeId: person.employeeId, ...news },
    { reopens: false, ownAddresses: [person.email] },
  );

const searchFor = (address: string) => ({ vendorUserId: null, addresses: [address] });

const calls = (method: string, path: RegExp) =>
  server.journal.filter((entry) => entry.method === method && path.test(entry.path));
const listCalls = () => calls('GET', /^\/personnel$/);
const bodies = () => server.writes().map(({ method, body }) => ({ method, body }));

const thrownBy = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('no error'),
    (error: Error) => error,
  );

const ask = (method: string, path: string, body?: unknown) =>
  fetch(`${server.baseUrls.rest}${path}`, {
    method,
    redirect: 'manual',
    headers: { authorization: `Bearer ${server.tokens.rest}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe('findPersonnel', () => {
  const find = (vendorUserId: string | null, ...addresses: string[]) =>
    client().findPersonnel({ vendorUserId, addresses });
  const idsFound = async (vendorUserId: string | null, ...addresses: string[]) =>
    (await find(vendorUserId, ...addresses)).map(({ account }) => account.vendorUserId);

  it('shows what decides whose a record is, inactive ones too', async () => {
    expect(await find(null, ANN.email)).toEqual([
      {
        account: { vendorUserId: recordOf(ANN).id },
        address: ANN.email,
        externalId: ANN.employeeId,
        name: 'Ann Lee',
        facts: { title: 'Account Executive', department: 'Sales' },
        role: 'MEMBER',
        isOpen: true,
      },
    ]);
    expect(await find(null, PETRA.email)).toMatchObject([{ isOpen: false }]);
    // No filter, which would hide the inactive ones.
    expect(listCalls().map(({ query }) => query)).toContainEqual({ page: '1', limit: '100' });
  });

  it('takes what is empty for what is not told', async () => {
    Object.assign(recordOf(ANN), { externalId: '', firstName: '', lastName: ' ' });
    expect(await find(null, ANN.email)).toMatchObject([{ externalId: null, name: null }]);
  });

  it('finds the recorded record in the same walk, whatever its address is by now', async () => {
    const { id } = recordOf(ANN);
    recordOf(ANN).email = 'renamed@northlight.example';
    expect(await idsFound(id, ANN.email, MARA.email)).toEqual([recordOf(MARA).id, id]);
    expect(new Set(server.journal.map(({ path }) => path))).toEqual(new Set(['/personnel']));
  });

  it('asks for the recorded record that the walk did not show', async () => {
    const { id } = recordOf(ANN);
    const body = JSON.stringify({ data: [], total: 0 });
    server.inject({ path: /^\/personnel$/, status: 200, body });
    expect(await idsFound(id, ANN.email)).toEqual([id]);
  });

  it('asks once more where nobody at all is shown', async () => {
    const body = JSON.stringify({ data: [], total: 0 });
    server.inject({ path: /^\/personnel$/, times: 1, status: 200, body });
    expect(await idsFound(null, ANN.email)).toEqual([recordOf(ANN).id]);
  });

  it('goes by the address when the recorded id is gone', async () => {
    const gone = '00000000-0000-4000-8000-000000000000';
    expect(await idsFound(gone, ANN.email)).toEqual([recordOf(ANN).id]);
  });

  it('puts nothing but an id into a path', async () => {
    await find('../controls', ANN.email);
    await find(ANN.email, ANN.email);
    expect(new Set(server.journal.map(({ path }) => path))).toEqual(new Set(['/personnel']));
  });

  it('finds an address that Drata keeps in mixed case', async () => {
    expect(await find(null, TOMAS.email)).toHaveLength(1);
  });

  it.each([' ', '\u00a0', '\t', '\u200b'])('does not mind %j around the address in Drata', async (blank) => {
    const ann = recordOf(ANN);
    ann.email = `${blank}${ANN.email}${blank}`;
    expect(await idsFound(null, ANN.email)).toEqual([ann.id]);
  });

  it('finds who has an earlier address', async () => {
    expect(await idsFound(null, 'nobody@northlight.example', ANN.email)).toEqual([recordOf(ANN).id]);
  });

  it('finds all that have the address, on whatever page, and the find step refuses to guess', async () => {
    const twin = { ...recordOf(MARA), id: 'twin', email: MARA.email.toUpperCase() };
    server.state.personnel.push(twin);
    expect(await idsFound(null, MARA.email)).toEqual([recordOf(MARA).id, 'twin']);
    const error = await thrownBy(foundOne('drata', client().findPersonnel, MARA.email));
    expect(error.name).toBe('AmbiguousUserError');
    expect(error.message).toContain('twin');
  });

  it('does not take a record for two that slipped to the next page during the walk', async () => {
    server.state.personnel.push({ ...recordOf(MARA) });
    expect(await find(null, MARA.email)).toHaveLength(1);
  });
});

describe('paging', () => {
  it('walks on to an empty page when there is no total', async () => {
    server.state.omitsTotal = true;
    expect(await client().findPersonnel(searchFor(ZOE.email))).toHaveLength(1);
    expect(listCalls().map(({ query }) => query.page)).toEqual(['1', '2', '3']);
  });

  it.each([false, true])(
    'does not take a short page for the last when the server caps the limit (no total: %s)',
    async (omitsTotal) => {
      Object.assign(server.state, { omitsTotal, maxLimit: 40 });
      expect(await client().findPersonnel(searchFor(ZOE.email))).toHaveLength(1);
      expect(listCalls()).toHaveLength(omitsTotal ? 5 : 4);
    },
  );

  it.each([false, true])(
    'fails at once where the server gives the first page for every number (no total: %s)',
    async (omitsTotal) => {
      server.state.omitsTotal = omitsTotal;
      const { rest, ...options } = optionsFor(server);
      const firstPage: typeof fetch = (url, init) => fetch(String(url).replace(/page=\d+/, 'page=1'), init);
      const { listCompliance } = drata({ ...options, rest: { ...rest, fetch: firstPage } });
      const { next } = await listCompliance(null);
      await expect(listCompliance(next)).rejects.toThrow('repeat or never end');
    },
  );

  it('goes on where a record added meanwhile moved the last one on to a page of its own', async () => {
    server.state.omitsTotal = true;
    server.state.personnel = server.state.personnel.slice(0, 100);
    const [ann, last] = [recordOf(ANN), server.state.personnel.at(-1)];
    const { next } = await client().listCompliance(null);
    server.state.personnel.unshift({ ...ann, id: 'added' });
    const { records } = await client().listCompliance(next);
    expect(records.map(({ personnelId }) => personnelId)).toEqual([last?.id]);
  });

  it('stops once the total has arrived, also on a full page', async () => {
    server.state.personnel = server.state.personnel.slice(0, 100);
    await client().findPersonnel(searchFor('nobody@northlight.example'));
    expect(listCalls()).toHaveLength(1);
  });
});

describe('createPersonnel, of somebody new', () => {
  it('sends what HR tells, confirms by id, and takes the manager from the same pages', async () => {
    const result = await create(LUCJA, { managerEmail: MARA.email.toUpperCase() });
    const { id } = recordOf(LUCJA);
    expect(result).toEqual({
      status: 'changed',
      account: { vendorUserId: id },
      changes: [{ what: 'personnel created', login: 'opened' }],
    });
    expect(server.journal.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /personnel',
      'GET /personnel',
      'POST /personnel',
      `GET /personnel/${id}`,
    ]);
    expect(server.writes()[0]?.body).toEqual({
      email: LUCJA.email,
      firstName: 'Łucja',
      lastName: "O'Neil",
      title: 'Account Executive',
      department: 'Sales',
      employmentType: 'FULL_TIME',
      startDate: '2026-12-01',
      externalId: 'E-3001',
      managerId: recordOf(MARA).id,
    });
  });

  it('does not send what HR does not tell', async () => {
    await create(LUCJA, { title: null, department: null, employmentType: null });
    expect(Object.keys(Object(server.writes()[0]?.body)).sort()).toEqual([
      'email',
      'externalId',
      'firstName',
      'lastName',
      'startDate',
    ]);
  });

  it('leaves a manager whom Drata does not know to a person, without naming anybody', async () => {
    const result = await create(LUCJA, { managerEmail: 'nobody@northlight.example' });
    const { id, managerId } = recordOf(LUCJA);
    expect(managerId).toBeNull();
    expect(result).toMatchObject({ status: 'changed', account: { vendorUserId: id } });
    expect(result.followUps).toEqual([expect.stringContaining(`Set the manager of Drata personnel ${id};`)]);
    expect(JSON.stringify(result)).not.toContain('@');
  });

  it('does not guess between two managers, and creates the record all the same', async () => {
    server.state.personnel.push({ ...recordOf(MARA), id: 'twin' });
    const result = await create(LUCJA, { managerEmail: MARA.email });
    expect(result).toMatchObject({ status: 'changed', followUps: [expect.any(String)] });
    expect(recordOf(LUCJA).managerId).toBeNull();
  });

  it('does not wait for the compliance status, which is PENDING for minutes', async () => {
    await create(LUCJA);
    const { id } = recordOf(LUCJA);
    const status = async () => Object(await (await ask('GET', `/personnel/${id}`)).json()).complianceStatus;
    expect(await status()).toBe('PENDING');
    expect(await create(LUCJA)).toMatchObject({ status: 'already_done' });
    now += 5 * 60 * 1000;
    expect(await status()).toBe('NON_COMPLIANT');
    // The second POST was refused.
    expect(server.writes().map(({ status }) => status)).toEqual([201, 409]);
  });

  it('finds what it created when the answer was lost, and reads it by id from then on', async () => {
    server.inject({ method: 'POST', drop: 'after' });
    expect(await create(LUCJA)).toMatchObject({
      status: 'changed',
      account: { vendorUserId: recordOf(LUCJA).id },
    });
    expect(calls('POST', /./)).toHaveLength(1);
    expect(listCalls()).toHaveLength(2);
  });

  it('reads back once more when the new record does not show at once', async () => {
    server.inject({ method: 'GET', path: /^\/personnel\/./, status: 404, times: 1 });
    expect(await create(LUCJA)).toMatchObject({ status: 'changed' });
    expect(listCalls()).toEqual([]);
  });

  it('does not believe a creation that reading back does not confirm', async () => {
    server.inject({ method: 'POST', forgets: true });
    expect((await thrownBy(create(LUCJA))).name).toBe('VendorUnconfirmedError');
    expect(calls('POST', /./)).toHaveLength(1);
  });
});

describe('updatePersonnel, at a hire', () => {
  it('adds to what the identity provider brought, and only what differs', async () => {
    const zoe = recordOf(ZOE);
    const result = await update(ZOE, { managerEmail: MARA.email });
    expect(result).toEqual({
      status: 'changed',
      account: { vendorUserId: zoe.id },
      changes: [{ what: 'personnel updated' }],
    });
    expect(bodies()).toEqual([
      {
        method: 'PATCH',
        body: {
          title: 'Account Executive',
          department: 'Sales',
          employmentType: 'FULL_TIME',
          startDate: '2026-12-01',
          externalId: ZOE.employeeId,
          managerId: recordOf(MARA).id,
        },
      },
    ]);
    expect(listCalls()).toHaveLength(2);
  });

  it('has nothing to do the second time', async () => {
    await update(ZOE);
    server.journal.length = 0;
    expect(await update(ZOE)).toEqual({
      status: 'already_done',
      account: { vendorUserId: recordOf(ZOE).id },
    });
    expect(server.journal.map(({ method }) => method)).toEqual(['GET']);
  });

  it('clears nothing that HR does not tell', async () => {
    const before = structuredClone(recordOf(ANN));
    await update(ANN, { title: null, department: null, employmentType: null });
    expect(bodies()).toEqual([{ method: 'PATCH', body: { startDate: '2026-12-01' } }]);
    expect(recordOf(ANN)).toEqual({ ...before, startDate: '2026-12-01' });
  });

  it('brings back somebody who is hired again, in one PATCH', async () => {
    await update(KENJI);
    expect(bodies()).toEqual([
      { method: 'PATCH', body: { startDate: '2026-12-01', isActive: true, endDate: null } },
    ]);
    expect(recordOf(KENJI)).toMatchObject({ isActive: true, endDate: null, startDate: '2026-12-01' });
  });

  it.each([
    [{ isActive: true, endDate: '2024-06-28' }, { endDate: null }],
    [{ isActive: false, endDate: null }, { isActive: true }],
  ])('takes neither half of an ended record for a running one: %o', async (half, mended) => {
    Object.assign(recordOf(KENJI), half, { startDate: '2026-12-01' });
    await update(KENJI);
    expect(bodies()).toEqual([{ method: 'PATCH', body: mended }]);
  });

  it('takes an empty end date for none', async () => {
    Object.assign(recordOf(KENJI), { isActive: true, endDate: '', startDate: '2026-12-01' });
    expect(await update(KENJI)).toMatchObject({ status: 'already_done' });
    expect(bodies()).toEqual([]);
  });

  it('writes a new address and needs no list when no manager is named', async () => {
    const { id } = recordOf(ZOE);
    const email = 'zoe.renamed@northlight.example';
    expect(await update(ZOE, { email })).toMatchObject({ status: 'changed', account: { vendorUserId: id } });
    expect(bodies()[0]?.body).toMatchObject({ email });
    expect(server.journal.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `GET /personnel/${id}`,
      `PATCH /personnel/${id}`,
      `GET /personnel/${id}`,
    ]);
  });

  it('walks for the manager alone', async () => {
    await update(ZOE, { managerEmail: OLOF.email });
    expect(recordOf(ZOE).managerId).toBe(recordOf(OLOF).id);
    expect(listCalls()).toHaveLength(2);
  });

  it('does without what HR does not tell, where an offboarding is taken back', async () => {
    const options = { reopens: true, ownAddresses: [KENJI.email] };
    const told = { ...UNTOLD, employeeId: KENJI.employeeId };
    await client().updatePersonnel(recordOf(KENJI).id, told, options);
    expect(bodies()).toEqual([{ method: 'PATCH', body: { isActive: true, endDate: null } }]);
  });

  it('compares dates by their day', async () => {
    server.state.datesCarryTime = true;
    expect(await update(KENJI)).toMatchObject({ status: 'changed' });
    expect(await update(KENJI)).toMatchObject({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('does not believe an update that reading back does not confirm', async () => {
    server.inject({ method: 'PATCH', forgets: true });
    expect((await thrownBy(update(ZOE))).name).toBe('VendorUnconfirmedError');
  });
});

describe('updatePersonnel, of somebody of whom something is new', () => {
  it('writes what is new and nothing else, and the second time nothing', async () => {
    const before = structuredClone(recordOf(ANN));
    const news = { lastName: 'Novák', title: 'Team Lead', startDate: '2026-12-01' };
    expect(await move(ANN, news)).toEqual({
      status: 'changed',
      account: { vendorUserId: before.id },
      changes: [{ what: 'personnel updated' }],
    });
    expect(bodies()).toEqual([{ method: 'PATCH', body: { lastName: 'Novák', title: 'Team Lead' } }]);
    expect(recordOf(ANN)).toEqual({ ...before, lastName: 'Novák', title: 'Team Lead' });
    expect(await move(ANN, news)).toMatchObject({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('brings nobody back', async () => {
    await move(KENJI, { title: 'Team Lead' });
    expect(recordOf(KENJI)).toMatchObject({ title: 'Team Lead', isActive: false, endDate: '2024-06-28' });
  });

  it('writes nothing for what reads the same', async () => {
    const news = { firstName: ' Ann ', title: 'Account  Executive', email: ANN.email.toUpperCase() };
    expect(await move(ANN, news)).toMatchObject({ status: 'already_done' });
  });

  it('stops at an address that somebody else has', async () => {
    const error = await thrownBy(move(ANN, { email: MARA.email }));
    expect(error.name).toBe('VendorRejectedError');
  });

  it('follows a new manager', async () => {
    await move(ANN, { managerEmail: OLOF.email });
    expect(bodies()).toEqual([{ method: 'PATCH', body: { managerId: recordOf(OLOF).id } }]);
  });
});

describe('nobody is made their own manager', () => {
  it('by their own address', async () => {
    expect(await move(ANN, { managerEmail: ANN.email.toUpperCase() })).toEqual({
      status: 'already_done',
      account: { vendorUserId: recordOf(ANN).id },
    });
    const created = await create(LUCJA, { managerEmail: LUCJA.email });
    expect(created).not.toHaveProperty('followUps');
    expect(recordOf(LUCJA).managerId).toBeNull();
  });

  it('by an address that the record has in Drata, and HR does not know', async () => {
    const result = await client().updatePersonnel(
      recordOf(ANN).id,
      { ...UNTOLD, employeeId: ANN.employeeId, managerEmail: ANN.email },
      { reopens: false, ownAddresses: ['ann@northlight.example'] },
    );
    expect(result).toEqual({ status: 'already_done', account: { vendorUserId: recordOf(ANN).id } });
    expect(server.writes()).toEqual([]);
  });
});

describe('createPersonnel, when the POST answers 409', () => {
  it('looks again and updates the record; it does not create again', async () => {
    expect(await create(ZOE)).toEqual({
      status: 'changed',
      account: { vendorUserId: recordOf(ZOE).id },
      changes: [{ what: 'personnel updated' }],
    });
    expect(server.writes().map(({ method, status }) => [method, status])).toEqual([
      ['POST', 409],
      ['PATCH', 200],
    ]);
    expect(recordOf(ZOE)).toMatchObject({ externalId: ZOE.employeeId, startDate: '2026-12-01' });
  });

  it('changes nothing when another run has just created the same', async () => {
    await create(LUCJA);
    expect(await create(LUCJA)).toEqual({
      status: 'already_done',
      account: { vendorUserId: recordOf(LUCJA).id },
    });
    expect(calls('PATCH', /./)).toEqual([]);
  });

  it('hands an address that is taken and yet not listed to a person', async () => {
    server.inject({ method: 'GET', status: 200, body: JSON.stringify({ data: [], total: 0 }) });
    const error = await thrownBy(create(ZOE));
    expect(error.name).toBe('VendorRejectedError');
    expect(error.message).toContain('taken and yet not listed');
    expect(server.writes()).toHaveLength(1);
  });

  it('passes every other refusal on', async () => {
    const error = await thrownBy(create(LUCJA, { employmentType: 'INTERN' }));
    expect(error.name).toBe('VendorRejectedError');
    expect(error.message).toContain('HTTP 400');
    expect(listCalls()).toEqual([]);
  });
});

describe('deactivatePersonnel', () => {
  it('sends both fields in one PATCH and reads back', async () => {
    const { id } = recordOf(ANN);
    expect(await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true })).toEqual({
      status: 'changed',
      changes: [{ what: 'personnel deactivated', login: 'shut' }],
      followUps: [expect.stringContaining('Access Control')],
    });
    expect(bodies()).toEqual([{ method: 'PATCH', body: { isActive: false, endDate: LAST_DAY } }]);
    expect(server.state.offboarded).toEqual([id]);
    expect(server.journal.map(({ method, path }) => `${method} ${path.split('/')[1]}`)).toEqual([
      'GET personnel',
      'PATCH personnel',
      'GET personnel',
      'GET controls',
    ]);
  });

  it.each([
    ['is inactive without an end date', { isActive: false, endDate: null }],
    ['is active with the end date', { isActive: true, endDate: LAST_DAY }],
    ['is inactive with another end date', { isActive: false, endDate: '2024-06-28' }],
  ])('is not done while the record %s', async (_case, half) => {
    const ann = recordOf(ANN);
    Object.assign(ann, half);
    expect(await client().deactivatePersonnel(ann.id, LAST_DAY, { isKnown: true })).toMatchObject({
      status: 'changed',
    });
    expect(server.state.offboarded).toEqual([ann.id]);
    expect(recordOf(ANN)).toMatchObject({ isActive: false, endDate: LAST_DAY });
  });

  it('writes nothing when both are so already', async () => {
    Object.assign(recordOf(ANN), { isActive: false, endDate: LAST_DAY });
    expect(await client().deactivatePersonnel(recordOf(ANN).id, LAST_DAY, { isKnown: true })).toMatchObject({
      status: 'already_done',
    });
    expect(server.writes()).toEqual([]);
  });

  it('compares dates by their day', async () => {
    server.state.datesCarryTime = true;
    const { id } = recordOf(ANN);
    expect(await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true })).toMatchObject({
      status: 'changed',
    });
    expect(await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true })).toMatchObject({
      status: 'already_done',
    });
  });

  it('leaves the end date of a record that has ended when nobody knows who leaves', async () => {
    const { id } = recordOf(ANN);
    Object.assign(recordOf(ANN), { isActive: false, endDate: '2024-06-28' });
    expect(await client().deactivatePersonnel(id, LAST_DAY, { isKnown: false })).toMatchObject({
      status: 'already_done',
    });
    expect(recordOf(ANN).endDate).toBe('2024-06-28');
    expect(await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true })).toMatchObject({
      status: 'changed',
      changes: [{ what: 'end date set' }],
    });
    expect(recordOf(ANN).endDate).toBe(LAST_DAY);
  });

  it('names every control that the leaver owns, whatever page it is on, and nobody else’s', async () => {
    const { id } = recordOf(ANN);
    server.state.maxLimit = 2;
    server.state.controls = Array.from({ length: 7 }, (_, index) => ({
      id: `control-${index}`,
      name: `Control ${index}`,
      status: 'PASSING',
      ownerId: index % 3 === 0 ? id : recordOf(MARA).id,
    }));
    const { followUps } = await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true });
    expect(followUps).toEqual([
      `Give the controls that Drata personnel ${id} owns to somebody else: Control 0 (control-0), Control 3 (control-3), Control 6 (control-6).`,
    ]);
    server.state.controls = [];
    expect(await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true })).toEqual({
      status: 'already_done',
      followUps: [],
    });
  });

  it('names so many controls as the state machine can pass on, and says how many more there are', async () => {
    const { id } = recordOf(ANN);
    server.state.controls = Array.from({ length: 1_500 }, (_, index) => ({
      id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
      name: `Control ${index} of those that the company has to keep to all the time`,
      status: 'PASSING',
      ownerId: id,
    }));
    const { followUps } = await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true });
    expect(followUps?.[0]?.match(/Control \d+ of/g)).toHaveLength(200);
    expect(followUps?.[0]).toMatch(/, and 1300 more\.$/);
  });

  it('is done although the key may not read controls, and asks a person to look', async () => {
    const { id } = recordOf(ANN);
    server.inject({ method: 'GET', path: /\/controls$/, status: 403 });
    const result = await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true });
    expect(result).toMatchObject({
      status: 'changed',
      followUps: [expect.stringContaining('controls:read')],
    });
    expect(recordOf(ANN)).toMatchObject({ isActive: false });
  });

  it('shuts a second open record of the leaver too', async () => {
    const twin = { ...recordOf(ANN), id: 'twin' };
    Object.assign(recordOf(ANN), { isActive: false, endDate: LAST_DAY });
    server.state.personnel.push(twin);
    const found = await foundOne('drata', client().findPersonnel, ANN.email, recordOf(ANN).id);
    const leaver = z.parse(Found, found);
    expect(leaver.others).toEqual([{ vendorUserId: 'twin' }]);
    const shut = ({ vendorUserId }: { vendorUserId: string }) =>
      client().deactivatePersonnel(vendorUserId, LAST_DAY, { isKnown: true });
    expect(await shutAccounts(leaver, shut)).toMatchObject({
      status: 'changed',
      changes: [{ what: 'personnel deactivated (second account twin)' }],
    });
    expect(twin).toMatchObject({ isActive: false, endDate: LAST_DAY });
  });

  it('keeps the record', async () => {
    const { length } = server.state.personnel;
    await client().deactivatePersonnel(recordOf(ANN).id, LAST_DAY, { isKnown: true });
    expect(server.state.personnel).toHaveLength(length);
    expect(calls('DELETE', /./)).toEqual([]);
  });

  it('fails when there is no such record', async () => {
    const error = await thrownBy(client().deactivatePersonnel('gone', LAST_DAY, { isKnown: true }));
    expect(error.name).toBe('VendorRejectedError');
    expect(server.writes()).toEqual([]);
  });
});

// The guide calls it a summary, and shows none.
describe.each([
  { trainingStatus: { courses: [{ name: 'Security Awareness', done: false }], due: { days: 3 } } },
  { trainingStatus: [{ name: 'Security Awareness' }] },
  { trainingStatus: 'IN_PROGRESS' },
  { trainingStatus: undefined },
])('a training status of another form, such as %j,', ({ trainingStatus }) => {
  const record = () => JSON.stringify({ ...recordOf(ANN), trainingStatus });

  it('stops nobody from being offboarded', async () => {
    const { id } = recordOf(ANN);
    server.inject({ method: 'GET', path: /^\/personnel\/[^/]+$/, status: 200, body: record(), times: 1 });
    expect(await client().deactivatePersonnel(id, LAST_DAY, { isKnown: true })).toMatchObject({
      status: 'changed',
    });
  });

  it('is listed as it is', async () => {
    server.inject({ path: /^\/personnel$/, status: 200, body: `{"data":[${record()}]}` });
    const { records } = await client().listCompliance(null);
    expect(records).toMatchObject([
      { personnelId: recordOf(ANN).id, trainingStatus: trainingStatus ?? null },
    ]);
  });
});

describe('the rate limit', () => {
  it.each(['seconds', 'date'] as const)(
    'is waited for as Retry-After says in its form of %s',
    async (form) => {
      server.state.retryAfter = form;
      await Promise.all(Array.from({ length: 600 }, () => ask('GET', '/controls')));
      const error = await thrownBy(client().findPersonnel(searchFor(ANN.email)));
      expect(error).toBeInstanceOf(VendorRateLimitedError);
      expect(error).toMatchObject({ retryAfterMs: 61_000 });
    },
  );
});

describe('checkTraining', () => {
  const MINUTE_MS = 60_000;
  const DAY_MS = 86_400_000;
  const LONG_AGO = '2025-01-15';
  const check = (id: string) => client().checkTraining(id);
  const hired = async () => {
    const { account } = await create(LUCJA);
    return String(account?.vendorUserId);
  };
  /** Lets Drata show these lists for everybody. */
  const show = (trainings: object[], backgroundChecks: object[]) => {
    const body = (list: object) => ({ status: 200, body: JSON.stringify({ personnelId: 'x', ...list }) });
    server.inject({ path: /training$/, ...body({ trainings }) });
    server.inject({ path: /background-checks$/, ...body({ backgroundChecks }) });
  };
  const DONE = { name: 'Security Awareness', status: 'COMPLETED', completedAt: LONG_AGO };
  const PASSED = { status: 'PASSED', completedAt: LONG_AGO };

  it('takes a record that Drata has not evaluated for pending, and follows it until all is complete', async () => {
    const id = await hired();
    expect(await check(id)).toEqual({
      status: 'pending',
      missing: ['no training is assigned', 'no background check', 'compliance status (PENDING)'],
    });
    now += 10 * MINUTE_MS;
    expect(await check(id)).toEqual({
      status: 'pending',
      missing: ['training Security Awareness (ASSIGNED)', 'background check (PENDING)'],
    });
    now += 3 * DAY_MS;
    expect(await check(id)).toEqual({ status: 'pending', missing: ['background check (PENDING)'] });
    now += 2 * DAY_MS;
    expect(await check(id)).toEqual({ status: 'complete', missing: [] });
  });

  it('does not believe what is complete while Drata still evaluates, as more may be assigned', async () => {
    const id = await hired();
    show([DONE], [PASSED]);
    expect(await check(id)).toEqual({ status: 'pending', missing: ['compliance status (PENDING)'] });
    now += 10 * MINUTE_MS;
    expect((await check(id)).status).toBe('complete');
  });

  it('takes nothing assigned for complete only where Drata calls the person compliant', async () => {
    show([], []);
    expect((await check(recordOf(ANN).id)).status).toBe('complete');
    recordOf(ANN).complianceStatus = 'NON_COMPLIANT';
    expect(await check(recordOf(ANN).id)).toEqual({
      status: 'pending',
      missing: ['no training is assigned', 'no background check'],
    });
  });

  it.each(['FAILED', 'EXPIRED'])(
    'tells a background check that is %s from one to wait for',
    async (status) => {
      show([DONE], [{ status }]);
      expect(await check(recordOf(ANN).id)).toEqual({
        status: 'refused',
        missing: [`background check (${status})`],
      });
    },
  );

  it.each([
    ['EXPIRED', '2019-05-01', 'complete'],
    ['FAILED', '2026-05-01', 'refused'],
    ['FAILED', null, 'refused'],
    ['PENDING', null, 'pending'],
  ])(
    'lets a check that passed make up for one that was %s on %s: %s',
    async (status, completedAt, outcome) => {
      show([DONE], [PASSED, { status, completedAt }]);
      expect((await check(recordOf(ANN).id)).status).toBe(outcome);
    },
  );

  it('waits for a training that was failed or expired, which is taken again, and for what it does not know', async () => {
    show([{ name: 'Privacy', status: 'FAILED' }, { status: 'EXPIRED' }, DONE], [{ status: 'IN_REVIEW' }, {}]);
    expect(await check(recordOf(ANN).id)).toEqual({
      status: 'pending',
      missing: [
        'training Privacy (FAILED)',
        'training without a name (EXPIRED)',
        'background check (IN_REVIEW)',
        'background check (no status)',
      ],
    });
  });

  it('asks nothing more about somebody who left, or whose record is gone', async () => {
    expect(await check(recordOf(KENJI).id)).toEqual({ status: 'left', missing: [] });
    expect(await check('00000000-0000-4000-8000-000000000000')).toEqual({ status: 'gone', missing: [] });
    expect(server.journal).toHaveLength(2);
  });
});

describe('the simulated Drata', () => {
  it.each([
    { complianceStatus: 'COMPLIANT' },
    { trainingStatus: { assigned: 0 } },
    { id: 'other' },
    { employmentType: 'INTERN' },
    { endDate: '30.11.2026' },
    { firstName: null },
    { managerId: 'nobody' },
  ])('refuses to write %o', async (body) => {
    const before = structuredClone(recordOf(ANN));
    expect((await ask('PATCH', `/personnel/${before.id}`, body)).status).toBe(400);
    expect((await ask('POST', '/personnel', { ...LUCJA_BODY, ...body })).status).toBe(400);
    expect(recordOf(ANN)).toEqual(before);
  });

  it('refuses to delete', async () => {
    expect((await ask('DELETE', `/personnel/${recordOf(ANN).id}`)).status).toBe(405);
  });

  it('refuses a known address whatever its case', async () => {
    const body = { ...LUCJA_BODY, email: ANN.email.toUpperCase() };
    expect((await ask('POST', '/personnel', body)).status).toBe(409);
  });

  it('does not count two halves as an offboarding', async () => {
    const { id } = recordOf(ANN);
    await ask('PATCH', `/personnel/${id}`, { isActive: false });
    await ask('PATCH', `/personnel/${id}`, { endDate: LAST_DAY });
    expect(server.state.offboarded).toEqual([]);
  });

  it('shows 25 unless asked, at most 100, and the active ones when asked', async () => {
    const list = async (query: string) => Object(await (await ask('GET', `/personnel${query}`)).json());
    expect((await list('')).data).toHaveLength(25);
    expect(await list('?limit=500')).toMatchObject({ limit: 100, total: server.state.personnel.length });
    expect((await list('?isActive=true')).total).toBe(server.state.personnel.length - 2);
  });

  it.each(['training', 'background-checks'])('shows %s and nothing of it can be written', async (what) => {
    const { id } = recordOf(ANN);
    expect(await (await ask('GET', `/personnel/${id}/${what}`)).json()).toMatchObject({ personnelId: id });
    expect((await ask('POST', `/personnel/${id}/${what}`, {})).status).toBe(404);
  });
});
