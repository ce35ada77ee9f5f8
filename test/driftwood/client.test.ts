import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod/mini';
import { driftwood } from '../../functions/driftwood/client.ts';
import { DriftwoodAccount } from '../../functions/driftwood/users.ts';
import { VendorRejectedError } from '../../functions/shared/errors.ts';
import { shutAccounts } from '../../functions/vendor/shut-accounts.ts';
import { ANN, JOANN, KENJI, PETRA, type Person, TOMAS, ZOE } from '../../local/vendors/company.ts';
import { type DriftwoodState, startDriftwood } from '../../local/vendors/driftwood.ts';
import type { VendorServer } from '../../local/vendors/vendor-server.ts';
import { optionsFor } from '../contract-subject.ts';
import { foundOne } from '../found-one.ts';

const NOBODY = 'nobody@northlight.example';
const UNKNOWN_ID = 'd41f7000-0000-4000-8000-00000000dead';

let server: VendorServer<DriftwoodState>;
let now = Date.UTC(2026, 0, 5, 9);

beforeAll(async () => {
  server = await startDriftwood(() => now);
});
afterEach(() => server.reset());
afterAll(() => server.close());

const client = (overrides?: Parameters<typeof optionsFor>[1]) => driftwood(optionsFor(server, overrides));

const search = (vendorUserId: string | null, ...addresses: string[]) =>
  client().findUser({ vendorUserId, addresses });

/** What the find step says of somebody of whom nothing else is known. */
const find = (email: string, vendorUserId: string | null = null) =>
  foundOne('driftwood', client().findUser, email, vendorUserId);

/** HR tells neither name nor address. */
const UNTOLD = { name: null, email: null };
const Found = z.object({ account: DriftwoodAccount, others: z.array(DriftwoodAccount) });

const accountOf = async ({ email }: Person) => DriftwoodAccount.parse((await find(email)).account);

function userOf({ email }: Pick<Person, 'email'>) {
  const user = server.state.users.find((candidate) => candidate.email.toLowerCase() === email.toLowerCase());
  if (user === undefined) throw new Error('This person has no user.');
  return user;
}

function remove({ email }: Person) {
  server.state.users = server.state.users.filter((user) => user.email !== email);
}

const errorOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => new Error('no error'),
    (error: Error) => error,
  );

const writesTo = (path: string) => server.writes().filter((entry) => entry.path === path);
const bodies = (entries: { body: unknown }[]) => entries.map(({ body }) => body);

const refusal = (code: unknown) => JSON.stringify({ ok: false, error: { code, message: 'no' } });

describe('findUser', () => {
  const idsFound = async (vendorUserId: string | null, ...addresses: string[]) =>
    (await search(vendorUserId, ...addresses)).map(({ account }) => account.vendorUserId);

  it('shows what decides whose a user is, and asks once when the answer tells the total', async () => {
    expect(await search(null, ANN.email)).toEqual([
      {
        account: { vendorUserId: userOf(ANN).id, email: ANN.email },
        address: ANN.email,
        externalId: null,
        name: 'Ann Lee',
        role: 'member',
        isOpen: true,
      },
    ]);
    expect(bodies(server.journal)).toEqual([{ search: ANN.email, limit: 100, offset: 0 }]);
    expect(await search(null, PETRA.email)).toMatchObject([{ isOpen: false }]);
  });

  it('passes on the address in the spelling of Driftwood', async () => {
    const email = 'Tomas.Herrera@Northlight.example';
    expect(await search(null, TOMAS.email)).toMatchObject([{ account: { email } }]);
  });

  it('does not take the neighbour whom a partial match shows', async () => {
    remove(ANN);
    expect(await search(null, ANN.email)).toEqual([]);
    expect(userOf(JOANN).email).toContain(ANN.email);
  });

  it('sees a second user with the address on a later page, and the find step refuses to guess', async () => {
    const twin = { ...userOf(ANN), id: UNKNOWN_ID, email: ANN.email.toUpperCase() };
    server.state.users.push(twin);
    expect(await idsFound(null, ANN.email)).toEqual([userOf(ANN).id, UNKNOWN_ID]);
    const error = await errorOf(foundOne('driftwood', client({ pageSize: 1 }).findUser, ANN.email));
    expect(error.name).toBe('AmbiguousUserError');
    expect(error.message).toContain(UNKNOWN_ID);
    expect(error.message.toLowerCase()).not.toContain(ANN.email);
  });

  it('finds who has an earlier address, and nobody twice', async () => {
    expect(await idsFound(null, NOBODY, ANN.email, ANN.email.toUpperCase())).toEqual([userOf(ANN).id]);
  });

  it.each([' ', '\u00a0', '\t', '\u200b'])(
    'does not mind %j around the address in Driftwood',
    async (blank) => {
      const user = userOf(ANN);
      user.email = `${blank}${ANN.email}${blank}`;
      const [found] = await search(null, ANN.email);
      expect(found?.account).toEqual({ vendorUserId: user.id, email: user.email });
      // The next read searches for the spelling of Driftwood.
      const account = DriftwoodAccount.parse(found?.account);
      expect(await client().deactivateUser(account)).toMatchObject({ status: 'changed' });
    },
  );

  it('takes nobody for deactivated whose deactivated_at is an empty text', async () => {
    server.state.emptiesNulls = true;
    expect(await search(null, ANN.email, PETRA.email)).toMatchObject([{ isOpen: true }, { isOpen: false }]);
  });
});

describe('the recorded id', () => {
  it('costs no second request when the search shows it', async () => {
    expect(await search(userOf(ANN).id, ANN.email)).toHaveLength(1);
    expect(server.journal).toHaveLength(1);
  });

  it('does not end the search: who has the address by now is shown too', async () => {
    const { id } = userOf(KENJI);
    const found = await search(id, ANN.email);
    expect(found.map(({ account }) => account.vendorUserId)).toEqual([userOf(ANN).id, id]);
  });

  it('finds somebody whose address was changed, on whatever page', async () => {
    const { id } = userOf(KENJI);
    userOf(KENJI).email = 'kenji@elsewhere.example';
    expect(await search(id, KENJI.email)).toMatchObject([
      { account: { vendorUserId: id, email: 'kenji@elsewhere.example' } },
    ]);
    expect(bodies(server.journal)).toEqual([
      { search: KENJI.email, limit: 100, offset: 0 },
      { limit: 100, offset: 0 },
      { limit: 100, offset: 100 },
    ]);
  });

  it('gives way to the address when there is no such user any more', async () => {
    expect(await search(UNKNOWN_ID, ANN.email)).toMatchObject([
      { account: { vendorUserId: userOf(ANN).id } },
    ]);
    const searches = server.journal.filter(({ body }) => JSON.stringify(body).includes(ANN.email));
    expect(searches).toHaveLength(1);
  });
});

describe('the list', () => {
  it('is walked to an empty page when no total is told', async () => {
    server.state.omitsTotal = true;
    expect(await find(ANN.email)).toMatchObject({ status: 'found' });
    const all = server.state.users.length;
    expect(server.journal.map(({ body }) => body)).toMatchObject([
      { offset: 0 },
      { offset: 100 },
      { offset: all },
    ]);
  });

  it('does not end with a short page', async () => {
    server.state.omitsTotal = true;
    server.state.longestPage = 7;
    const { id } = userOf(KENJI);
    expect(await find(NOBODY, id)).toMatchObject({ account: { vendorUserId: id } });
  });

  it.each([
    ['enveloped', 'object'],
    ['enveloped', 'array'],
    ['bare', 'object'],
    ['bare', 'array'],
  ] as const)('may be %s, as an %s', async (answerForm, listForm) => {
    Object.assign(server.state, { answerForm, listForm });
    expect(await find(ANN.email)).toMatchObject({ account: { vendorUserId: userOf(ANN).id } });
  });

  it.each(['users', 'items', 'data'])('may hold the users under %s', async (name) => {
    const body = JSON.stringify({ ok: true, result: { [name]: [userOf(ANN)], total: 1 } });
    server.inject({ path: /^\/users-list$/, status: 200, body });
    expect(await find(ANN.email)).toMatchObject({ account: { vendorUserId: userOf(ANN).id } });
  });

  it('does without a total that is not a number', async () => {
    const body = JSON.stringify({ ok: true, result: { users: [userOf(ANN)], total: null } });
    server.inject({ path: /^\/users-list$/, status: 200, body, times: 1 });
    expect(await find('nobody.else@northlight.example')).toMatchObject({ status: 'not_found' });
    // All users, as a leaver must not be missed, and then the search.
    expect(server.journal).toHaveLength(4);
  });

  it('is refused when the users are nowhere in it', async () => {
    server.inject({ status: 200, body: JSON.stringify({ ok: true, result: { people: [] } }) });
    const error = await errorOf(find(ANN.email));
    expect(error.name).toBe('VendorResponseError');
    expect(error.message).toContain('users');
  });
});

describe('a refusal', () => {
  it.each([
    ['rate_limit.exceeded', 'VendorRateLimitedError'],
    ['unauthorized', 'VendorAuthError'],
    ['forbidden', 'VendorAuthError'],
    ['auth.invalid_token', 'VendorAuthError'],
    ['token.expired', 'VendorAuthError'],
    ['users.not_allowed', 'VendorRejectedError'],
    [undefined, 'VendorRejectedError'],
    [{ nested: true }, 'VendorRejectedError'],
  ])('with status 200 and the code %j is a %s', async (code, name) => {
    server.inject({ status: 200, body: refusal(code) });
    expect((await errorOf(find(ANN.email))).name).toBe(name);
  });

  it.each([
    [403, 'rate_limit.exceeded', 'VendorRateLimitedError'],
    [429, 'too_many', 'VendorRateLimitedError'],
    [403, 'users.not_allowed', 'VendorAuthError'],
    [500, 'unauthorized', 'VendorUnavailableError'],
    [400, 'users.invalid', 'VendorRejectedError'],
  ])('with status %i and the code %s is a %s', async (status, code, name) => {
    server.inject({ status, body: refusal(code) });
    expect((await errorOf(find(ANN.email))).name).toBe(name);
  });

  it('tells its code, but no sentence and no address', async () => {
    // The list is refused, and then the search.
    server.inject({ status: 200, body: refusal('users.invalid'), times: 2 });
    expect((await errorOf(find(ANN.email))).message).toContain('(users.invalid)');
    server.inject({ status: 200, body: refusal(`No ${ANN.email}`), times: 2 });
    const error = await errorOf(find(ANN.email));
    expect(error.name).toBe('VendorRejectedError');
    expect(`${error.message} ${JSON.stringify(error)}`).not.toContain(ANN.email);
  });

  it('comes after 300 requests in a minute, and passes', { tags: 'slow' }, async () => {
    await Promise.all(Array.from({ length: 150 }, () => find(ANN.email)));
    expect((await errorOf(find(ANN.email))).name).toBe('VendorRateLimitedError');
    now += 60_001;
    expect(await find(ANN.email)).toMatchObject({ status: 'found' });
  });
});

describe('inviteUser', () => {
  it('invites with the address and the full name', async () => {
    const result = await client().inviteUser(ZOE);
    expect(result).toEqual({
      status: 'invited',
      account: { vendorUserId: userOf(ZOE).id, email: ZOE.email },
      changes: [{ what: 'user invited', login: 'opened' }],
    });
    expect(bodies(server.writes())).toEqual([{ email: ZOE.email, name: `${ZOE.firstName} ${ZOE.lastName}` }]);
    expect(userOf(ZOE).deactivated_at).toBeNull();
  });

  it('sends nothing to somebody who has a user, even a deactivated one', async () => {
    expect(await client().inviteUser(KENJI)).toEqual({
      status: 'already_done',
      account: { vendorUserId: userOf(KENJI).id, email: KENJI.email },
    });
    expect(server.writes()).toEqual([]);
  });

  it('never invites again after an answer that was lost', async () => {
    server.inject({ path: /^\/users-invite$/, drop: 'after', times: 1 });
    expect(await client().inviteUser(ZOE)).toMatchObject({ status: 'invited' });
    expect(await client().inviteUser(ZOE)).toMatchObject({ status: 'invited' });
    expect(server.state.invitations).toEqual([ZOE.email]);
    expect(writesTo('/users-invite')).toHaveLength(1);
  });

  it('does not take a refusal with status 200 for an invitation', async () => {
    server.inject({ path: /^\/users-invite$/, status: 200, body: refusal('user.exists') });
    const error = await errorOf(client().inviteUser(ZOE));
    expect(error).toBeInstanceOf(VendorRejectedError);
    expect(error).toMatchObject({ code: 'user.exists' });
  });

  it('does not believe an invitation that the list does not show', async () => {
    server.inject({ path: /^\/users-invite$/, forgets: true });
    expect((await errorOf(client().inviteUser(ZOE))).name).toBe('VendorUnconfirmedError');
    expect(writesTo('/users-invite')).toHaveLength(1);
  });
});

describe('deactivateUser', () => {
  it('cuts the login where deactivated_at is an empty text', async () => {
    server.state.emptiesNulls = true;
    const account = await accountOf(ANN);
    expect(await client().deactivateUser(account)).toMatchObject({ status: 'changed' });
    expect(userOf(ANN).deactivated_at).not.toBeNull();
    expect(await client().activateUser(account, UNTOLD)).toMatchObject({ status: 'changed' });
    expect(userOf(ANN).deactivated_at).toBeNull();
  });

  it('is done where the list leaves out who is deactivated', async () => {
    server.state.hidesDeactivated = true;
    const account = await accountOf(ANN);
    expect(await client().deactivateUser(account)).toMatchObject({ status: 'changed' });
    expect(userOf(ANN).deactivated_at).not.toBeNull();
    expect(server.writes()).toHaveLength(1);
  });

  it('shuts a second open account of the leaver too', async () => {
    const twin = { ...userOf(ANN), id: UNKNOWN_ID };
    const { id } = userOf(ANN);
    userOf(ANN).deactivated_at = '2025-01-01T00:00:00Z';
    server.state.users.push(twin);
    const leaver = z.parse(Found, await find(ANN.email, id));
    expect(leaver.others).toEqual([{ vendorUserId: UNKNOWN_ID, email: ANN.email }]);
    expect(await shutAccounts(leaver, client().deactivateUser)).toMatchObject({
      status: 'changed',
      changes: [{ what: `user deactivated (second account ${UNKNOWN_ID})` }],
    });
    expect(twin.deactivated_at).not.toBeNull();
  });

  it('says active: false, because the endpoint activates without it', async () => {
    const account = await accountOf(ANN);
    expect(await client().deactivateUser(account)).toEqual({
      status: 'changed',
      changes: [{ what: 'user deactivated', login: 'shut' }],
    });
    expect(bodies(server.writes())).toEqual([{ user_id: account.vendorUserId, active: false }]);
    expect(userOf(ANN).deactivated_at).not.toBeNull();
    expect(userOf(JOANN).deactivated_at).toBeNull();
  });

  it('writes nothing for somebody who is deactivated already', async () => {
    expect(await client().deactivateUser(await accountOf(PETRA))).toEqual({ status: 'already_done' });
    expect(server.writes()).toEqual([]);
  });

  it.each([false, true])(
    'is done only when the list shows it (which leaves out the deactivated: %s)',
    async (hides) => {
      server.state.hidesDeactivated = hides;
      server.inject({ path: /^\/users-set-active$/, forgets: true });
      const error = await errorOf(client().deactivateUser(await accountOf(ANN)));
      expect(error.name).toBe('VendorUnconfirmedError');
      expect(writesTo('/users-set-active')).toHaveLength(1);
    },
  );

  it('does not take a refusal with status 200 for success', async () => {
    const account = await accountOf(ANN);
    remove(ANN);
    expect(await errorOf(client().deactivateUser(account))).toMatchObject({
      name: 'VendorRejectedError',
      code: 'user.not_found',
    });
  });

  it.each([false, true])(
    'cuts the login of somebody who got a new address meanwhile (in a list which leaves out the deactivated: %s)',
    async (hides) => {
      server.state.hidesDeactivated = hides;
      const account = await accountOf(ANN);
      const user = userOf(ANN);
      user.email = 'moved@elsewhere.example';
      expect(await client().deactivateUser(account)).toMatchObject({ status: 'changed' });
      expect(userOf(user).deactivated_at).not.toBeNull();
    },
  );

  it('reads by id where two users share the address', async () => {
    const account = await accountOf(ANN);
    server.state.users.unshift({ ...userOf(ANN), id: UNKNOWN_ID, deactivated_at: '2025-01-01T00:00:00Z' });
    expect(await client().deactivateUser(account)).toMatchObject({ status: 'changed' });
    expect(bodies(server.writes())).toEqual([{ user_id: account.vendorUserId, active: false }]);
  });
});

describe('activateUser', () => {
  it('says active: true', async () => {
    const account = await accountOf(KENJI);
    expect(await client().activateUser(account, UNTOLD)).toEqual({
      status: 'changed',
      changes: [{ what: 'user activated', login: 'opened' }],
    });
    expect(bodies(server.writes())).toEqual([{ user_id: account.vendorUserId, active: true }]);
    expect(userOf(KENJI).deactivated_at).toBeNull();
  });

  it('writes nothing for somebody who is active already', async () => {
    expect(await client().activateUser(await accountOf(ANN), UNTOLD)).toEqual({
      status: 'already_done',
    });
    expect(server.writes()).toEqual([]);
  });

  it('takes a deactivated_at that is left out for active', async () => {
    server.state.omitsNulls = true;
    expect(await client().activateUser(await accountOf(ANN), UNTOLD)).toEqual({
      status: 'already_done',
    });
    expect(await client().activateUser(await accountOf(KENJI), UNTOLD)).toMatchObject({ status: 'changed' });
  });

  it('brings back by the recorded id whoever no list shows, and tells the address', async () => {
    server.state.hidesDeactivated = true;
    const search = { vendorUserId: userOf(KENJI).id, addresses: ['kenji.new@northlight.example'] };
    expect(await client().findUser(search)).toEqual([]);
    const [found] = await client().findUser({ ...search, comesBack: true });
    expect(found).toMatchObject({ isOpen: false, address: null });
    const account = DriftwoodAccount.parse(found?.account);
    expect(await client().activateUser(account, UNTOLD)).toMatchObject({
      ...{ status: 'changed', account: { vendorUserId: account.vendorUserId, email: KENJI.email } },
    });
    expect(userOf(KENJI).deactivated_at).toBeNull();
  });

  it('invites who is hired again and has no account any more, and nobody whose termination is taken back', async () => {
    const account = { vendorUserId: UNKNOWN_ID, email: ZOE.email };
    expect(await errorOf(client().activateUser(account, UNTOLD))).toMatchObject({ code: 'user.not_found' });
    expect(writesTo('/users-invite')).toEqual([]);
    expect(await client().activateUser(account, UNTOLD, ZOE)).toMatchObject({ status: 'invited' });
    expect(writesTo('/users-invite')).toHaveLength(1);
  });

  it('leaves a name and an address that are not HR’s to a person', async () => {
    const account = await accountOf(KENJI);
    const told = { name: 'Kenji Tanaka', email: KENJI.email };
    expect(await client().activateUser(account, told)).toMatchObject({
      status: 'changed',
      followUps: [`Change the name of Driftwood CRM user ${account.vendorUserId} by hand; its API cannot.`],
    });
  });
});

describe('updateUser', () => {
  const update = async (told: Parameters<ReturnType<typeof client>['updateUser']>[1]) =>
    client().updateUser(await accountOf(ANN), told);
  const followUp = (facts: string) =>
    `Change the ${facts} of Driftwood CRM user ${userOf(ANN).id} by hand; its API cannot.`;

  it.each([
    [{ name: 'Ann Novák', email: 'ann.novak@northlight.example' }, 'name and address', ['email', 'name']],
    [{ name: ' Ann  Lee', email: 'ann.novak@northlight.example' }, 'address', ['email']],
    [{ name: 'Ann Novák', email: null }, 'name', ['name']],
  ])('tells a person what to change, and nobody’s name or address: %o', async (told, facts, unwritten) => {
    expect(await update(told)).toEqual({ status: 'not_needed', followUps: [followUp(facts)], unwritten });
    expect(server.writes()).toEqual([]);
  });

  it('asks for nothing that Driftwood shows already', async () => {
    const told = { name: 'Ann Lee', email: ANN.email.toUpperCase() };
    expect(await update(told)).toEqual({ status: 'not_needed' });
    expect(await update(UNTOLD)).toEqual({ status: 'not_needed' });
  });

  it('looks through the whole list where the search no longer shows the user', async () => {
    const account = await accountOf(ANN);
    userOf(ANN).email = 'moved@elsewhere.example';
    const told = { name: 'Ann Lee', email: ANN.email };
    expect((await client().updateUser(account, told)).unwritten).toEqual(['email']);
  });

  it('asks for all of it where nothing shows the user', async () => {
    const account = await accountOf(ANN);
    const expected = [followUp('name')];
    remove(ANN);
    expect((await client().updateUser(account, { name: 'Ann Lee', email: null })).followUps).toEqual(
      expected,
    );
  });
});

describe('requestPasswordReset', () => {
  const invited = async () => DriftwoodAccount.parse((await client().inviteUser(ZOE)).account);

  it('has a mail sent to somebody who has no password yet', async () => {
    expect(await client().requestPasswordReset(await invited())).toEqual({
      status: 'changed',
      changes: [{ what: 'password mail requested' }],
    });
    expect(bodies(writesTo('/users-forgot-password'))).toEqual([{ email: ZOE.email }]);
    expect(server.state.passwordResets).toEqual([ZOE.email]);
  });

  it('leaves alone whoever has one', async () => {
    expect(await client().requestPasswordReset(await accountOf(ANN))).toEqual({ status: 'already_done' });
    expect(server.writes()).toEqual([]);
  });

  it.each([undefined, null])(
    'has it sent where Driftwood does not tell (%s)',
    async (must_change_password) => {
      const account = await invited();
      const users = [{ ...userOf(ZOE), must_change_password }];
      server.inject({ path: /^\/users-list$/, status: 200, body: JSON.stringify({ users, total: 1 }) });
      expect(await client().requestPasswordReset(account)).toMatchObject({ status: 'changed' });
      expect(server.state.passwordResets).toEqual([ZOE.email]);
    },
  );

  it('does not take the same answer to an unknown address for a mail', async () => {
    const account = await invited();
    remove(ZOE);
    expect((await errorOf(client().requestPasswordReset(account))).name).toBe('VendorUnconfirmedError');
    expect(writesTo('/users-forgot-password')).toEqual([]);
  });

  it('does not take a refusal with status 200 for a mail, and asks no second time by itself', async () => {
    const account = await invited();
    server.inject({ path: /^\/users-forgot-password$/, status: 200, body: refusal('mail.failed') });
    expect((await errorOf(client().requestPasswordReset(account))).name).toBe('VendorRejectedError');
    server.heal();
    server.inject({ path: /^\/users-forgot-password$/, drop: 'after' });
    expect((await errorOf(client().requestPasswordReset(account))).name).toBe('VendorUnavailableError');
    expect(server.state.passwordResets).toEqual([ZOE.email]);
  });
});

describe('resetPassword', () => {
  const NEW = 'battery staple';
  const issueToken = async () => {
    await client().requestPasswordReset(DriftwoodAccount.parse((await client().inviteUser(ZOE)).account));
    return server.state.resetTokens[0]?.token ?? '';
  };

  it('sets the password, once', async () => {
    const token = await issueToken();
    await client().resetPassword({ token, newPassword: NEW });
    expect(server.state.passwords).toContainEqual({ userId: userOf(ZOE).id, password: NEW });
    expect(userOf(ZOE).must_change_password).toBe(false);
    expect(await errorOf(client().resetPassword({ token, newPassword: NEW }))).toMatchObject({
      name: 'VendorRejectedError',
      code: 'token.invalid',
    });
  });

  it('does not take a wrong token from the mail for a wrong token in the secret', async () => {
    const error = await errorOf(client().resetPassword({ token: 'made up', newPassword: NEW }));
    expect(error).toBeInstanceOf(VendorRejectedError);
    expect(error.message).not.toContain('secret');
    server.inject({ status: 200, body: refusal('unauthorized') });
    expect((await errorOf(client().resetPassword({ token: 'made up', newPassword: NEW }))).name).toBe(
      'VendorAuthError',
    );
  });

  it('leaves the token usable after a password that is too weak', async () => {
    const token = await issueToken();
    expect(await errorOf(client().resetPassword({ token, newPassword: 'short' }))).toMatchObject({
      code: 'password.weak',
    });
    await client().resetPassword({ token, newPassword: NEW });
  });
});

describe('changePassword', () => {
  const change = (currentPassword: string, newPassword: string) =>
    client().changePassword({ currentPassword, newPassword });

  it('changes the password of whoever the token belongs to', async () => {
    await change('correct horse', 'battery staple');
    const vendorUserId = server.state.tokenOwnerId;
    expect(server.state.passwords).toEqual([{ userId: vendorUserId, password: 'battery staple' }]);
  });

  it.each([
    ['wrong password', 'battery staple', 'password.incorrect'],
    ['correct horse', 'short', 'password.weak'],
  ])('does not take a refusal with status 200 for a change: %s into %s', async (current, next, code) => {
    expect(await errorOf(change(current, next))).toMatchObject({ name: 'VendorRejectedError', code });
    expect(server.state.passwords).toMatchObject([{ password: 'correct horse' }]);
  });
});

it.each([
  ['200', { status: 200, body: refusal('no: hush-hush hush-token') }],
  ['401', { status: 401, body: refusal('hush-hush hush-token') }],
  ['500', { status: 500, body: 'hush-hush hush-token' }],
  ['200 without JSON', { status: 200, body: '<hush-hush hush-token>' }],
  ['nothing', { drop: 'after' as const }],
])('no password and no reset token is in an error or a log when Driftwood answers %s', async (_, fault) => {
  const written: string[] = [];
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, 'write').mockImplementation((chunk) => Boolean(written.push(String(chunk))));
  for (const path of [/reset/, /change/]) server.inject({ path, ...fault });
  const errors = [
    await errorOf(client().resetPassword({ token: 'hush-token', newPassword: 'hush-hush' })),
    await errorOf(client().changePassword({ currentPassword: 'hush-hush', newPassword: 'hush-hush' })),
  ];
  vi.restoreAllMocks();
  for (const error of errors) {
    expect(error.name).toMatch(/^Vendor/);
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)} ${written}`).not.toContain('hush');
  }
});

describe('bcc_token', () => {
  it('is in no result and in no error', async () => {
    const account = await accountOf(ANN);
    const told: unknown[] = [account, await client().inviteUser(ZOE), await client().deactivateUser(account)];
    const broken = { ...userOf(ANN), id: null };
    server.inject({ path: /^\/users-list$/, status: 200, body: JSON.stringify({ users: [broken] }) });
    const error = await errorOf(find(ANN.email));
    expect(error.name).toBe('VendorResponseError');
    told.push(error.message, error, error.stack);
    expect(JSON.stringify(told)).not.toContain('bcc');
  });
});

describe('the vendor server', () => {
  const call = async (path: string, body: unknown, method = 'POST') => {
    const response = await fetch(`${server.baseUrls.rest}/${path}`, {
      method,
      headers: { authorization: `Bearer ${server.tokens.rest}`, 'content-type': 'application/json' },
      ...(method === 'POST' ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, answer: await response.json() };
  };

  it('answers to POST only', async () => {
    expect(await call('users-list', undefined, 'GET')).toMatchObject({ status: 405, answer: { ok: false } });
  });

  it('sends 50 users unless asked for more, and never more than 100', async () => {
    expect(await call('users-list', {})).toHaveProperty('answer.result.users.length', 50);
    expect(await call('users-list', { limit: 1000 })).toHaveProperty('answer.result.users.length', 100);
  });

  it('activates when active is left out', async () => {
    await call('users-set-active', { user_id: userOf(PETRA).id });
    expect(userOf(PETRA).deactivated_at).toBeNull();
  });

  it('refuses to invite a known address, with status 200', async () => {
    expect(await call('users-invite', { email: ANN.email.toUpperCase(), name: 'Ann' })).toMatchObject({
      status: 200,
      answer: { ok: false, error: { code: 'user.exists' } },
    });
    expect(server.state.invitations).toEqual([]);
  });

  it('resets a password with a token, once', async () => {
    await call('users-forgot-password', { email: NOBODY });
    await call('users-forgot-password', { email: ANN.email });
    expect(server.state.passwordResets).toEqual([ANN.email]);
    const token = server.state.resetTokens[0]?.token;
    const reset = () => call('users-reset-password', { token, new_password: 'battery staple' });
    expect((await reset()).answer).toMatchObject({ ok: true });
    expect((await reset()).answer).toMatchObject({ ok: false, error: { code: 'token.invalid' } });
  });

  it('changes a password only for who knows the current one', async () => {
    const change = (current_password: string) =>
      call('users-change-password', { current_password, new_password: 'battery staple' });
    expect((await change('wrong')).answer).toMatchObject({ ok: false });
    expect((await change('correct horse')).answer).toMatchObject({ ok: true });
    expect((await change('correct horse')).answer).toMatchObject({ ok: false });
  });

  it('tells nobody whether an address is known', async () => {
    const answers = [NOBODY, ANN.email].map((email) => call('users-forgot-password', { email }));
    const [unknown, known] = await Promise.all(answers);
    expect(unknown).toEqual(known);
  });
});
