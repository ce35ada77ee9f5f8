import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod/mini';
import { pipedriveScim } from '../../functions/pipedrive/surfaces.ts';
import { sharedLimiter } from '../../functions/rate-limit/limiter.ts';
import { sameEmail } from '../../functions/shared/email.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { withPriorityOf } from '../../functions/shared/priority.ts';
import { type ClientOptions, vendorHttp } from '../../functions/vendor/http.ts';
import { scimClient } from '../../functions/vendor/scim.ts';
import { startRuntime } from '../../local/runtime/runtime.ts';
import { ANN, MARA, OLOF, PETRA, type Person, ZOE } from '../../local/vendors/company.ts';
import { startPipedrive } from '../../local/vendors/pipedrive.ts';
import type { PipedriveState } from '../../local/vendors/pipedrive-state.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor, staticCredential } from '../contract-subject.ts';
import { byAddress } from '../new-owner.ts';
import { memoryRateTable } from '../rate-limit/memory-rate-table.ts';
import { wholePipedrive } from './whole-client.ts';

const ROLE = 'Account Executive';

let server: VendorServer<PipedriveState>;

const client = (options: ClientOptions = {}) =>
  wholePipedrive({ ...optionsFor(server), ...options, mode: 'scim' });
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
const calls = () => server.journal.map(({ surface, method }) => `${surface} ${method}`);
/** HR tells neither name nor address. */
const UNTOLD = { name: null, email: null };
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('It did not fail.'),
    (error: Error) => error,
  );

/** The next look over a surface finds nobody. */
function hide(surface: 'rest' | 'scim'): void {
  const body = surface === 'rest' ? { success: true, data: [] } : { totalResults: 0 };
  server.inject({ surface, method: 'GET', status: 200, body: JSON.stringify(body), times: 1 });
}

function showGroups(...names: string[]): void {
  const Resources = names.map((displayName, index) => ({ id: `group-${index}`, displayName }));
  const body = JSON.stringify({ totalResults: names.length, Resources });
  server.inject({ surface: 'scim', path: /^\/Groups$/, status: 200, body });
}

beforeAll(async () => {
  server = await startPipedrive();
});
beforeEach(() => server.reset());
afterEach(() => vi.unstubAllEnvs());
afterAll(() => server.close());

describe('the mode', () => {
  it.each([
    { mode: 'scim', writes: ['scim PATCH'] },
    { mode: 'rest', writes: ['rest PUT'] },
    { mode: '', writes: ['rest PUT'] },
  ])('$mode of the environment decides who writes', async ({ mode, writes }) => {
    vi.stubEnv('PIPEDRIVE_MODE', mode);
    await wholePipedrive(optionsFor(server)).deactivateUser(idOf(ANN));
    expect(server.writes().map(({ surface, method }) => `${surface} ${method}`)).toEqual(writes);
  });

  it('is refused when it is neither', async () => {
    vi.stubEnv('PIPEDRIVE_MODE', 'SCIM');
    expect(() => wholePipedrive(optionsFor(server))).toThrow(
      'PIPEDRIVE_MODE must be rest or scim; did you mean scim?',
    );
  });

  it('leaves finding, the new owner and the hand-over to REST', async () => {
    await client().findUser({ vendorUserId: null, addresses: [ANN.email] });
    await client().checkNewOwner({ email: ANN.email, vendorUserId: null }, byAddress(MARA.email));
    await client().reassignContacts(idOf(ANN), byAddress(MARA.email));
    expect(server.journal.filter(({ surface }) => surface === 'scim')).toEqual([]);
  });
});

describe('the tokens', () => {
  it.each(['deactivateUser', 'reactivateUser'] as const)(
    'of REST does not open SCIM for %s, nor that of SCIM REST',
    async (method) => {
      const { rest, scim } = optionsFor(server);
      const person = method === 'deactivateUser' ? ANN : PETRA;
      const wrongScim = { ...scim, credential: staticCredential(server.tokens.rest) };
      const wrongRest = { ...rest, credential: staticCredential(server.tokens.scim) };
      expect(await failure(client({ scim: wrongScim })[method](idOf(person), UNTOLD))).toMatchObject({
        name: 'VendorAuthError',
        call: { path: '/Users' },
      });
      expect(await failure(client({ rest: wrongRest })[method](idOf(person), UNTOLD))).toMatchObject({
        name: 'VendorAuthError',
        call: { path: `/users/${idOf(person)}` },
      });
      expect(server.writes()).toEqual([]);
    },
  );

  it('of SCIM has the limit of REST, and is kept to it', async () => {
    let clock = Date.UTC(2026, 0, 5);
    const now = () => clock;
    const sleep = async (ms: number) => {
      clock += ms;
    };
    const { limit } = pipedriveScim;
    const limiter = sharedLimiter({
      key: 'RATE#pipedrive#scim',
      limit,
      table: memoryRateTable(),
      now,
      sleep,
    });
    const paced = await startPipedrive(now);
    onTestFinished(() => paced.close());
    const http = vendorHttp(pipedriveScim, { ...optionsFor(paced).scim, now, limiter });
    const scim = scimClient(pipedriveScim, http, { sleep });
    await withPriorityOf({ workflow: 'offboarding' }, async () => {
      for (let asked = 0; asked < 100; asked += 1) await scim.getUser('nobody');
    });
    expect(new Set(paced.journal.map(({ status }) => status))).toEqual(new Set([404]));
  });

  it('takes the HTML 403 of the edge for a rate limit, not for a missing permission', async () => {
    server.inject({ surface: 'scim', status: 403, body: '<html>Forbidden</html>' });
    expect((await failure(client().deactivateUser(idOf(ANN)))).name).toBe('VendorRateLimitedError');
  });
});

describe('createUser', () => {
  it('creates the user over SCIM, once invited and without a role, and gives the id that REST knows', async () => {
    expect(await client().createUser(ZOE)).toEqual({
      status: 'changed',
      account: { vendorUserId: idOf(ZOE) },
      changes: [{ what: 'user created', login: 'opened' }],
    });
    expect(server.writes()).toMatchObject([
      {
        surface: 'scim',
        method: 'POST',
        path: '/Users',
        body: {
          userName: ZOE.email,
          name: { givenName: ZOE.firstName, familyName: ZOE.lastName },
          active: true,
        },
      },
    ]);
    expect(server.state.invitations).toEqual([ZOE.email]);
    expect(rolesOf(ZOE)).toEqual([]);
  });

  it('looks over SCIM too before it creates, as a run does that goes on after a crash', async () => {
    hide('rest');
    expect(await client().createUser(ANN)).toEqual({
      status: 'already_done',
      account: { vendorUserId: idOf(ANN) },
    });
    expect(server.writes()).toEqual([]);
  });

  it('adopts whom a 409 says is there, and gives them the login back', async () => {
    hide('rest');
    hide('scim');
    expect(await client().createUser(PETRA)).toEqual({
      status: 'already_done',
      account: { vendorUserId: idOf(PETRA) },
    });
    expect(server.writes().map(({ method, status }) => `${method} ${status}`)).toEqual([
      'POST 409',
      'PATCH 204',
    ]);
    expect(userOf(PETRA).active_flag).toBe(true);
    expect(server.state.invitations).toEqual([]);
  });
});

describe('deactivateUser and reactivateUser', () => {
  it('deactivates whom SCIM knows by the address that REST shows, and hands nothing over', async () => {
    userOf(ANN).email = 'Ann.Moved@northlight.example';
    expect(await client().deactivateUser('3')).toEqual({
      status: 'changed',
      changes: [{ what: 'user deactivated', login: 'shut' }],
    });
    expect(calls()).toEqual(['rest GET', 'scim GET', 'scim PATCH', 'rest GET']);
    expect(server.writes()).toMatchObject([
      { body: { Operations: [{ op: 'replace', path: 'active', value: false }] } },
    ]);
    const locked = server.state.users.filter(({ active_flag }) => !active_flag).map(({ id }) => id);
    expect(locked.sort()).toEqual([3, userOf(PETRA).id].sort());
    expect(server.state.deals.filter(({ user_id }) => user_id === 3)).toHaveLength(107);
  });

  it('reactivates, and the second time changes nothing', async () => {
    expect(await client().reactivateUser(idOf(PETRA), UNTOLD)).toMatchObject({ status: 'changed' });
    expect(await client().reactivateUser(idOf(PETRA), UNTOLD)).toMatchObject({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('leaves a name and an address that are new to a person, and says which', async () => {
    const told = { name: 'Petra Novotná', email: PETRA.email };
    expect(await client().updateUser(idOf(PETRA), told)).toEqual({
      status: 'not_needed',
      followUps: [`Change the name of Pipedrive user ${idOf(PETRA)} by hand; over SCIM that is not done.`],
      unwritten: ['name'],
    });
    expect(await client().reactivateUser(idOf(PETRA), told)).toMatchObject({
      status: 'changed',
      changes: [{ what: 'user reactivated', login: 'opened' }],
      followUps: [expect.stringContaining('Change the name')],
    });
    expect(server.writes().map(({ surface, method }) => `${surface} ${method}`)).toEqual(['scim PATCH']);
  });

  it('tells what to do when Pipedrive keeps its last admin', async () => {
    const error = await failure(client().deactivateUser(idOf(OLOF)));
    expect(error.name).toBe('VendorRejectedError');
    expect(error.message).toContain('Make somebody else an admin');
    expect(userOf(OLOF).active_flag).toBe(true);
  });

  it.each([
    { address: ANN.email, shown: [] },
    // Whoever has no address over REST is not whoever has none over SCIM.
    { address: '', shown: [{ id: 'somebody', userName: '', active: true }] },
  ])('says so when SCIM does not know "$address"', async ({ address, shown }) => {
    userOf(ANN).email = address;
    const body = JSON.stringify({ totalResults: shown.length, Resources: shown });
    server.inject({ surface: 'scim', method: 'GET', status: 200, body });
    expect(await failure(client().deactivateUser('3'))).toMatchObject({
      name: 'AccountNotManagedError',
      message: expect.stringMatching(/^Pipedrive account 3 is not managed through SCIM/),
    });
    expect(server.writes()).toEqual([]);
  });
});

describe('assignRole', () => {
  const assign = (role: string) => client().assignRole(idOf(ANN), role);

  it('adds the user to the group of exactly this name, and confirms it over REST', async () => {
    server.state.roles.reverse();
    expect(await assign(ROLE)).toEqual({ status: 'changed', changes: [{ what: `role ${ROLE} assigned` }] });
    expect(rolesOf(ANN)).toEqual([1]);
    expect(server.writes()).toMatchObject([
      {
        surface: 'scim',
        method: 'PATCH',
        path: expect.stringMatching(/^\/Groups\/\w+$/),
        body: { Operations: [{ op: 'add', path: 'members', value: [{ value: expect.any(String) }] }] },
      },
    ]);
    expect(await assign(ROLE)).toEqual({ status: 'already_done' });
    expect(server.writes()).toHaveLength(1);
  });

  it('finds the group on a later page', async () => {
    const others = Array.from({ length: 30 }, (_, index) => ({ id: 100 + index, name: `Role ${index}` }));
    server.state.roles.unshift(...others);
    await assign('Sales Manager');
    expect(rolesOf(ANN)).toEqual([3]);
  });

  it.each(['Account', 'account executive', 'Account Executive ', 'Head of Sales'])(
    'writes nothing and makes no role for a name that is not there: %j',
    async (role) => {
      const before = structuredClone(server.state.roles);
      expect((await failure(assign(role))).name).toBe('InvalidInputError');
      expect(server.writes()).toEqual([]);
      expect(server.state.roles).toEqual(before);
    },
  );

  it.each([
    { shown: 'another case', names: ['account executive', 'Sales Manager'] },
    { shown: 'nothing', names: [] },
    { shown: 'the name twice', names: [ROLE, ROLE] },
  ])('writes nothing where SCIM shows $shown, and tells what it shows', async ({ names }) => {
    showGroups(...names);
    const error = await failure(assign(ROLE));
    expect(error.name).toBe('InvalidInputError');
    expect(error.message).toContain(names.map((name) => `"${name}"`).join(', ') || 'none');
    expect(server.writes()).toEqual([]);
  });

  it('does not believe a 204 after which REST shows no assignment', async () => {
    server.inject({ surface: 'scim', method: 'PATCH', forgets: true });
    expect((await failure(assign(ROLE))).name).toBe('VendorUnconfirmedError');
  });

  it('counts an assignment as made when only the answer was lost', async () => {
    server.inject({ surface: 'scim', method: 'PATCH', drop: 'after', times: 1 });
    expect(await assign(ROLE)).toMatchObject({ status: 'changed' });
    expect(server.writes()).toHaveLength(1);
  });

  it.each([
    { status: 400, body: '{"status":"400","scimType":"mutability"}', code: 'mutability' },
    { status: 404, body: '{"detail":"no"}', code: undefined },
    { status: 405, body: '{"detail":"no"}', code: undefined },
  ])('tells what to do when groups turn out to be read-only ($status)', async ({ status, body, code }) => {
    server.inject({ surface: 'scim', method: 'PATCH', status, body });
    const error = await failure(assign(ROLE));
    expect(error).toMatchObject({ name: 'VendorRejectedError', code });
    expect(error.message).toContain('Assign the role in Pipedrive, or set PIPEDRIVE_MODE to rest.');
  });

  it('says so when SCIM does not know the user', async () => {
    server.inject({ surface: 'scim', path: /^\/Users$/, status: 200, body: '{"totalResults":0}' });
    expect((await failure(assign(ROLE))).name).toBe('AccountNotManagedError');
    expect(server.writes()).toEqual([]);
  });
});

describe('a run', () => {
  it('takes a joiner and a leaver through Pipedrive, and remembers the ids of REST', {
    tags: 'slow',
  }, async () => {
    vi.stubEnv('PIPEDRIVE_MODE', 'scim');
    const runtime = await startRuntime({ delayScale: 0.0005 });
    onTestFinished(() => runtime.close());
    const state = runtime.vendors.pipedrive?.state;
    if (state === undefined) throw new Error('Pipedrive is not simulated.');
    // Below the rate limit, so that nothing has to wait for it.
    state.deals = state.deals.filter(({ id }) => id < 1012 || id >= 1200);
    const play = async (sample: string) => {
      const text = readFileSync(new URL(`../../events/${sample}`, import.meta.url), 'utf8');
      const { apps, status } = await runtime.play(z.parse(HrEvent, JSON.parse(text)));
      expect(status).toBe('complete');
      return apps.find(({ app }) => app === 'pipedrive');
    };
    const zoe = await play('1-zoe-is-hired.json');
    const created = state.users.find(({ email }) => sameEmail(email, ZOE.email));
    expect(zoe).toMatchObject({ status: 'done', vendorUserId: String(created?.id) });
    expect(state.roleAssignments).toContainEqual(
      expect.objectContaining({ user_id: created?.id, role_id: 1 }),
    );
    const ann = await play('3-ann-leaves.json');
    const left = state.users.find(({ email }) => sameEmail(email, ANN.email));
    expect(ann).toMatchObject({ status: 'done', vendorUserId: String(left?.id) });
    expect(left?.active_flag).toBe(false);
    expect(state.deals.filter(({ user_id, status }) => user_id === left?.id && status === 'open')).toEqual(
      [],
    );
    const writes = runtime.vendors.pipedrive?.writes().map(({ surface, method }) => `${surface} ${method}`);
    expect([...new Set(writes)]).toEqual(['scim POST', 'scim PATCH', 'rest PATCH']);
  });
});

// Why a role is looked up first and its group addressed by id: this is what a push by name does.
describe('the simulated Pipedrive, asked what tenure never asks', () => {
  const send = (method: string, path: string, body?: object) =>
    fetch(`${server.baseUrls.scim}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${server.tokens.scim}`,
        'content-type': 'application/scim+json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const UserList = z.object({ Resources: z.tuple([z.object({ id: z.string() })]) });
  const scimIdOf = async (email: string): Promise<string> => {
    const answer = await send('GET', `/Users?filter=${encodeURIComponent(`userName eq "${email}"`)}`);
    const { Resources } = z.parse(UserList, await answer.json());
    return Resources[0].id;
  };
  const push = async (displayName: string) =>
    send('POST', '/Groups', { displayName, members: [{ value: await scimIdOf(ANN.email) }] });

  it('makes a role of a name that it does not know', async () => {
    expect((await push('Head of Sales')).status).toBe(201);
    expect(server.state.roles.map(({ name }) => name)).toContain('Head of Sales');
    expect(rolesOf(ANN)).toHaveLength(1);
  });

  it('takes a name in another case, and assigns nothing', async () => {
    expect((await push('account executive')).status).toBe(201);
    expect(server.state.roles).toHaveLength(3);
    expect(rolesOf(ANN)).toEqual([]);
  });

  it('deactivates by DELETE, deletes nobody and hands nothing over', async () => {
    expect((await send('DELETE', `/Users/${await scimIdOf(ANN.email)}`)).status).toBe(204);
    expect(userOf(ANN).active_flag).toBe(false);
    expect(server.state.deals.filter(({ user_id }) => user_id === userOf(ANN).id)).toHaveLength(107);
  });

  it('keeps its last admin, by DELETE too', async () => {
    expect((await send('DELETE', `/Users/${await scimIdOf(OLOF.email)}`)).status).toBe(400);
    expect(userOf(OLOF).active_flag).toBe(true);
  });
});
