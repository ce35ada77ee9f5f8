import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { salesloft } from '../../functions/salesloft/client.ts';
import { pageCost } from '../../functions/salesloft/live/calls.ts';
import { ANN, KENJI, PETRA, type Person } from '../../local/vendors/company.ts';
import { startSalesloft } from '../../local/vendors/salesloft.ts';
import { inLiveDialect, optionsFor } from '../contract-subject.ts';

let guide: Awaited<ReturnType<typeof startSalesloft>>;
let server: typeof guide;
const client = (pageSize = 100) => salesloft(optionsFor(server, { pageSize }));

beforeAll(async () => {
  guide = await startSalesloft();
  server = inLiveDialect(guide);
});
afterEach(() => server.reset());
afterAll(() => server.close());

const userOf = ({ email }: Person) => {
  const user = server.state.users.find((one) => one.email.toLowerCase() === email.toLowerCase());
  if (user === undefined) throw new Error(`${email} is not seeded.`);
  return user;
};
const pathsOf = () => server.journal.map(({ method, path }) => `${method} ${path}`);
const told = { name: { firstName: KENJI.firstName, lastName: KENJI.lastName }, email: KENJI.email };

describe('the other dialect', () => {
  it.each([
    ['the guide’s client at today’s API', 'guide'],
    ['the live client at the guide’s API', 'live'],
  ] as const)('is told by the answer: %s names the setting and writes nothing', async (_, dialect) => {
    server.expectStrangers();
    const stranger = salesloft({ ...optionsFor(dialect === 'guide' ? server : guide), dialect });
    for (const work of [
      () => stranger.findUser({ vendorUserId: null, addresses: [PETRA.email] }),
      () => stranger.deactivateUser(String(userOf(ANN).id)),
    ])
      await expect(work()).rejects.toMatchObject({
        name: 'VendorResponseError',
        message: expect.stringContaining('SALESLOFT_DIALECT'),
      });
    expect(server.writes()).toEqual([]);
  });
});

describe('finding', () => {
  it('asks for the address, and sees who was deactivated', async () => {
    const found = await client().findUser({ vendorUserId: null, addresses: [PETRA.email] });
    expect(found).toMatchObject([{ account: { vendorUserId: String(userOf(PETRA).id) }, isOpen: false }]);
    expect(server.journal[0]?.query).toMatchObject({ visible_only: 'false', search: PETRA.email });
  });
});

describe('listing', () => {
  it('shows everybody, with the roles by name, and has no list of invitations', async () => {
    const accounts = [];
    let cursor = null;
    const one = client(50);
    do {
      const page = await one.listAccounts(cursor);
      accounts.push(...page.accounts);
      cursor = page.next;
    } while (cursor !== null);
    expect(accounts).toHaveLength(server.accounts().length);
    expect(accounts.filter(({ isOpen }) => !isOpen)).toHaveLength(2);
    expect(new Set(accounts.map(({ role }) => role))).toEqual(new Set(['User', 'Admin']));
    expect(pathsOf()).not.toContain('GET /pending_email_accounts');
    expect(pathsOf().filter((path) => path === 'GET /custom_roles')).toHaveLength(1);
  });

  it('asks for the names of roles again after a failure, though the Lambda stays the same', async () => {
    server.inject({ path: /custom_roles/, status: 503, times: 1 });
    const one = client();
    await expect(one.listAccounts(null)).rejects.toMatchObject({ name: 'VendorUnavailableError' });
    expect((await one.listAccounts(null)).accounts.length).toBeGreaterThan(0);
  });

  it('shows who has not accepted an invitation, whom only SCIM shows', async () => {
    Object.assign(userOf(ANN), { accepted: false });
    const accounts = [];
    let cursor = null;
    do {
      const page = await client().listAccounts(cursor);
      accounts.push(...page.accounts);
      cursor = page.next;
    } while (cursor !== null);
    const ann = accounts.filter(({ email }) => email === ANN.email);
    expect(ann).toEqual([{ id: null, reference: `user:${userOf(ANN).id}`, email: ANN.email, isOpen: true }]);
    expect(accounts).toHaveLength(server.accounts().length);
    // As SalesLoft's description has it, where several values are one parameter.
    const asked = server.journal.find(({ query }) => query.ids !== undefined);
    expect(asked?.query.ids?.split(',').length).toBeGreaterThan(1);
  });

  it('costs more the deeper the page is', () => {
    const costs = [1, 100, 101, 150, 151, 250, 251, 500, 501].map(pageCost);
    expect(costs).toEqual([1, 1, 3, 3, 8, 8, 10, 10, 30]);
  });
});

describe('the limit', () => {
  const ask = async (page: number) => {
    const { status, headers } = await fetch(`${server.baseUrls.rest}/users?page=${page}`, {
      headers: { authorization: `Bearer ${server.tokens.rest}` },
    });
    const told = (name: string) => Number(headers.get(`x-ratelimit-${name}`));
    return { status, cost: told('endpoint-cost'), left: told('remaining-minute') };
  };

  it('counts a deep page as SalesLoft does, and the headers tell what is left of the minute', async () => {
    server.expectStrangers();
    expect(await ask(1)).toEqual({ status: 200, cost: 1, left: 599 });
    expect(await ask(101)).toEqual({ status: 200, cost: 3, left: 596 });
    expect(await ask(501)).toEqual({ status: 200, cost: 30, left: 566 });
    for (let count = 0; count < 18; count += 1) await ask(501);
    expect(await ask(1)).toMatchObject({ status: 200, left: 25 });
    expect(await ask(501)).toMatchObject({ status: 429, left: 25 });
  });
});

describe('the end of a login', () => {
  it('names the cadences that somebody else has to take over', async () => {
    const { status, followUps } = await client().deactivateUser(String(userOf(ANN).id));
    expect(status).toBe('changed');
    expect(followUps).toEqual([expect.stringContaining('Cadences: Outbound (1), Renewals (2).')]);
  });

  it('is a PUT where the user is not under SCIM', async () => {
    userOf(ANN).in_scim = false;
    expect(await client().deactivateUser(String(userOf(ANN).id))).toMatchObject({ status: 'changed' });
    expect(userOf(ANN).active).toBe(false);
    expect(server.writes().at(-1)).toMatchObject({ method: 'PUT', body: { active: false } });
  });

  it('does not depend on whether cadences can be read', async () => {
    server.inject({ path: /cadences/, status: 403 });
    const { status, followUps } = await client().deactivateUser(String(userOf(ANN).id));
    expect(status).toBe('changed');
    expect(followUps).toEqual([expect.stringContaining('cannot move them.')]);
  });
});

describe('invitations, of which there is no list,', () => {
  it('are unknown, never none: somebody who comes back may still have to accept', async () => {
    const { status, followUps } = await client().reactivateUser(String(userOf(KENJI).id), told);
    expect(status).toBe('changed');
    expect(followUps).toContainEqual(expect.stringContaining('has no list of invitations'));
  });

  it('leave somebody invited whom REST does not show as active', async () => {
    Object.assign(userOf(KENJI), { accepted: false });
    server.state.pendingShownAs = 'inactive';
    const { status, followUps } = await client().reactivateUser(String(userOf(KENJI).id), told);
    expect(status).toBe('invited');
    expect(followUps).toContainEqual(expect.stringContaining('has no list of invitations'));
  });
});
