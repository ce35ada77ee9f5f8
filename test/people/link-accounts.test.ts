import { describe, expect, it } from 'vitest';
import { linkAccounts } from '../../functions/people/link-accounts.ts';
import type { Person } from '../../functions/people/people-file.ts';
import { hashOfEmail } from '../../functions/shared/email.ts';
import type { AccountRow } from '../../functions/tables/identity-store.ts';
import type { RosterRow } from '../../functions/tables/roster-store.ts';
import type { StagedAccount } from '../../functions/tables/staged-pages.ts';

const person = (employeeId: string, email: string | null, more: Partial<Person> = {}): Person => ({
  ...{ employeeId, email, firstName: 'Ann', lastName: 'Lee', hasLeft: false },
  ...{ title: null, department: null, managerEmail: null, timeZone: null, startDate: null, lastDay: null },
  ...more,
});
const account = (id: string | null, email: string, more: Partial<StagedAccount> = {}): StagedAccount => ({
  ...{ id, emailHash: hashOfEmail(email), isOpen: true },
  ...more,
});

type World = { owners?: Record<string, string>; holders?: Record<string, string[]>; recorded?: AccountRow[] };

async function link(people: Person[], accounts: StagedAccount[], world: World = {}, plan = false) {
  const written: [string, AccountRow][] = [];
  const wanted: RosterRow[] = [];
  const rows = await linkAccounts({
    ...{ app: 'drift', people, accounts, plan, execution: 'import-1', at: '2026-11-29T12:00:00.000Z' },
    store: {
      findByAddress: async (email) => world.holders?.[email] ?? [],
      findOwner: async (_, id) => world.owners?.[id] ?? null,
      readAccounts: async () => world.recorded ?? [],
      writeAccount: async (employeeId, row) => void written.push([employeeId, row]),
    },
    roster: { find: async () => null, write: async (row) => void wanted.push(row) },
  });
  return {
    rows: rows.map(({ employeeId, status, vendorUserId }) => [employeeId, status, vendorUserId]),
    written,
    wanted,
  };
}

describe('an import', () => {
  it('links the account that has the address, under both of its ids, and wants it open', async () => {
    const both = [account('7', 'Ann@b.example'), account('scim:x', 'ann@b.example')];
    const { rows, written, wanted } = await link([person('E-1', 'ann@b.example')], both);
    expect(rows).toEqual([['E-1', 'linked', '7']]);
    expect(written).toMatchObject([['E-1', { vendorUserId: '7', otherId: 'scim:x', status: 'active' }]]);
    expect(wanted).toMatchObject([{ employeeId: 'E-1', vendorUserId: '7', login: 'open' }]);
  });

  it('writes nothing down where it only plans', async () => {
    const { rows, written, wanted } = await link(
      [person('E-1', 'ann@b.example')],
      [account('7', 'ann@b.example')],
      {},
      true,
    );
    expect({ rows, written, wanted }).toEqual({ rows: [['E-1', 'linked', '7']], written: [], wanted: [] });
  });

  it('says who lacks an account, and which open one is nobody’s', async () => {
    const accounts = [account('8', 'bo@b.example'), account('9', 'old@b.example', { isOpen: false })];
    const { rows, written } = await link([person('E-1', 'ann@b.example'), person('E-2', null)], accounts);
    expect(rows).toEqual([
      ['E-1', 'lacks', null],
      ['E-2', 'lacks', null],
      [null, 'nobodys', '8'],
    ]);
    expect(written).toEqual([]);
  });

  it('takes nobody’s account away, and decides nothing in doubt', async () => {
    const ann = person('E-1', 'ann@b.example');
    const doubt = [['E-1', 'in_doubt', '7']];
    expect(await link([ann], [account('7', 'ann@b.example')], { owners: { 7: 'E-9' } })).toMatchObject({
      rows: doubt,
      written: [],
    });
    expect(
      await link([ann], [account('7', 'ann@b.example')], { holders: { 'ann@b.example': ['E-9'] } }),
    ).toMatchObject({ rows: doubt, written: [] });
    const two = [account('7', 'ann@b.example'), account('8', 'ann@b.example')];
    expect(await link([ann], two)).toMatchObject({ rows: [['E-1', 'in_doubt', null]], written: [] });
  });

  it('records no closed account and no leaver’s, which may be another holder’s of the address', async () => {
    const closed = await link(
      [person('E-1', 'ann@b.example')],
      [account('7', 'ann@b.example', { isOpen: false })],
    );
    expect(closed).toMatchObject({ rows: [['E-1', 'closed', '7']], written: [], wanted: [] });
    const left = person('E-1', 'ann@b.example', { hasLeft: true, lastDay: '2026-10-30' });
    const open = await link([left], [account('7', 'ann@b.example')]);
    expect(open.written).toEqual([]);
    expect(open.wanted).toMatchObject([{ vendorUserId: '7', login: 'shut', lastWorkingDay: '2026-10-30' }]);
    expect((await link([left], [])).rows).toEqual([]);
  });

  it('leaves what is known as it is', async () => {
    const recorded: AccountRow[] = [
      {
        app: 'drift',
        vendorUserId: '7',
        email: 'old@b.example',
        status: 'active',
        role: null,
        verifiedAt: '',
        execution: '',
      },
    ];
    const accounts = [account('7', 'changed@b.example')];
    const { rows, written } = await link([person('E-1', 'ann@b.example')], accounts, { recorded });
    expect({ rows, written }).toEqual({ rows: [['E-1', 'known', '7']], written: [] });
  });
});
