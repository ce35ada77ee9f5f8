import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterAll, describe, expect, it } from 'vitest';
import { walkAccounts } from '../../functions/reconciliation/walk-accounts.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import { hashOfEmail } from '../../functions/shared/email.ts';
import {
  LimiterUnavailableError,
  VendorAuthError,
  VendorRateLimitedError,
  VendorUnavailableError,
} from '../../functions/shared/errors.ts';
import type { AccountPage, Cursor } from '../../functions/shared/listed-account.ts';
import { type StagedPages, stagedPages } from '../../functions/tables/staged-pages.ts';
import { countByOwner, type ListAccounts, listCollections } from '../../functions/vendor/account-list.ts';
import { COORDINATION_TABLE } from '../../local/aws/tables.ts';
import { ANN } from '../../local/vendors/company.ts';
import { startAccountWalks, without } from './account-walks.ts';

const walks = await startAccountWalks();
const { database, list, listOver, newWalk, pages, stagedOf, vendors } = walks;
afterAll(() => walks.close());

const LIST = { vendor: 'drift', operation: 'listAccounts', method: 'GET', path: '/users' } as const;

/** What the app holds, which is what a walk has to bring. */
function held(app: App): string[] {
  const ids = vendors[app].accounts().flatMap(({ vendorUserId, otherId, isOpen }) => {
    if (otherId === undefined) return [vendorUserId];
    // Who has two ids is listed twice, as long as the account is open.
    return isOpen ? [vendorUserId, otherId] : [otherId];
  });
  return ids.sort();
}

describe.each(APPS)('%s', (app) => {
  it.each([1, undefined])(
    'brings every account once, deactivated ones too, in pages of %s',
    async (pageSize) => {
      const walk = newWalk(app);
      // So many single pages are more than a minute's limit.
      const sleep = async () => {
        const kept = vendors[app].state;
        vendors[app].reset();
        vendors[app].restore(kept);
      };
      const options = pageSize === undefined ? { sleep } : { sleep, pageSize };
      expect(await walkAccounts({ list: list(app, options), pages, walk })).toEqual({
        status: 'walked',
        attempt: 1,
      });
      const { accounts } = await stagedOf(walk);
      expect(accounts.flatMap(({ id }) => id ?? []).sort()).toEqual(held(app));
      expect(accounts.some(({ isOpen }) => !isOpen)).toBe(true);
    },
  );

  it('brings them all where the app tells neither a total nor the next page', async () => {
    const walk = newWalk(app);
    const untold = app === 'pipedrive' ? [] : ['total', 'totalResults', 'total_count', 'next_page'];
    await walkAccounts({ list: listOver(app, without(...untold)), pages, walk });
    expect((await stagedOf(walk)).accounts.flatMap(({ id }) => id ?? []).sort()).toEqual(held(app));
  });

  it('stages hashes instead of addresses', async () => {
    const walk = newWalk(app);
    await walkAccounts({ list: list(app), pages, walk });
    const { accounts } = await stagedOf(walk);
    expect(JSON.stringify(accounts)).not.toContain('@');
    expect(accounts.map(({ emailHash }) => emailHash)).toContain(hashOfEmail(ANN.email.toUpperCase()));
  });

  it('goes on after the last page that was written when it was stopped', async () => {
    const walk = newWalk(app);
    const asked: (Cursor | null)[] = [];
    const whole = list(app, { pageSize: 20 });
    const recording =
      (failsAt: number): ListAccounts =>
      async (cursor) => {
        if (asked.length === failsAt) throw new Error('The Lambda was stopped.');
        asked.push(cursor);
        return whole(cursor);
      };
    await expect(walkAccounts({ list: recording(2), pages, walk })).rejects.toThrow('stopped');
    expect(await walkAccounts({ list: recording(-1), pages, walk })).toMatchObject({ status: 'walked' });
    const distinct = new Set(asked.map((cursor) => JSON.stringify(cursor)));
    expect(asked).toHaveLength(distinct.size);
    expect((await stagedOf(walk)).accounts.flatMap(({ id }) => id ?? []).sort()).toEqual(held(app));
  });
});

describe('a walk', () => {
  const page = (id: string, next: Cursor | null): AccountPage => ({
    collection: 'users',
    accounts: [{ id, email: null, isOpen: true }],
    owned: [],
    total: null,
    next,
  });
  const endless: ListAccounts = async (cursor) => {
    const number = Number(cursor?.position ?? 0);
    return page(String(number), { collection: 'users', position: String(number + 1) });
  };

  it('ends for now when its time is over, and goes on from there when it is called again', async () => {
    const walk = newWalk('drata');
    let clock = 0;
    const now = () => {
      clock += 1;
      return clock;
    };
    const bounds = { ms: 4, pages: 100, rows: 100 };
    expect(await walkAccounts({ list: endless, pages, walk, bounds, now })).toMatchObject({ status: 'more' });
    const first = (await stagedOf(walk)).accounts.length;
    await walkAccounts({ list: endless, pages, walk, bounds, now });
    expect((await stagedOf(walk)).accounts.map(({ id }) => id)).toEqual(
      Array.from({ length: first * 2 }, (_, index) => String(index)),
    );
  });

  it('fails at once when the app does not know the page, and gives the first one for each', async () => {
    const asked: (Cursor | null)[] = [];
    const repeating: ListAccounts = async (cursor) => {
      asked.push(cursor);
      return { ...(await endless(cursor)), accounts: page('7', null).accounts };
    };
    const walk = newWalk('drata');
    await expect(walkAccounts({ list: repeating, pages, walk })).rejects.toThrow('repeat or never end');
    expect(asked).toHaveLength(2);
  });

  it('does not take pages without accounts for the same page', async () => {
    const records: ListAccounts = async (cursor) => {
      const { next, ...rest } = await endless(cursor);
      return { ...rest, accounts: [], next: next?.position === '3' ? null : next };
    };
    expect(await walkAccounts({ list: records, pages, walk: newWalk('drift') })).toMatchObject({
      status: 'walked',
    });
  });

  it('writes the pages of each second in a row of their own, in order', async () => {
    const walk = newWalk('drata');
    let clock = 0;
    const now = () => {
      clock += 1_000;
      return clock;
    };
    const bounds = { ms: Number.POSITIVE_INFINITY, pages: 12, rows: 100 };
    expect(await walkAccounts({ list: endless, pages, walk, bounds, now })).toMatchObject({ status: 'more' });
    const rows = [];
    for await (const { accounts } of pages.readAll(walk)) rows.push(accounts.map(({ id }) => id));
    expect(rows).toEqual(Array.from({ length: 12 }, (_, index) => [String(index)]));
    expect(await pages.findResume(walk)).toMatchObject({ page: 12, cursor: { position: '12' } });
  });

  it('ends when an app has more pages than it can have', async () => {
    let clock = 0;
    const now = () => {
      clock += 1_000;
      return clock;
    };
    const bounds = { ms: Number.POSITIVE_INFINITY, pages: 100, rows: 5 };
    await expect(walkAccounts({ list: endless, pages, walk: newWalk('drata'), bounds, now })).rejects.toThrow(
      'never end',
    );
  });

  it('keeps lists apart, and pages with another total, so that a total that changes shows', async () => {
    const walk = newWalk('drift');
    const kept: AccountPage[] = [
      { ...page('1', { collection: 'users', position: '1' }), total: 2 },
      { ...page('2', { collection: 'users', position: '2' }), total: 3 },
      { ...page('3', null), collection: 'managed', total: 3 },
    ];
    const list: ListAccounts = async (cursor) => kept[Number(cursor?.position ?? 0)] ?? page('9', null);
    await walkAccounts({ list, pages, walk });
    const rows = [];
    for await (const { collection, total } of pages.readAll(walk)) rows.push([collection, total]);
    expect(rows).toEqual([
      ['users', 2],
      ['users', 3],
      ['managed', 3],
    ]);
  });

  it('that is over asks for nothing more when it is called again', async () => {
    const walk = newWalk('drata');
    await walkAccounts({ list: async () => page('1', null), pages, walk });
    const refusing: ListAccounts = () => Promise.reject(new Error('It was asked again.'));
    expect(await walkAccounts({ list: refusing, pages, walk })).toMatchObject({ status: 'walked' });
  });

  it('expires after a week', async () => {
    const walk = newWalk('drata');
    const written = stagedPages(COORDINATION_TABLE, { client: database, now: () => 1_000_000 });
    await walkAccounts({ list: async () => page('1', null), pages: written, walk });
    const Key = marshall({ pk: `RECONCILIATION#drata#${walk.run}#1`, sk: 'PAGE#0000000#0000000' });
    const { Item } = await database.send(new GetItemCommand({ TableName: COORDINATION_TABLE, Key }));
    expect(Item?.expiresAt).toEqual({ N: String(1_000 + 7 * 86_400) });
  });

  it('ends at a page that names itself as the next', async () => {
    const list = listCollections([
      { name: 'users', list: LIST, first: '0', fetch: async () => ({ owned: [], next: '1' }) },
    ]);
    await expect(walkAccounts({ list, pages, walk: newWalk('drift') })).rejects.toThrow(
      'repeat or never end',
    );
  });

  it.each([2, 3, 7])('ends in a circle of %i pages, wherever the circle begins', async (length) => {
    const following = (position: number) => (position < 5 + length - 1 ? position + 1 : 5);
    const fetch = async (position: string) => ({
      ...{ owned: [{ ownerId: position, what: 'contacts', count: 1 }] },
      next: String(following(Number(position))),
    });
    const list = listCollections([{ name: 'contacts', list: LIST, first: '0', fetch }]);
    await expect(walkAccounts({ list, pages, walk: newWalk('drift') })).rejects.toMatchObject({
      name: 'VendorResponseError',
    });
  });

  it('ends before the total that the app gave: in one process or in several', async () => {
    const fetch = async (position: string) => ({
      ...{ accounts: [{ id: position, email: null, isOpen: true }], total: 3 },
      next: position === '0' ? '1' : null,
    });
    const list = listCollections([{ name: 'users', list: LIST, first: '0', fetch }]);
    const walk = newWalk('drift');
    const bounds = { ms: 60_000, pages: 1, rows: 10 };
    expect(await walkAccounts({ list, pages, walk, bounds })).toMatchObject({ status: 'more' });
    await expect(walkAccounts({ list, pages, walk, bounds })).rejects.toThrow('after 2 of 3 entries');
  });

  describe('in which the app fails', () => {
    const call = { vendor: 'drata', operation: 'listAccounts', method: 'GET', path: '/personnel' } as const;
    const failingAt =
      (failing: number, error: Error): ListAccounts =>
      async (cursor) => {
        if (Number(cursor?.position ?? 0) === failing) throw error;
        return endless(cursor);
      };
    it.each([
      new VendorUnavailableError(call, 'failed'),
      new VendorRateLimitedError(call, undefined),
      new LimiterUnavailableError(call, 'TimeoutError'),
    ])(
      'after many pages goes on in a new invocation, so that retries are counted anew: $name',
      async (error) => {
        const walk = newWalk('drata');
        const until10 = { list: failingAt(10, error), pages, walk };
        expect(await walkAccounts(until10)).toMatchObject({ status: 'more' });
        expect((await stagedOf(walk)).accounts).toHaveLength(10);
        await expect(walkAccounts(until10)).rejects.toThrow(error);
        // So few pages are not worth an invocation of their own, and their failures are counted.
        await expect(walkAccounts({ ...until10, list: failingAt(19, error) })).rejects.toThrow(error);
        expect((await stagedOf(walk)).accounts).toHaveLength(19);
      },
    );

    it('for good says so at once, however many pages there were', async () => {
      const error = new VendorAuthError(call, 'tenure/drata/rest');
      const walk = newWalk('drata');
      await expect(walkAccounts({ list: failingAt(10, error), pages, walk })).rejects.toThrow(error);
    });
  });

  it('stages the records of many owners in rows that are not too long for the table', async () => {
    const pageOfOwners: ListAccounts = async (cursor) => {
      const number = Number(cursor?.position ?? 0);
      const owners = Array.from({ length: 500 }, (_, index) => 10_000_000 + number * 500 + index);
      const next = number < 20 ? { collection: 'users', position: String(number + 1) } : null;
      return { ...page('', next), accounts: [], owned: countByOwner('open activities', owners) };
    };
    const walk = newWalk('pipedrive');
    await walkAccounts({ list: pageOfOwners, pages, walk });
    expect((await stagedOf(walk)).owned).toHaveLength(21 * 500);
  });

  it('splits a page that is longer than a row of the table, and asks again for one of which a part is missing', async () => {
    const accounts = Array.from({ length: 2_500 }, (_, index) => ({
      id: String(index),
      email: null,
      isOpen: true,
    }));
    const owned = [{ ownerId: '1', what: 'contacts', count: 3 }];
    const longPage: AccountPage = { ...page('', null), accounts, owned };
    const walk = newWalk('drift');
    await walkAccounts({ list: async () => longPage, pages, walk });
    const staged = await stagedOf(walk);
    expect(staged.accounts).toHaveLength(2_500);
    expect(staged.owned).toEqual(owned);
    expect(await pages.findResume(walk)).toEqual({ page: 1, cursor: null });

    const other = newWalk('drift');
    const cursor = { collection: 'users', position: '7' };
    const send = database.send.bind(database);
    let writes = 0;
    const failing = Object.assign(Object.create(database), {
      send: (command: Parameters<typeof send>[0]) => {
        writes += 1;
        return writes === 2 ? Promise.reject(new Error('The Lambda was stopped.')) : send(command);
      },
    });
    const interrupted = stagedPages(COORDINATION_TABLE, { client: failing });
    await expect(interrupted.write(other, 3, cursor, longPage)).rejects.toThrow('stopped');
    expect(await pages.findResume(other)).toEqual({ page: 3, cursor });
  });

  it('tells the failure of a write, and does not lose it to the page that is asked for meanwhile', async () => {
    const broken: StagedPages = { ...pages, write: () => Promise.reject(new Error('No table.')) };
    const slow: ListAccounts = async (cursor) => {
      await new Promise((resolve) => setImmediate(resolve));
      const { accounts, ...rest } = await endless(cursor);
      const many = Array.from({ length: 500 }, (_, index) => ({
        ...accounts[0],
        id: `${cursor?.position}-${index}`,
      }));
      return { ...rest, accounts: many.map((account) => ({ email: null, isOpen: true, ...account })) };
    };
    await expect(walkAccounts({ list: slow, pages: broken, walk: newWalk('drata') })).rejects.toThrow(
      'No table.',
    );
  });
});

describe('what accounts own', () => {
  it('is what somebody owns', () => {
    expect(countByOwner('contacts', [null, 3, undefined, 3])).toEqual([
      { ownerId: '3', what: 'contacts', count: 2 },
    ]);
  });

  const ownedIn = async (app: App, listAccounts = list(app, { pageSize: 20 })) => {
    const walk = newWalk(app);
    await walkAccounts({ list: listAccounts, pages, walk });
    const { owned } = await stagedOf(walk);
    const sums: Record<string, number> = {};
    for (const { ownerId, what, count } of owned)
      sums[`${ownerId} ${what}`] = (sums[`${ownerId} ${what}`] ?? 0) + count;
    return sums;
  };

  const inPipedrive = {
    '3 open deals': 104,
    '5 open deals': 2,
    '7 open deals': 5,
    '3 open activities': 4,
    '7 open activities': 3,
    '3 contacts': 6,
    '7 contacts': 4,
  };

  it('is counted by owner in Pipedrive: open deals, open activities and contacts', async () => {
    expect(await ownedIn('pipedrive')).toEqual(inPipedrive);
  });

  it('is what is open, also where Pipedrive does not know how to leave out the rest', async () => {
    const unfiltered: typeof fetch = (url, init) =>
      fetch(String(url).replace(/(status=open|done=0)&/, ''), init);
    expect(await ownedIn('pipedrive', listOver('pipedrive', unfiltered))).toEqual(inPipedrive);
  });

  it('ends where Drift shows an empty cursor', async () => {
    const emptyAtTheEnd: typeof fetch = async (url, init) => {
      const response = await fetch(url, init);
      const body = JSON.parse(await response.text());
      return Response.json({ ...body, next: body.next ?? '' }, { status: response.status });
    };
    const sums = await ownedIn('drift', listOver('drift', emptyAtTheEnd));
    expect(sums['228003 contacts']).toBe(9);
  });

  it('is counted by owner in Drift: contacts', async () => {
    const sums = await ownedIn('drift');
    expect(sums['228003 contacts']).toBe(9);
  });
});

describe('Pipedrive’s roles', () => {
  it('have the names of the night, and none where the list does not tell', async () => {
    const listAccounts = list('pipedrive');
    const role = vendors.pipedrive.state.roles.find(({ id }) => id === 3);
    if (role === undefined) throw new Error('The role is not seeded.');
    const rolesIn = async (ask: ListAccounts) => {
      const { accounts } = await ask(null);
      return new Set(accounts.map((account) => account.role));
    };
    expect(await rolesIn(listAccounts)).toEqual(new Set([null, 'Sales Manager']));
    role.name = 'Head of Sales';
    expect(await rolesIn(listAccounts)).toEqual(new Set([null, 'Head of Sales']));
    expect(await rolesIn(listOver('pipedrive', without('role_id')))).toEqual(new Set([undefined]));
  });
});
