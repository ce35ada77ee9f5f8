import { type BatchWriteItemCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountIndex } from '../../functions/reconciliation/account-index.ts';
import { compareAccounts } from '../../functions/reconciliation/compare-accounts.ts';
import { hashOfEmail } from '../../functions/shared/email.ts';
import type { ListedAccount, OwnedRecords } from '../../functions/shared/listed-account.ts';
import { type Finding, type FindingStore, findingStore } from '../../functions/tables/finding-store.ts';
import { followUpStore } from '../../functions/tables/follow-up-store.ts';
import { type RosterRow, type RosterStore, rosterStore } from '../../functions/tables/roster-store.ts';
import { type StagedPages, stagedPages, type Walk } from '../../functions/tables/staged-pages.ts';
import { collect } from '../../functions/vendor/paging.ts';
import {
  COORDINATION_TABLE,
  IDENTITY_TABLE,
  startTables,
  type TablesEndpoint,
} from '../../local/aws/tables.ts';

const STARTED_AT = '2026-11-21T02:00:00.000Z';
const NOW = Date.parse(STARTED_AT);

let tables: TablesEndpoint;
let database: DynamoDBClient;
let pages: StagedPages;
let roster: RosterStore;
let findings: FindingStore;
let walk: Walk;

beforeEach(async () => {
  // A database for every test, because an app has one roster.
  tables = await startTables('test');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  database = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  pages = stagedPages(COORDINATION_TABLE, { client: database });
  roster = rosterStore(IDENTITY_TABLE, database);
  findings = findingStore(IDENTITY_TABLE, { client: database });
  walk = { app: 'pipedrive', run: 'run-1', attempt: 1 };
});
afterEach(async () => {
  database.destroy();
  await tables.close();
});

const ADDRESS = 'ann.lee@northlight.example';
const account = (changes: Partial<ListedAccount> = {}): ListedAccount => ({
  id: '55',
  email: ADDRESS,
  isOpen: true,
  ...changes,
});
const employee = (changes: Partial<RosterRow> = {}): RosterRow => ({
  app: 'pipedrive',
  employeeId: 'E-1',
  email: ADDRESS,
  vendorUserId: '55',
  otherId: null,
  role: null,
  login: 'open',
  lastWorkingDay: null,
  reassignTo: null,
  at: '2026-01-01T00:00:00.000Z',
  ...changes,
});
const leaver = (changes: Partial<RosterRow> = {}) =>
  employee({ login: 'shut', lastWorkingDay: '2026-10-30', ...changes });

type Staged = {
  accounts?: ListedAccount[];
  owned?: OwnedRecords[];
  total?: number | null;
  collection?: string;
};

async function stage(...staged: Staged[]): Promise<void> {
  for (const [
    number,
    { accounts = [], owned = [], total = null, collection = 'users' },
  ] of staged.entries()) {
    const isLast = number === staged.length - 1;
    const next = isLast ? null : { collection, position: String(number + 1) };
    await pages.write(walk, number, null, { collection, accounts, owned, total, next });
  }
}

const compare = () =>
  compareAccounts({
    followUps: followUpStore(IDENTITY_TABLE, database),
    walk,
    startedAt: STARTED_AT,
    rules: { now: NOW, invitationDays: 14 },
    pages,
    roster,
    findings,
  });

async function found(rows: RosterRow[], ...staged: Staged[]): Promise<Finding[]> {
  for (const row of rows) await roster.write(row);
  await stage(...staged);
  expect(await compare()).toMatchObject({ status: 'compared' });
  const all: Finding[] = [];
  for await (const finding of findings.read(walk.run)) all.push(finding);
  return all;
}
const kinds = (all: Finding[]) => all.map(({ kind }) => kind);

it('counts every person once, whatever lists they are in', async () => {
  const address = (name: string) => `${name}@northlight.example`;
  await roster.write(employee());
  await roster.write(leaver({ employeeId: 'E-2' }));
  await stage(
    {
      accounts: [
        account({ id: '1', email: address('twice') }),
        account({ id: '2', email: address('shut'), isOpen: false }),
        account({ id: '3', email: null }),
        account({ id: '4', email: address('reinvited'), isOpen: false }),
      ],
    },
    {
      accounts: [
        account({ id: 'scim:1', email: address('twice'), isOpen: false }),
        account({ id: null, email: address('reinvited'), invitedAt: '2026-11-01' }),
        account({ id: null, email: address('invited'), invitedAt: '2026-11-01' }),
        account({ id: '7', email: address('waiting'), invitedAt: '2026-11-01' }),
        account({ id: null, email: address('undated') }),
        account({ id: '8', email: '' }),
        account({ id: '9', email: '' }),
      ],
      collection: 'invitations',
    },
  );
  expect(await compare()).toMatchObject({
    headCount: { active: 4, deactivated: 1, invited: 4, expected: 1 },
  });
});

it('names an orphan once, whatever lists the app has it in', async () => {
  const email = 'nobody@northlight.example';
  await stage(
    {
      accounts: [
        account({ id: 'scim:1', email }),
        account({ id: 'scim:2', email: 'other@northlight.example' }),
      ],
    },
    { accounts: [account({ id: '1', email }), account({ id: null, email })], collection: 'seat holders' },
  );
  await compare();
  const named = [];
  for await (const { vendorUserId } of findings.read(walk.run)) named.push(vendorUserId);
  expect(named).toEqual(['scim:1', 'scim:2']);
});

describe('nothing is found about', () => {
  it.each<[string, RosterRow[], ListedAccount[]]>([
    ['an employee with an open account', [employee()], [account()]],
    ['an address in another spelling', [employee()], [account({ email: ADDRESS.toUpperCase() })]],
    ['an account whose address the app does not show', [employee()], [account({ email: null })]],
    ['a leaver whose account is shut', [leaver()], [account({ isOpen: false })]],
    ['a leaver whose account is gone', [leaver()], []],
    ['a shut account that nobody owns', [], [account({ isOpen: false })]],
    ['an account that only the address leads to', [employee({ vendorUserId: null })], [account()]],
    [
      'an account under its other id',
      [employee({ otherId: 'scim:7', vendorUserId: '9' })],
      [account({ id: 'scim:7', email: null })],
    ],
    ['the role that is wanted', [employee({ role: 'AE' })], [account({ role: 'AE' })]],
    ['a role that the list does not tell', [employee({ role: 'AE' })], [account()]],
    [
      'the role that another of the app’s lists tells',
      [employee({ role: 'AE' })],
      [account({ role: 'User' }), account({ id: 'scim:55', role: 'AE' })],
    ],
    [
      'an account that another of the app’s lists has as open',
      [employee()],
      [account({ isOpen: false }), account({ id: 'scim:55' })],
    ],
    ['an invitation of so many days', [employee()], [account({ invitedAt: '2026-11-07T02:00:00Z' })]],
    ['an invitation of last week', [employee()], [account({ invitedAt: '2026-11-14T00:00:00Z' })]],
    [
      'an account that is listed as an invitation only',
      [employee({ vendorUserId: '30001' })],
      [account({ id: null, invitedAt: '2026-11-20T00:00:00Z' })],
    ],
  ])('%s', async (_, rows, accounts) => {
    expect(await found(rows, { accounts })).toEqual([]);
  });

  it('somebody on whom a run acted since it began, and the account is not an orphan either', async () => {
    const acted = employee({ at: '2026-11-21T02:00:30.000Z', role: 'AE' });
    expect(await found([acted], { accounts: [account({ role: 'Admin' })] })).toEqual([]);
  });

  it.each(['E-0', 'E-9'])(
    'a leaver who works here again as %s: her account must not be shut',
    async (employeeId) => {
      const rows = [leaver(), employee({ employeeId })];
      expect(await found(rows, { accounts: [account()] })).toEqual([]);
    },
  );

  it('the records of somebody who works here', async () => {
    const owned = [{ ownerId: '55', what: 'contacts', count: 3 }];
    expect(await found([employee()], { accounts: [account()], owned })).toEqual([]);
  });

  it('the records of a leaver who works here again under another number', async () => {
    const rows = [leaver(), employee({ employeeId: 'E-2' })];
    const owned = [{ ownerId: '55', what: 'contacts', count: 3 }];
    expect(await found(rows, { accounts: [account()], owned })).toEqual([]);
  });

  it('a leaver whose address somebody else has by now', async () => {
    const rows = [leaver({ vendorUserId: '1' }), employee({ employeeId: 'E-2' })];
    expect(await found(rows, { accounts: [account()] })).toEqual([]);
  });
});

describe('a finding is', () => {
  it('a leaver whose account is open', async () => {
    expect(await found([leaver()], { accounts: [account()] })).toEqual([
      {
        kind: 'leaver_can_log_in',
        app: 'pipedrive',
        vendorUserId: '55',
        employeeId: 'E-1',
        detail: 'The employee has left, and the account is open.',
      },
    ]);
  });

  it('a leaver with an account that nobody had recorded, under its own id', async () => {
    const [finding, another] = await found([leaver({ vendorUserId: null })], { accounts: [account()] });
    expect(finding).toMatchObject({ kind: 'leaver_can_log_in', vendorUserId: '55', employeeId: 'E-1' });
    expect(another).toBeUndefined();
  });

  it('a leaver whose recorded account is shut while another one has the address, under that one’s id', async () => {
    const accounts = [account({ isOpen: false }), account({ id: '99' })];
    expect(await found([leaver()], { accounts })).toMatchObject([
      { kind: 'leaver_can_log_in', vendorUserId: '99', employeeId: 'E-1' },
    ]);
  });

  it('a leaver whose account nobody had recorded, under its id although there is an invitation too', async () => {
    const invitation = account({ id: null, reference: 'invitation:7', invitedAt: '2026-11-20T00:00:00Z' });
    const all = await found([leaver({ vendorUserId: null })], { accounts: [account(), invitation] });
    expect(all).toMatchObject([{ kind: 'leaver_can_log_in', vendorUserId: '55' }]);
  });

  it('each of two leavers with one address', async () => {
    const rows = ['E-1', 'E-2'].map((employeeId) => leaver({ employeeId, vendorUserId: null }));
    const all = await found(rows, { accounts: [account()] });
    expect(all.map(({ employeeId }) => employeeId)).toEqual(['E-1', 'E-2']);
  });

  it('about the account that only the address leads to, under its id', async () => {
    const rows = [employee({ vendorUserId: null, role: 'AE' })];
    expect(await found(rows, { accounts: [account({ role: 'User' })] })).toMatchObject([
      { kind: 'different_role', vendorUserId: '55', employeeId: 'E-1' },
    ]);
  });

  it('a leaver who could still accept an invitation', async () => {
    const invitation = account({ id: null, invitedAt: '2026-11-20T00:00:00Z' });
    expect(kinds(await found([leaver()], { accounts: [invitation] }))).toEqual(['leaver_can_log_in']);
  });

  it('an open account that nobody owns', async () => {
    const [finding] = await found([], { accounts: [account()] });
    expect(finding).toMatchObject({ kind: 'orphan_account', vendorUserId: '55', employeeId: null });
  });

  it('every open invitation that nobody owns, by what the app has to tell it from the others', async () => {
    const accounts = ['a', 'b'].map((name) =>
      account({ id: null, reference: `invitation ${name}`, email: `${name}@agency.example` }),
    );
    const all = await found([], { accounts, collection: 'invitations' });
    expect(all.map(({ vendorUserId }) => vendorUserId)).toEqual(['invitation a', 'invitation b']);
  });

  it('an account that an employee should have and has not, or that is shut', async () => {
    const rows = [
      employee({ vendorUserId: null }),
      employee({ employeeId: 'E-2', vendorUserId: '56', email: 'b@northlight.example' }),
    ];
    const shut = account({ id: '56', email: 'b@northlight.example', isOpen: false });
    const all = await found(rows, { accounts: [shut] });
    expect(all.map(({ kind, employeeId }) => [kind, employeeId])).toEqual([
      ['missing_account', 'E-1'],
      ['missing_account', 'E-2'],
    ]);
  });

  it('a recorded account that is gone, also when another one has the address', async () => {
    const rows = [
      employee(),
      employee({ employeeId: 'E-2', vendorUserId: '56', email: 'b@northlight.example' }),
    ];
    const all = await found(rows, { accounts: [account({ id: '99' })] });
    expect(all.map(({ kind, vendorUserId }) => [kind, vendorUserId])).toEqual([
      ['vanished_account', '55'],
      ['vanished_account', '56'],
    ]);
  });

  it('another address', async () => {
    expect(
      kinds(await found([employee()], { accounts: [account({ email: 'x@northlight.example' })] })),
    ).toEqual(['changed_email']);
  });

  it('an invitation of more than so many days', async () => {
    const all = await found([employee()], { accounts: [account({ invitedAt: '2026-11-01T00:00:00Z' })] });
    expect(all).toMatchObject([
      { kind: 'pending_invitation', detail: 'The invitation has not been accepted for 20 days.' },
    ]);
  });

  it('another role, or none', async () => {
    const rows = [
      employee({ role: 'AE' }),
      employee({ employeeId: 'E-2', vendorUserId: '56', email: 'b@northlight.example', role: 'AE' }),
    ];
    const other = account({ id: '56', email: 'b@northlight.example', role: null });
    const all = await found(rows, { accounts: [account({ role: 'Admin' }), other] });
    expect(all.map(({ detail }) => detail)).toEqual([
      'The role is Admin, and should be AE.',
      'The role is none, and should be AE.',
    ]);
  });

  it("records that are still a leaver's, summed over all pages", async () => {
    const deals = (count: number) => [{ ownerId: '55', what: 'open deals', count }];
    const shut = { accounts: [account({ isOpen: false })] };
    const others = { ownerId: '77', what: 'contacts', count: 3 };
    const contacts = { ownerId: '55', what: 'contacts', count: 1 };
    const all = await found(
      [leaver()],
      shut,
      { owned: deals(2), collection: 'deals' },
      { owned: [...deals(3), others], collection: 'deals' },
      { owned: [contacts], collection: 'contacts' },
    );
    expect(all).toMatchObject([
      {
        kind: 'records_of_leaver',
        vendorUserId: '55',
        employeeId: 'E-1',
        detail: 'The employee has left, and still owns open deals (5), contacts (1).',
      },
    ]);
  });

  it('stored, however many there are', async () => {
    const accounts = Array.from({ length: 250 }, (_, index) => account({ id: `${index}`, email: null }));
    expect(await found([], { accounts })).toHaveLength(250);
  });

  it('counted by kind', async () => {
    await stage({ accounts: [account(), account({ id: '56', email: null })] });
    const comparison = await compare();
    expect(comparison).toMatchObject({ accounts: 2, findings: { orphan_account: 2, changed_email: 0 } });
  });
});

describe('a collection that shifted while it was walked', () => {
  const one = account();
  const two = account({ id: '56', email: null });

  it.each<[string, Staged[]]>([
    ['brings an account twice', [{ accounts: [one] }, { accounts: [one, two] }]],
    [
      'changes its total',
      [
        { accounts: [one], total: 3 },
        { accounts: [two], total: 2 },
      ],
    ],
    [
      'does not reach its total',
      [
        { accounts: [one], total: 3 },
        { accounts: [two], total: 3 },
      ],
    ],
    [
      'goes beyond its total',
      [
        { accounts: [one], total: 1 },
        { accounts: [two], total: 1 },
      ],
    ],
  ])('that %s is walked again, and nothing is found', async (_, staged) => {
    await stage(...staged);
    expect(await compare()).toEqual({
      status: 'shifted',
      attempt: 2,
      accounts: null,
      findings: null,
      headCount: null,
    });
    for await (const finding of findings.read(walk.run)) expect(finding).toBeUndefined();
  });

  it('fails after the third time, and says what to do', async () => {
    walk = { ...walk, attempt: 3 };
    await stage({ accounts: [one], total: 2 });
    await expect(compare()).rejects.toThrow(/users changed during each of 3 walks.*Reconcile again/);
  });

  it('has no total for each of its lists together', async () => {
    const all = [
      { accounts: [one], total: 1 },
      { accounts: [account({ id: 'scim:1' })], total: 1, collection: 'managed' },
    ];
    expect(kinds(await found([employee()], ...all))).toEqual([]);
  });
});

describe('what is wanted', () => {
  const told = (time: string, sequence: number | null = null) => ({
    at: '2026-03-01T00:00:00.000Z',
    position: { sequence, time: new Date(time).toISOString() },
  });
  const wanted = async () => (await roster.find('pipedrive', 'E-1'))?.login;

  it('is what the last event has said, in whatever order the runs come to write, and whatever their clocks say', async () => {
    await roster.write(leaver({ ...told('2026-02-02'), at: '2026-02-10T00:00:00.000Z' }));
    await roster.write(employee({ ...told('2026-02-01'), at: '2026-02-20T00:00:00.000Z' }));
    expect(await wanted()).toBe('shut');
    await roster.write(employee({ ...told('2026-02-03'), at: '2026-02-05T00:00:00.000Z' }));
    expect(await wanted()).toBe('open');
  });

  it('goes by the count of the HR system where both have one, and by the time where one has none', async () => {
    await roster.write(leaver(told('2026-02-01', 7)));
    await roster.write(employee(told('2026-02-09', 6)));
    expect(await wanted()).toBe('shut');
    await roster.write(employee(told('2026-01-01', 8)));
    expect(await wanted()).toBe('open');
    await roster.write(leaver(told('2025-12-31')));
    expect(await wanted()).toBe('open');
    await roster.write(leaver(told('2026-01-02')));
    expect(await wanted()).toBe('shut');
    await roster.write(employee(told('2026-01-03', 1)));
    expect(await wanted()).toBe('open');
  });

  it('is written again by a run of the same event', async () => {
    await roster.write(leaver({ ...told('2026-02-01'), vendorUserId: null }));
    await roster.write(leaver({ ...told('2026-02-01'), vendorUserId: '7' }));
    expect(await roster.find('pipedrive', 'E-1')).toMatchObject({ vendorUserId: '7' });
  });

  it('goes by when the run acted where the place was not kept', async () => {
    await roster.write(leaver({ at: '2026-02-01T00:00:00.000Z' }));
    await roster.write(employee());
    expect(await wanted()).toBe('shut');
  });

  it('comes before every event of the id to which it is moved', async () => {
    await roster.write(leaver(told('2026-02-01', 900)));
    await roster.move('pipedrive', 'E-1', 'E-2');
    await roster.write({ ...employee(told('2026-01-01', 3)), employeeId: 'E-2' });
    expect((await roster.find('pipedrive', 'E-2'))?.login).toBe('open');
  });
});

describe('findings', () => {
  const finding = (vendorUserId: string): Finding => ({
    ...{ kind: 'orphan_account', app: 'pipedrive', vendorUserId, employeeId: null },
    detail: 'The account is open, and nobody is known to own it.',
  });

  it('that a busy table does not take are written again, after ever longer pauses', async () => {
    const send = database.send.bind(database);
    let refusals = 2;
    const busy = Object.assign(Object.create(database), {
      send: async (command: BatchWriteItemCommand) => {
        if (refusals === 0) return send(command);
        refusals -= 1;
        return { UnprocessedItems: command.input.RequestItems };
      },
    });
    const slept: number[] = [];
    const sleep = async (ms: number) => {
      slept.push(ms);
    };
    await findingStore(IDENTITY_TABLE, { client: busy, sleep }).write('run-1', [finding('1')]);
    expect(slept).toEqual([100, 200]);
    expect(await collect(findings.read('run-1'))).toEqual([finding('1')]);
  });

  it('expire after 400 days', async () => {
    const now = () => 1_000_000;
    await findingStore(IDENTITY_TABLE, { client: database, now }).write('run-1', [finding('1')]);
    const Key = marshall({ pk: 'FINDING#run-1', sk: 'pipedrive#orphan_account#1#' });
    const { Item } = await database.send(new GetItemCommand({ TableName: IDENTITY_TABLE, Key }));
    expect(Item?.expiresAt).toEqual({ N: String(1_000 + 400 * 86_400) });
  });
});

describe('the index', () => {
  it('finds 20,000 accounts by id and by address', { tags: 'slow' }, () => {
    const index = accountIndex();
    const staged = (number: number) => ({
      id: `id-${number}`,
      emailHash: hashOfEmail(`${number}@northlight.example`),
      isOpen: number % 2 === 0,
      role: `role ${number % 3}`,
    });
    for (let number = 0; number < 20_000; number += 1) expect(index.add(staged(number))).toBe(true);
    expect(index.add(staged(17))).toBe(false);
    for (const number of [0, 1, 9_999, 19_999]) {
      const { emailHash, isOpen, role } = staged(number);
      expect(index.findById(`id-${number}`)).toMatchObject({ slot: number, isOpen, role });
      expect(index.findByEmail(emailHash).map(({ slot }) => slot)).toContain(number);
    }
    expect(index.findById('id-20000')).toBeNull();
    expect(index.findByEmail(hashOfEmail('nobody@northlight.example'))).toEqual([]);
  });
});

describe('the follow-ups of an app', () => {
  const AT = '2026-11-01T08:00:00.000Z';
  const ROLE = 'Give the person the role Admin in Pipedrive; its API cannot.';

  /** Whether a follow-up is closed by a comparison of one person, and by whom. */
  async function closedBy(
    row: RosterRow,
    listed: ListedAccount[],
    followUp: { text: string; status: 'failed' | 'done' },
  ): Promise<string | null | undefined> {
    const store = followUpStore(IDENTITY_TABLE, database);
    const { text, status } = followUp;
    const ofApp = { app: 'pipedrive' as const, status, vendorUserId: null, steps: [], changes: [] };
    const run = { execution: 'leaves', startedAt: AT };
    await store.write(run, {
      ...{ workflow: 'offboarding', employeeId: 'E-1', email: '', status: 'partial' },
      apps: [{ ...ofApp, followUps: [text], asks: text === ROLE ? { [ROLE]: 'role' } : {} }],
    });
    await found([row], { accounts: listed });
    const [written] = await store.ofRun(run);
    return written?.done?.by;
  }

  it.each([
    ['a login is shut', leaver(), [account({ isOpen: false })], 'failed', 'Cut it.', 'run-1'],
    ['a login is open', leaver(), [account()], 'failed', 'Cut it.', undefined],
    ['nobody is listed', leaver(), [], 'failed', 'Cut it.', undefined],
    ['it is not about the login', leaver(), [account({ isOpen: false })], 'done', 'Look.', undefined],
    ['the role is given', employee({ role: 'Admin' }), [account({ role: 'Admin' })], 'done', ROLE, 'run-1'],
    [
      'the role is another',
      employee({ role: 'Admin' }),
      [account({ role: 'User' })],
      'done',
      ROLE,
      undefined,
    ],
  ] as const)('are closed or not when %s', async (_, row, listed, status, text, by) => {
    expect(await closedBy(row, [...listed], { text, status })).toBe(by);
  });
});
