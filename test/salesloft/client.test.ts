import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { salesloft } from '../../functions/salesloft/client.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import type { ClientOptions } from '../../functions/vendor/http.ts';
import { ANN, KENJI, MARA, PETRA, type Person, TOMAS, ZOE } from '../../local/vendors/company.ts';
import { type SalesloftState, startSalesloft } from '../../local/vendors/salesloft.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor, staticCredential } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';

let server: VendorServer<SalesloftState>;
let time = Date.UTC(2025, 0, 6, 9);
let waits: number[] = [];

beforeAll(async () => {
  server = await startSalesloft(() => time);
});
afterEach(() => {
  server.reset();
  waits = [];
});
afterAll(() => server.close());

const client = (overrides: ClientOptions = {}) => {
  const sleep = async (ms: number) => void waits.push(ms);
  return salesloft({ ...optionsFor(server), sleep, ...overrides });
};
const userOf = ({ email }: Pick<Person, 'email'>) => {
  const user = server.state.users.find((candidate) => sameEmail(candidate.email, email));
  if (user === undefined) throw new Error('No such user in the server.');
  return user;
};
const idOf = (person: Pick<Person, 'email'>) => String(userOf(person).id);
const find = (person: Pick<Person, 'email'>, vendorUserId: string | null = null) =>
  foundOne('salesloft', client().findUser, person.email, vendorUserId);
/** What HR tells of a person. */
const told = ({ firstName, lastName, email }: Person) => ({ name: { firstName, lastName }, email });
const NOTHING_TOLD = { name: null, email: null };
/** The requests so far, as `surface METHOD path`. */
const requests = () => server.journal.map(({ surface, method, path }) => `${surface} ${method} ${path}`);
const walked = () => server.journal.filter(({ surface, path }) => surface === 'rest' && path === '/users');
const TWO_PAGES = ['rest GET /users', 'rest GET /users'];

/** Somebody who was sent an invitation and has not accepted it. */
const invite = async (person: Person) => {
  const { account } = await client().provisionUser(person);
  server.journal.length = 0;
  return String(account?.vendorUserId);
};
const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('no error'),
    (error: Error) => error,
  );

describe('findUser', () => {
  it('looks for further accounts too when the recorded id is known', async () => {
    const id = idOf(ANN);
    expect(await find(ANN, id)).toMatchObject({ status: 'found', others: [], account: { vendorUserId: id } });
    expect(requests()).toEqual([...TWO_PAGES, 'scim GET /Users', 'rest GET /pending_email_accounts']);
  });

  it('goes by the recorded id when the address has changed', async () => {
    const id = idOf(ANN);
    expect(await find(MARA, id)).toMatchObject({ account: { vendorUserId: id } });
  });

  it('finds a leaver by the recorded id in the list, where the user does not show alone', async () => {
    server.inject({ method: 'GET', path: /^\/users\/\d+$/, status: 404 });
    server.inject({ surface: 'scim', method: 'GET', path: /^\/Users\/\d+$/, status: 404 });
    const leaver = { vendorUserId: idOf(ANN), addresses: ['ann.new@northlight.example'], isThorough: true };
    expect(await client().findUser(leaver)).toMatchObject([{ address: ANN.email, isOpen: true }]);
  });

  it('falls back to the address when the recorded id no longer exists', async () => {
    expect(await find(ANN, '1')).toMatchObject({ account: { vendorUserId: idOf(ANN) } });
  });

  it('does not send a recorded id that SalesLoft cannot have', async () => {
    expect(await find(ANN, '../me')).toMatchObject({ account: { vendorUserId: idOf(ANN) } });
    expect(requests()).toEqual([...TWO_PAGES, 'scim GET /Users', 'rest GET /pending_email_accounts']);
  });

  it('does not see users of another team', async () => {
    const stranger = { email: 'in.another.team@northlight.example' };
    expect(await find(stranger, idOf(stranger))).toEqual({ status: 'not_found', account: null });
  });

  it('says not_found only after SCIM has been asked too', async () => {
    expect(await find(TOMAS)).toEqual({ status: 'not_found', account: null });
    expect(requests()).toEqual([
      'rest GET /users',
      'rest GET /users',
      'scim GET /Users',
      'rest GET /pending_email_accounts',
    ]);
  });
});

describe('what findUser shows', () => {
  const search = (addresses: string[], vendorUserId: string | null = null) =>
    client().findUser({ vendorUserId, addresses });
  const idsOf = async (addresses: string[], vendorUserId: string | null = null) =>
    (await search(addresses, vendorUserId)).map(({ account }) => account.vendorUserId);

  it('is what both surfaces know of one user', async () => {
    userOf(ANN).external_id = ANN.employeeId;
    expect(await search([ANN.email])).toEqual([
      {
        account: { vendorUserId: idOf(ANN) },
        address: ANN.email,
        externalId: ANN.employeeId,
        name: 'Ann Lee',
        facts: { title: null },
        role: 'User',
        isOpen: true,
      },
    ]);
  });

  it('is every account: the recorded one, that of each address, shut or invited ones too', async () => {
    const invited = await invite(ZOE);
    const addresses = [ANN.email, PETRA.email, ZOE.email];
    const found = await search(addresses, idOf(MARA));
    const shown = found.map(({ account, isOpen }) => [account.vendorUserId, isOpen]);
    expect(shown).toHaveLength(4);
    expect(shown).toEqual(
      expect.arrayContaining([
        [idOf(MARA), true],
        [idOf(ANN), true],
        [idOf(PETRA), false],
        [invited, true],
      ]),
    );
  });

  it('is an invitation that REST shows as inactive, as open', async () => {
    server.state.pendingShownAs = 'inactive';
    await invite(ZOE);
    expect(await search([ZOE.email])).toMatchObject([{ isOpen: true }]);
    userOf(ZOE).active = false;
    expect(await search([ZOE.email])).toMatchObject([{ isOpen: false }]);
  });

  it.each([' ', '\u00a0', '\t', '\u200b'])(
    'does not depend on %j at the end of the address',
    async (blank) => {
      const id = idOf(ANN);
      userOf(ANN).email = `${ANN.email}${blank}`;
      userOf(ANN).external_id = ANN.employeeId;
      expect(await search([ANN.email])).toMatchObject([
        { account: { vendorUserId: id }, externalId: ANN.employeeId },
      ]);
    },
  );

  it('does not depend on the case where SCIM compares it, of a user or of an invitation', async () => {
    server.state.scimComparesCase = true;
    userOf(KENJI).external_id = KENJI.employeeId;
    expect(await search([KENJI.email])).toMatchObject([{ externalId: KENJI.employeeId }]);
    const id = await invite({ ...ZOE, email: ZOE.email.toUpperCase() });
    expect(await idsOf([ZOE.email])).toEqual([id]);
  });

  it('comes from SCIM too where REST lists the address, as an invitation may stand beside', async () => {
    const [listed, invited] = [idOf(ANN), await invite(ZOE)];
    userOf(ANN).email = `${ZOE.email}\u00a0`;
    expect(await idsOf([ZOE.email])).toEqual([listed, invited]);
  });

  it('leaves out a number and a name that have a wrong form', async () => {
    server.inject({
      surface: 'scim',
      status: 200,
      body: JSON.stringify({
        Resources: [
          { id: idOf(ANN), userName: ANN.email, externalId: {}, name: 7, displayName: [], emails: 1 },
        ],
      }),
    });
    expect(await search([ANN.email])).toMatchObject([{ externalId: null, name: 'Ann Lee' }]);
  });
});

describe('a name and an address', () => {
  const moved = { ...ANN, lastName: 'Novák', email: 'ann.novak@northlight.example' };

  it('are changed over SCIM, and confirmed over REST', async () => {
    const id = idOf(ANN);
    server.state.restLag = 1;
    expect(await client().updateUser(id, told(moved))).toEqual({
      status: 'changed',
      changes: [{ what: 'name and address changed' }],
    });
    expect(userOf(moved)).toMatchObject({ id: Number(id), first_name: 'Ann', last_name: 'Novák' });
    expect(waits).toEqual([1000]);
    expect(server.writes()).toMatchObject([{ surface: 'scim', method: 'PATCH', path: `/Users/${id}` }]);
    expect(await client().updateUser(id, told(moved))).toEqual({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('stay where they differ by blanks and case only', async () => {
    userOf(ANN).name = ' Ann  Lee ';
    const same = told({ ...ANN, email: ANN.email.toUpperCase() });
    expect(await client().updateUser(idOf(ANN), same)).toEqual({ status: 'already_done' });
    expect(server.writes()).toEqual([]);
  });

  it('are not done when REST never shows them', async () => {
    server.state.restLag = Number.POSITIVE_INFINITY;
    expect(await errorOf(client().updateUser(idOf(ANN), told(moved)))).toMatchObject({
      name: 'VendorUnconfirmedError',
    });
  });

  it('are done when the answer was lost', async () => {
    server.inject({ surface: 'scim', method: 'PATCH', drop: 'after', times: 1 });
    expect(await client().updateUser(idOf(ANN), told(moved))).toMatchObject({ status: 'changed' });
    expect(server.writes()).toHaveLength(1);
  });

  it('of an invited person are changed, without another invitation', async () => {
    const id = await invite(ZOE);
    const married = { ...ZOE, lastName: 'Berg', email: 'zoe.berg@northlight.example' };
    expect(await client().updateUser(id, told(married))).toMatchObject({ status: 'changed' });
    expect(userOf(married)).toMatchObject({ id: Number(id), name: 'Zoë Berg' });
    expect(server.state.invitations).toEqual([ZOE.email]);
  });

  it('of a user whom SCIM does not manage are left to a person', async () => {
    userOf(ANN).in_scim = false;
    const id = idOf(ANN);
    const followUps = [
      `Change the name and address of SalesLoft user ${id} by hand; the account is not managed through SCIM.`,
    ];
    const left = { followUps, unwritten: ['email', 'name'] };
    expect(await client().updateUser(id, told(moved))).toEqual({ status: 'not_needed', ...left });
    expect(await client().reactivateUser(id, told(moved))).toEqual({ status: 'already_done', ...left });
    expect(server.writes()).toEqual([]);
  });

  it('that somebody else has are refused', async () => {
    const error = await errorOf(client().updateUser(idOf(ANN), told({ ...ANN, email: MARA.email })));
    expect(error).toMatchObject({ name: 'VendorRejectedError', code: 'uniqueness' });
    expect(error.message).not.toContain('@');
  });

  it('are brought in line when somebody is hired who is there', async () => {
    const petra = { ...PETRA, lastName: 'Svobodová' };
    expect(await client().reactivateUser(idOf(PETRA), told(petra))).toEqual({
      status: 'changed',
      changes: [{ what: 'user reactivated', login: 'opened' }, { what: 'name changed' }],
    });
    expect(userOf(PETRA)).toMatchObject({ active: true, name: 'Petra Svobodová' });
  });
});

it('names what SCIM cannot write, and not a title that REST shows already', async () => {
  const id = idOf(ANN);
  userOf(ANN).title = 'Team lead';
  const fields = ['title', 'department', 'manager'];
  const update = (title: string) => client().updateUser(id, NOTHING_TOLD, { title, fields });
  expect((await update('Director')).followUps).toEqual([
    expect.stringContaining(`the title, department and manager of SalesLoft user ${id}`),
  ]);
  expect((await update('Team lead')).followUps).toEqual([
    expect.stringContaining('the department and manager of'),
  ]);
});

describe('trap 10: deactivated users are hidden from the list', () => {
  it('finds them over REST, in whatever case the address is kept', async () => {
    expect(await find(KENJI)).toMatchObject({
      status: 'found',
      others: [],
      account: { vendorUserId: idOf(KENJI) },
    });
    expect(requests()).toEqual([...TWO_PAGES, 'scim GET /Users', 'rest GET /pending_email_accounts']);
  });
});

describe('trap 19: counts absent', () => {
  it('walks to the last page by next_page alone', async () => {
    server.state.withholdsCounts = true;
    expect(await find(KENJI)).toMatchObject({ status: 'found' });
    expect(walked().map(({ query }) => query)).toEqual(
      ['1', '2'].map((page) => ({
        page,
        per_page: '100',
        include_paging_counts: 'true',
        include_deactivated: 'true',
      })),
    );
  });

  it('does not take a page that names no next one for the last', async () => {
    server.state.withholdsCounts = true;
    server.inject({
      path: /^\/users$/,
      times: 1,
      status: 200,
      body: JSON.stringify({
        data: [{ id: 1, email: 'other@northlight.example', active: true }],
        metadata: { paging: {} },
      }),
    });
    expect(await find(KENJI)).toMatchObject({ status: 'found' });
    expect(walked().map(({ query }) => query.page)).toEqual(['1', '2']);
  });
});

describe('trap 12: the token of one surface does not work on the other', () => {
  it('leaves the user alone when SCIM does not accept the token', async () => {
    const { rest, scim } = optionsFor(server);
    const restTokenOnly = client({
      scim: { ...scim, credential: staticCredential(server.tokens.rest) },
    });
    const error = await errorOf(restTokenOnly.deactivateUser(idOf(ANN)));
    expect(error).toMatchObject({ name: 'VendorAuthError', call: { method: 'PATCH', status: 401 } });
    expect(userOf(ANN).active).toBe(true);
    const scimTokenOnly = client({ rest: { ...rest, credential: staticCredential(server.tokens.scim) } });
    expect(await errorOf(scimTokenOnly.deactivateUser(idOf(ANN)))).toMatchObject({ name: 'VendorAuthError' });
    expect(server.writes()).toHaveLength(1);
  });
});

describe('trap 13: invitation pending', () => {
  it('finds an invited person by address, whom REST does not list', async () => {
    const id = await invite(ZOE);
    expect(await find(ZOE)).toMatchObject({ status: 'found', others: [], account: { vendorUserId: id } });
    expect(requests()).toEqual([...TWO_PAGES, 'scim GET /Users', 'rest GET /pending_email_accounts']);
  });

  it('finds an invited person by recorded id', async () => {
    const id = await invite(ZOE);
    expect(await find(ZOE, id)).toMatchObject({ status: 'found', others: [], account: { vendorUserId: id } });
    expect(requests()).toEqual([
      ...TWO_PAGES,
      `rest GET /users/${id}`,
      'scim GET /Users',
      'rest GET /pending_email_accounts',
    ]);
  });

  it('refuses to guess between two invited people with one address', async () => {
    const id = await invite(ZOE);
    server.state.users.push({ ...userOf(ZOE), id: Number(id) + 1, email: ZOE.email.toUpperCase() });
    expect(await errorOf(find(ZOE))).toMatchObject({ name: 'AmbiguousUserError' });
  });
});

describe.each(['absent', 'inactive', 'active'] as const)('an invitation that REST shows as %s', (shown) => {
  beforeEach(() => {
    server.state.pendingShownAs = shown;
  });

  it('stays an invitation: invited again and again, one invitation', async () => {
    expect(await client().provisionUser(ZOE)).toMatchObject({ status: 'invited' });
    const { account } = await find(ZOE);
    expect(account).toMatchObject({ vendorUserId: idOf(ZOE) });
    expect(await client().reactivateUser(idOf(ZOE), NOTHING_TOLD)).toEqual({ status: 'invited' });
    expect(await client().provisionUser(ZOE)).toMatchObject({ status: 'invited' });
    expect(server.state.invitations).toEqual([ZOE.email]);
    expect(server.writes()).toHaveLength(1);
  });

  it('cannot be accepted any more once the person has left', async () => {
    const id = await invite(ZOE);
    expect(await client().deactivateUser(id)).toMatchObject({ status: 'changed' });
    expect(userOf(ZOE).active).toBe(false);
    expect(await client().deactivateUser(id)).toMatchObject({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });
});

describe('provisionUser', () => {
  it('creates an active SCIM user and says invited', async () => {
    expect(await client().provisionUser(ZOE)).toEqual({
      status: 'invited',
      account: { vendorUserId: idOf(ZOE) },
      changes: [{ what: 'user provisioned, invitation sent', login: 'opened' }],
    });
    expect(requests()).toEqual(['scim GET /Users', 'scim POST /Users', 'scim GET /Users']);
    expect(server.writes()[0]?.body).toMatchObject({
      userName: ZOE.email,
      name: { givenName: ZOE.firstName, familyName: ZOE.lastName },
      active: true,
    });
  });

  it('does not invite again while the invitation is pending', async () => {
    const id = await invite(ZOE);
    expect(await client().provisionUser(ZOE)).toEqual({ status: 'invited', account: { vendorUserId: id } });
    expect(server.writes()).toEqual([]);
    expect(server.state.invitations).toEqual([ZOE.email]);
  });

  it('says already_done for somebody who has accepted', async () => {
    expect(await client().provisionUser(ANN)).toEqual({
      status: 'already_done',
      account: { vendorUserId: idOf(ANN) },
    });
    expect(server.writes()).toEqual([]);
  });

  it('reactivates somebody who is there and deactivated, without an invitation', async () => {
    expect(await client().provisionUser(KENJI)).toEqual({
      status: 'changed',
      account: { vendorUserId: idOf(KENJI) },
      changes: [{ what: 'user reactivated', login: 'opened' }],
    });
    expect(userOf(KENJI).active).toBe(true);
    expect(server.state.invitations).toEqual([]);
  });

  it('reports an address that is taken by somebody whom SCIM does not list', async () => {
    userOf(ANN).in_scim = false;
    expect(await errorOf(client().provisionUser(ANN))).toMatchObject({
      name: 'VendorRejectedError',
      code: 'uniqueness',
    });
  });
});

describe('trap 22: the creation is committed and its answer lost', () => {
  it('looks before creating again, and invites once', async () => {
    server.inject({ surface: 'scim', method: 'POST', drop: 'after', times: 1 });
    expect(await client().provisionUser(ZOE)).toMatchObject({
      status: 'invited',
      changes: [{ what: 'user provisioned, invitation sent', login: 'opened' }],
    });
    expect(server.writes()).toHaveLength(1);
    expect(server.state.invitations).toEqual([ZOE.email]);
  });
});

describe('reactivateUser', () => {
  it('changes nothing for somebody who is active', async () => {
    const id = idOf(ANN);
    expect(await client().reactivateUser(id, NOTHING_TOLD)).toEqual({ status: 'already_done' });
    expect(requests()).toEqual([`rest GET /users/${id}`, 'rest GET /pending_email_accounts']);
  });

  it('reactivates over SCIM and confirms over REST', async () => {
    const id = idOf(KENJI);
    expect(await client().reactivateUser(id, NOTHING_TOLD)).toEqual({
      status: 'changed',
      changes: [{ what: 'user reactivated', login: 'opened' }],
    });
    expect(requests()).toEqual([
      `rest GET /users/${id}`,
      `scim GET /Users/${id}`,
      `scim PATCH /Users/${id}`,
      `rest GET /users/${id}`,
      'rest GET /pending_email_accounts',
    ]);
    expect(userOf(KENJI).active).toBe(true);
    expect(server.state.invitations).toEqual([]);
  });

  it('leaves an invited person who is active as invited', async () => {
    const id = await invite(ZOE);
    expect(await client().reactivateUser(id, NOTHING_TOLD)).toEqual({ status: 'invited' });
    expect(server.writes()).toEqual([]);
  });

  it('makes an invited person active who is not', async () => {
    const id = await invite(ZOE);
    userOf(ZOE).active = false;
    expect(await client().reactivateUser(id, NOTHING_TOLD)).toEqual({
      status: 'invited',
      changes: [{ what: 'user reactivated', login: 'opened' }],
    });
    expect(userOf(ZOE).active).toBe(true);
    expect(server.state.invitations).toEqual([ZOE.email]);
  });

  it('names the case of a user whom SCIM does not manage', async () => {
    userOf(PETRA).in_scim = false;
    expect(await errorOf(client().reactivateUser(idOf(PETRA), NOTHING_TOLD))).toMatchObject({
      name: 'AccountNotManagedError',
    });
  });

  it('refuses an id that neither surface knows', async () => {
    expect(await errorOf(client().reactivateUser('1', NOTHING_TOLD))).toMatchObject({
      name: 'VendorRejectedError',
      call: { status: 404 },
    });
  });
});

describe('deactivateUser', () => {
  it('deactivates over SCIM and confirms over REST', async () => {
    const id = idOf(ANN);
    expect(await client().deactivateUser(id)).toMatchObject({
      status: 'changed',
      changes: [{ what: 'user deactivated', login: 'shut' }],
    });
    expect(requests()).toEqual([
      `rest GET /users/${id}`,
      `scim PATCH /Users/${id}`,
      `rest GET /users/${id}`,
      `scim GET /Users/${id}`,
    ]);
    expect(server.writes()[0]?.body).toMatchObject({
      Operations: [{ op: 'replace', path: 'active', value: false }],
    });
    expect(userOf(ANN).active).toBe(false);
  });

  it('changes nothing for somebody who is deactivated', async () => {
    const result = await client().deactivateUser(idOf(PETRA));
    expect(result).toEqual({ status: 'already_done', followUps: [expect.any(String)] });
    expect(server.writes()).toEqual([]);
  });

  it('confirms over SCIM for somebody who never accepted the invitation', async () => {
    const id = await invite(ZOE);
    expect(await client().deactivateUser(id)).toMatchObject({ status: 'changed' });
    expect(requests().at(-1)).toBe(`scim GET /Users/${id}`);
    expect(userOf(ZOE).active).toBe(false);
    expect(await client().deactivateUser(id)).toMatchObject({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('does not take SCIM’s word for somebody whom REST’s list shows as active', async () => {
    const body = JSON.stringify({ id: idOf(ANN), userName: ANN.email, active: false });
    server.inject({ surface: 'scim', method: 'GET', path: /^\/Users\/\d+$/, status: 200, body });
    server.inject({ method: 'GET', path: /^\/users\/\d+$/, status: 404 });
    expect(await client().deactivateUser(idOf(ANN))).toMatchObject({ status: 'changed' });
    expect(userOf(ANN).active).toBe(false);
  });

  it('names the case of a user whom SCIM does not manage', async () => {
    userOf(ANN).in_scim = false;
    expect(await errorOf(client().deactivateUser(idOf(ANN)))).toMatchObject({
      name: 'AccountNotManagedError',
    });
    expect(userOf(ANN).active).toBe(true);
  });
});

describe('trap 9: records still owned after deactivation', () => {
  it('leaves the cadences and hands them to a person, every time', async () => {
    const before = structuredClone(server.state.cadences);
    const id = idOf(ANN);
    const followUps = [
      expect.stringMatching(new RegExp(`cadences and tasks that SalesLoft user ${id} owns`)),
    ];
    expect(await client().deactivateUser(id)).toMatchObject({ status: 'changed', followUps });
    expect(await client().deactivateUser(id)).toMatchObject({ status: 'already_done', followUps });
    expect(server.state.cadences).toEqual(before);
  });
});

describe('trap 21: SCIM answers that differ from the textbook', () => {
  it('takes a missing Resources for nobody', async () => {
    expect(await find(TOMAS)).toMatchObject({ status: 'not_found' });
  });

  it('takes a PATCH answered 204 for accepted', async () => {
    await client().deactivateUser(idOf(ANN));
    // A refused answer would show as one more read.
    expect(server.journal.map(({ status }) => status)).toEqual([200, 204, 200, 200]);
  });
});

describe('trap 23: REST still shows the old value', () => {
  it('waits for REST, whatever SCIM says', async () => {
    server.state.restLag = 2;
    expect(await client().deactivateUser(idOf(ANN))).toMatchObject({ status: 'changed' });
    expect(waits).toEqual([1000, 2000]);
    expect(server.writes()).toHaveLength(1);
  });

  it.each([
    { person: ANN, step: 'deactivateUser' },
    { person: KENJI, step: 'reactivateUser' },
  ] as const)('does not report $step as done when REST never shows it', async ({ person, step }) => {
    server.state.restLag = Number.POSITIVE_INFINITY;
    expect(await errorOf(client()[step](idOf(person), NOTHING_TOLD))).toMatchObject({
      name: 'VendorUnconfirmedError',
    });
    expect(server.writes()).toHaveLength(1);
  });
});

describe('the rate limit', () => {
  it('passes on how many seconds SalesLoft asks to wait', async () => {
    const useUp = (count: number) =>
      Promise.all(
        Array.from({ length: count }, () =>
          fetch(`${server.baseUrls.rest}/me`, {
            headers: { authorization: `Bearer ${server.tokens.rest}` },
            redirect: 'manual',
          }),
        ),
      );
    await useUp(600);
    time += 20_000;
    const error = await errorOf(find(ANN));
    expect(error).toMatchObject({ name: 'VendorRateLimitedError', retryAfterMs: 41_000 });
    time += 41_000;
    expect(await find(ANN)).toMatchObject({ status: 'found' });
  });
});

describe('the groups', () => {
  const GROUPS = [
    { id: '10', name: 'West Coast Team', parentId: null },
    { id: '11', name: 'West Coast Enterprise', parentId: '10' },
  ];

  it('are a tree, over as many pages as there are', async () => {
    expect(await client().listGroups()).toEqual(GROUPS);
    expect(await client({ pageSize: 1 }).listGroups()).toEqual(GROUPS);
  });

  it('end where every page brings the same ones', async () => {
    const data = GROUPS.map(({ name }, index) => ({
      id: 10 + index,
      name,
      parent_id: index === 0 ? null : 10,
    }));
    server.inject({ path: /^\/groups/, status: 200, body: JSON.stringify({ data }) });
    expect(await client().listGroups()).toEqual(GROUPS);
    expect(requests()).toHaveLength(2);
  });
});

describe('the server', () => {
  const ask = (surface: 'rest' | 'scim', path: string, method = 'GET') =>
    fetch(`${surface === 'rest' ? server.baseUrls.rest : server.baseUrls.scim}${path}`, {
      method,
      headers: { authorization: `Bearer ${server.tokens[surface]}` },
    });

  it.each([
    ['POST', '/users'],
    ['PUT', '/users/10001'],
    ['DELETE', '/users/10001'],
  ])('refuses %s %s over REST', async (method, path) => {
    expect((await ask('rest', path, method)).status).toBe(405);
  });

  it('gives no more than 100 users per page, and counts only when asked', async () => {
    expect((await ask('rest', '/users?per_page=101')).status).toBe(422);
    expect(await (await ask('rest', '/users')).json()).toMatchObject({
      metadata: { paging: { per_page: 25, current_page: 1, next_page: 2, prev_page: null } },
    });
    expect(await (await ask('rest', '/users')).text()).not.toContain('total_count');
    expect(await (await ask('rest', '/users?include_paging_counts=true')).text()).toContain('total_count');
  });

  it('lists invited people as pending only', async () => {
    const id = await invite(ZOE);
    expect((await ask('rest', `/users/${id}`)).status).toBe(404);
    expect(await (await ask('rest', '/pending_email_accounts')).text()).toContain(ZOE.email);
  });

  it('only deactivates on a DELETE', async () => {
    expect((await ask('scim', `/Users/${idOf(ANN)}`, 'DELETE')).status).toBe(204);
    expect(userOf(ANN).active).toBe(false);
  });
});
