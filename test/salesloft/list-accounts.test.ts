import { afterAll, describe, expect, it } from 'vitest';
import type { Limiter } from '../../functions/rate-limit/limiter.ts';
import { walkAccounts } from '../../functions/reconciliation/walk-accounts.ts';
import { salesloft } from '../../functions/salesloft/client.ts';
import { hashOfEmail } from '../../functions/shared/email.ts';
import { VendorRateLimitedError } from '../../functions/shared/errors.ts';
import { ANN, KENJI, PETRA } from '../../local/vendors/company.ts';
import { optionsFor, UNLIMITED } from '../contract-subject.ts';
import { startAccountWalks, without } from '../reconciliation/account-walks.ts';

const walks = await startAccountWalks();
const { list, listOver, newWalk, pages, stagedOf, vendors } = walks;
afterAll(() => walks.close());

describe('SalesLoft invitations', () => {
  it('are listed once where SalesLoft gives them all, whatever page is asked for', async () => {
    const unpaged: typeof fetch = (url, init) => {
      const asked = String(url);
      if (!asked.includes('/pending_email_accounts')) return fetch(url, init);
      return without('metadata')(asked.replace(/\?.*/, ''), init);
    };
    const listAccounts = listOver('salesloft', unpaged);
    for (const user of vendors.salesloft.state.users.slice(0, 2)) user.accepted = false;
    const walk = newWalk('salesloft');
    await walkAccounts({ list: listAccounts, pages, walk });
    expect((await stagedOf(walk)).accounts.filter(({ id }) => id === null)).toHaveLength(2);
  });

  it('are nobody’s where SalesLoft does not show the address', async () => {
    const listAccounts = listOver('salesloft', without('email'));
    for (const user of vendors.salesloft.state.users.slice(0, 2)) user.accepted = false;
    const walk = newWalk('salesloft');
    await walkAccounts({ list: listAccounts, pages, walk });
    expect((await stagedOf(walk)).accounts.filter(({ id }) => id === null)).toEqual([]);
  });

  it('are listed beside the users, and shut once the person was deactivated', async () => {
    const listAccounts = list('salesloft');
    const users = vendors.salesloft.state.users;
    for (const person of [ANN, PETRA, KENJI]) {
      const user = users.find(({ email }) => email.toLowerCase() === person.email.toLowerCase());
      if (user !== undefined) Object.assign(user, { accepted: false, active: person === ANN });
    }
    const walk = newWalk('salesloft');
    await walkAccounts({ list: listAccounts, pages, walk });
    const invitations = (await stagedOf(walk)).accounts.filter(({ id }) => id === null);
    expect(invitations.map(({ emailHash, isOpen }) => [emailHash, isOpen])).toEqual([
      [hashOfEmail(ANN.email), true],
      [hashOfEmail(PETRA.email), false],
      [hashOfEmail(KENJI.email), false],
    ]);
    for (const { invitedAt, reference } of invitations) {
      expect(invitedAt).toBe('2024-01-10T00:00:00Z');
      expect(reference).toMatch(/^invitation:7\d{5}$/);
    }
  });

  it('are taken for open where two users have the address, and everybody else is listed', async () => {
    const listAccounts = list('salesloft');
    const users = vendors.salesloft.state.users;
    const ann = users.find(({ email }) => email === ANN.email);
    if (ann === undefined) throw new Error('Ann is not in SalesLoft.');
    Object.assign(ann, { accepted: false, active: false });
    users.push({ ...ann, id: 99_999, accepted: true });
    const walk = newWalk('salesloft');
    await walkAccounts({ list: listAccounts, pages, walk });
    const invitations = (await stagedOf(walk)).accounts.filter(({ id }) => id === null);
    expect(invitations).toMatchObject([{ emailHash: hashOfEmail(ANN.email), isOpen: true }]);
  });

  it('are not looked up anew where the limit is used up in the middle of a page', async () => {
    list('salesloft');
    const { salesloft: server } = vendors;
    for (const user of server.state.users.slice(0, 6)) user.accepted = false;
    let lookUps = 0;
    const admit: Limiter['admit'] = async (call) => {
      lookUps += 1;
      if (lookUps === 3) throw new VendorRateLimitedError(call, 2_000);
    };
    const { scim, ...options } = optionsFor(server);
    const limiter = { ...UNLIMITED, admit };
    const { listAccounts } = salesloft({ ...options, scim: { ...scim, limiter } });
    await walkAccounts({ list: listAccounts, pages, walk: newWalk('salesloft') });
    expect(lookUps).toBe(7);
  });
});
