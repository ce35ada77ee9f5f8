import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { drata } from '../../functions/drata/client.ts';
import { drataHandOver } from '../../functions/drata/hand-over-controls.ts';
import { memoryJournal } from '../../functions/vendor/hand-over-journal.ts';
import { ANN, COLLEAGUES, MARA, PETRA, type Person, ZOE } from '../../local/vendors/company.ts';
import { startDrata } from '../../local/vendors/drata.ts';
import { liveId } from '../../local/vendors/drata-live.ts';
import { inLiveDialect, optionsFor } from '../contract-subject.ts';
import { byAddress } from '../new-owner.ts';

const NOW = Date.UTC(2026, 10, 2);
let now = NOW;
let guide: Awaited<ReturnType<typeof startDrata>>;
let server: typeof guide;
const client = (pageSize?: number) => drata(optionsFor(server, pageSize === undefined ? {} : { pageSize }));

beforeAll(async () => {
  guide = await startDrata(() => now);
  server = inLiveDialect(guide);
});
afterEach(() => {
  now = NOW;
  server.reset();
});
afterAll(() => server.close());

const recordOf = ({ email }: Person) => {
  const found = server.state.personnel.find((personnel) => personnel.email.toLowerCase() === email);
  if (found === undefined) throw new Error(`${email} is not seeded.`);
  return found;
};
const idOf = (person: Person) => String(liveId(recordOf(person).id));
const hire = (person: Person) => ({
  ...person,
  title: 'Account Executive',
  department: 'Sales',
  employmentType: 'FULL_TIME',
  startDate: '2026-12-01',
  managerEmail: MARA.email,
});
const end = (person: Person) => client().deactivatePersonnel(idOf(person), '2026-11-30', { isKnown: true });

describe('the other dialect', () => {
  it.each([
    ['the guide’s client at today’s API', 'guide'],
    ['the live client at the guide’s API', 'live'],
  ] as const)('is told by the answer: %s names the setting and writes nothing', async (_, dialect) => {
    server.expectStrangers();
    const where = dialect === 'guide' ? server : guide;
    const stranger = drata({ ...optionsFor(where), dialect });
    await expect(
      stranger.findPersonnel({ vendorUserId: null, addresses: [ANN.email], isThorough: true }),
    ).rejects.toMatchObject({
      name: 'VendorResponseError',
      message: expect.stringContaining('DRATA_DIALECT'),
    });
    expect(server.writes()).toEqual([]);
  });
});

describe('finding', () => {
  it('takes one call where the address is written as Drata has it', async () => {
    const found = await client().findPersonnel({ vendorUserId: null, addresses: [ANN.email] });
    expect(found).toMatchObject([{ account: { vendorUserId: idOf(ANN) }, name: 'Ann Lee', isOpen: true }]);
    expect(server.journal.map(({ path }) => path)).toEqual([
      `/personnel/email:${encodeURIComponent(ANN.email)}`,
    ]);
  });

  it('shows a leaver whose recorded id only the list has', async () => {
    server.inject({ method: 'GET', path: /^\/personnel\/./, status: 404 });
    const leaver = { vendorUserId: idOf(ANN), addresses: ['ann.new@northlight.example'], isThorough: true };
    expect(await client().findPersonnel(leaver)).toMatchObject([{ address: ANN.email }]);
  });

  it.each([400, 422])('reads the list where Drata takes an address for none (%i)', async (status) => {
    server.inject({ method: 'GET', path: /^\/personnel\/email:/, status, body: '{}' });
    const search = { vendorUserId: null, addresses: [ANN.email] };
    for (const isThorough of [false, true])
      expect(await client().findPersonnel({ ...search, isThorough })).toMatchObject([
        { account: { vendorUserId: idOf(ANN) } },
      ]);
  });

  it('walks all pages to the end that the cursors lead to', async () => {
    const accounts = [];
    let cursor = null;
    do {
      const page = await client(50).listAccounts(cursor);
      accounts.push(...page.accounts);
      cursor = page.next;
    } while (cursor !== null);
    expect(accounts).toHaveLength(server.state.personnel.length);
    expect(accounts.filter(({ isOpen }) => !isOpen)).toHaveLength(2);
  });

  it.each([
    ['FORMER_EMPLOYEE', false],
    ['SPECIAL_FORMER_CONTRACTOR', false],
    ['FUTURE_HIRE', true],
    ['SERVICE_ACCOUNT', true],
  ])('reads %s', async (status, isOpen) => {
    server.state.employmentStatuses[recordOf(ANN).id] = status;
    const found = await client().findPersonnel({ vendorUserId: null, addresses: [ANN.email] });
    expect(found).toMatchObject([{ isOpen }]);
  });
});

describe('a hire', () => {
  it('of somebody whom the identity provider has not brought is no failure, and writes nothing', async () => {
    const lucja = { ...ZOE, email: 'lucja.oneil@northlight.example' };
    expect(await client().createPersonnel(hire(lucja), [lucja.email])).toEqual({ status: 'not_found' });
    expect(server.writes()).toEqual([]);
  });

  it('of somebody who has come meanwhile says once what cannot be written', async () => {
    const result = await client().createPersonnel(hire(ZOE), [ZOE.email]);
    expect(result).toEqual({
      status: 'already_done',
      account: { vendorUserId: idOf(ZOE) },
      followUps: [
        `See that the identity provider or the HR system gives Drata the title, department, employment type, first day and manager of personnel ${idOf(ZOE)}; Drata's API cannot write them.`,
      ],
      unwritten: ['title', 'department'],
    });
    expect(server.writes()).toEqual([]);
  });

  it('of somebody who had left opens the record, and says that it is no longer synced', async () => {
    const options = { reopens: true, ownAddresses: [PETRA.email] };
    const result = await client().updatePersonnel(idOf(PETRA), hire(PETRA), options);
    expect(result).toMatchObject({ status: 'changed', changes: [{ login: 'opened' }] });
    expect(result.followUps).toContainEqual(expect.stringContaining('reset-sync'));
    expect(server.writes()).toMatchObject([
      { method: 'PUT', body: { employmentStatus: 'CURRENT_EMPLOYEE' } },
    ]);
    const again = (wasOpen: boolean) =>
      client().updatePersonnel(idOf(PETRA), hire(PETRA), { ...options, wasOpen });
    expect((await again(false)).followUps).toContainEqual(expect.stringContaining('reset-sync'));
    expect((await again(true)).followUps).not.toContainEqual(expect.stringContaining('reset-sync'));
  });
});

describe('the end of a record', () => {
  it('sets status and date in one PUT, and says that they are no longer synced', async () => {
    const { status, followUps = [] } = await end(ANN);
    expect(status).toBe('changed');
    expect(server.writes()).toMatchObject([
      { method: 'PUT', body: { employmentStatus: 'FORMER_EMPLOYEE', separatedAt: '2026-11-30' } },
    ]);
    expect(server.state.offboarded).toEqual([recordOf(ANN).id]);
    expect(followUps).toContainEqual(expect.stringContaining('reset-sync'));
  });

  it.each([true, false])('says so too where an attempt that broke off has ended it: %s', async (wasOpen) => {
    await end(ANN);
    const again = { isKnown: true, wasOpen };
    const { status, followUps } = await client().deactivatePersonnel(idOf(ANN), '2026-11-30', again);
    expect([status, followUps?.join().includes('reset-sync')]).toEqual(['already_done', wasOpen]);
  });

  it('leaves a contractor one', async () => {
    recordOf(ANN).employmentType = 'CONTRACTOR';
    await end(ANN);
    expect(server.writes()).toMatchObject([{ body: { employmentStatus: 'FORMER_CONTRACTOR' } }]);
  });

  it('names the controls of the leaver, whom they know by another id, and who is the eleventh owner', async () => {
    const [control] = server.state.controls;
    if (control === undefined) throw new Error('There is no control.');
    control.ownerId = recordOf(MARA).id;
    const others = COLLEAGUES.slice(0, 9).map((person) => recordOf(person).id);
    const annId = recordOf(ANN).id;
    server.state.personnel = server.state.personnel.toSorted((one) => (one.id === annId ? 1 : -1));
    control.coOwnerIds = [...others, annId];
    const { followUps = [] } = await end(ANN);
    expect(followUps).toContainEqual(expect.stringContaining('Access Control (1)'));
  });

  it('names them too where only the expanded user has the id by which controls know the leaver', async () => {
    const [control] = server.state.controls;
    if (control === undefined) throw new Error('There is no control.');
    control.ownerId = recordOf(ANN).id;
    const options = optionsFor(server);
    const withoutUserId: typeof fetch = async (url, init) => {
      const answer = await fetch(url, init);
      const text = (await answer.text()).replaceAll(/"userId":\d+,/g, '');
      return new Response(text, answer);
    };
    const unnamed = drata({ ...options, rest: { ...options.rest, fetch: withoutUserId } });
    const { followUps = [] } = await unnamed.deactivatePersonnel(idOf(ANN), '2026-11-30', { isKnown: true });
    expect(followUps).toContainEqual(expect.stringContaining('Access Control (1)'));
  });

  it('waits for nobody where the terms are not accepted', async () => {
    server.state.termsOpen = true;
    await expect(
      client().findPersonnel({ vendorUserId: null, addresses: [ANN.email] }),
    ).rejects.toMatchObject({
      name: 'VendorRejectedError',
      message: expect.stringContaining('terms'),
    });
  });
});

describe('the controls of a leaver', () => {
  const give = (newOwner: string | null, journal = memoryJournal()) =>
    drataHandOver(optionsFor(server)).reassignControls(idOf(ANN), byAddress(newOwner), journal);
  const control = () => {
    const found = server.state.controls.find(({ name }) => name === 'Access Control');
    if (found === undefined) throw new Error('There is no control.');
    return found;
  };

  it('go to the new owner, and who owns one together with the leaver keeps it', async () => {
    control().coOwnerIds = [recordOf(PETRA).id];
    expect(await give(MARA.email)).toMatchObject({
      status: 'changed',
      changes: [{ what: 'controls reassigned', initial: 1, moved: 1, remaining: 0 }],
    });
    const { ownerId, coOwnerIds = [] } = control();
    expect([ownerId, ...coOwnerIds].sort()).toEqual([recordOf(PETRA).id, recordOf(MARA).id].sort());
    expect(await give(MARA.email)).toEqual({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it.each([
    ['nobody is named', null, 'Nobody is named'],
    ['the one named has no record', 'stranger@northlight.example', 'no active record'],
    ['the one named has left', PETRA.email, 'no active record'],
    ['the one named is the leaver', ANN.email, 'no active record'],
  ])('are a follow-up where %s', async (_, newOwner, why) => {
    const { status, followUps } = await give(newOwner);
    expect(status).toBe('not_needed');
    expect(followUps).toEqual([expect.stringMatching(new RegExp(`Access Control \\(1\\)\\. .*${why}`))]);
    expect(server.writes()).toEqual([]);
  });

  it('are a follow-up where the key may not read them, or not change them', async () => {
    server.inject({ method: 'GET', path: /\/controls$/, status: 403, times: 1 });
    expect(await give(MARA.email)).toEqual({
      status: 'not_needed',
      followUps: [expect.stringContaining('controls:read')],
    });
    server.inject({ method: 'PUT', path: /\/owners$/, status: 403 });
    expect(await give(MARA.email)).toMatchObject({
      status: 'incomplete',
      followUps: [expect.stringContaining('1/1 (HTTP 403)')],
    });
    expect(control().ownerId).toBe(recordOf(ANN).id);
  });

  it.each([{ status: 401 }, { status: 404 }, { answerBody: 'malformed' } as const])(
    'are not passed over where one answer is not theirs: %o',
    async (fault) => {
      server.inject({ method: 'GET', path: /\/controls$/, times: 1, ...fault });
      await expect(give(MARA.email)).rejects.toThrow('/controls');
      expect(await give(MARA.email)).toMatchObject({ status: 'changed' });
    },
  );

  it('are looked for again after they were given, and counted by whoever goes on', async () => {
    const journal = memoryJournal();
    // The second look for the new owner, once the controls are collected.
    server.inject({ method: 'GET', path: /\/personnel\/email:mara/, every: 2, times: 1, status: 500 });
    await expect(give(MARA.email, journal)).rejects.toThrow('0 of 1 controls');
    const moved = { status: 'changed', changes: [{ initial: 1, moved: 1, remaining: 0 }] };
    expect(await give(MARA.email, journal)).toMatchObject(moved);
    const calls = server.journal.map(({ method, path }) => `${method} ${path}`);
    const after = calls.slice(calls.findIndex((call) => call.startsWith('PUT')));
    expect(after).toContainEqual(expect.stringMatching(/\/controls$/));
    expect(await give(MARA.email, journal)).toMatchObject(moved);
  });

  it('are not passed over where a list is empty once', async () => {
    const body = JSON.stringify({ data: [], pagination: { cursor: null, totalCount: 0 } });
    server.inject({ method: 'GET', path: /\/workspaces$/, times: 1, status: 200, body });
    expect(await give(MARA.email)).toMatchObject({ status: 'changed' });
  });

  it.each([404, 410])('are gone where Drata answers %i once they are to be given', async (status) => {
    server.inject({ method: 'GET', path: /\/owners$/, status, body: '{}' });
    const { changes, followUps = [] } = await give(MARA.email);
    expect(changes).toMatchObject([{ initial: 1, moved: 0 }]);
    expect(followUps.join()).toContain('1/1 (listed, but not found)');
    expect(server.writes()).toEqual([]);
  });

  it('stay with a person in the guide’s dialect, whose API cannot change them', async () => {
    server.expectStrangers();
    expect(drata(optionsFor(guide)).handsOverControls).toBe(false);
    expect(
      await drataHandOver(optionsFor(guide)).reassignControls(recordOf(ANN).id, byAddress(MARA.email)),
    ).toEqual({
      status: 'not_needed',
    });
    expect(guide.journal).toEqual([]);
  });
});

describe('training and background check', () => {
  const checkAfter = (days: number) => {
    now = NOW + days * 86_400_000;
    return client().checkTraining(idOf(ZOE));
  };
  const assign = () =>
    Object.assign(recordOf(ZOE), { assignedAt: NOW, complianceStatus: 'PENDING', createdAt: NOW });

  it('are complete when Drata says PASS and OK', async () => {
    assign();
    expect(await checkAfter(0)).toMatchObject({ status: 'pending' });
    expect(await checkAfter(4)).toMatchObject({ status: 'pending', missing: ['background check (PENDING)'] });
    expect(await checkAfter(6)).toEqual({ status: 'complete', missing: [] });
  });

  it.each(['FAILED', 'EXPIRED', 'CANCELED'])(
    'are refused where the check ends as %s',
    async (checkStatus) => {
      assign();
      server.state.progress.checkStatus = checkStatus;
      expect(await checkAfter(6)).toMatchObject({ status: 'refused' });
    },
  );

  it('show in the compliance status', async () => {
    const { records } = await client().listCompliance(null);
    const ann = records.find(({ email }) => email === ANN.email);
    expect(ann).toMatchObject({ complianceStatus: 'COMPLIANT', isActive: true, personnelId: idOf(ANN) });
  });
});
