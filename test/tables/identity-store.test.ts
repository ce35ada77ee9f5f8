import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../functions/shared/report.ts';
import { type AccountRow, type IdentityStore, identityStore } from '../../functions/tables/identity-store.ts';
import { IDENTITY_TABLE, startTables, type TablesEndpoint } from '../../local/aws/tables.ts';

let tables: TablesEndpoint;
let client: DynamoDBClient;
let store: IdentityStore;

beforeEach(async () => {
  tables = await startTables('test');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  store = identityStore(IDENTITY_TABLE, client);
});
afterEach(async () => {
  client.destroy();
  await tables.close();
});

const account = (changes: Partial<AccountRow> = {}): AccountRow => ({
  app: 'pipedrive',
  vendorUserId: '55',
  email: 'ann.lee@northlight.example',
  status: 'active',
  role: 'Account Executive',
  verifiedAt: '2026-11-20T09:00:00.000Z',
  execution: 'run-1',
  ...changes,
});
const everything = async () => {
  const { Items = [] } = await client.send(
    new ScanCommand({ TableName: IDENTITY_TABLE, ConsistentRead: true }),
  );
  return Items.map((item) => JSON.stringify(unmarshall(item))).sort();
};

describe('a profile', () => {
  const profile = {
    email: 'zoe.muller+crm@northlight.example',
    firstName: 'Zoë',
    lastName: 'Müller-Østergaard',
    title: null,
    department: 'DACH',
    managerEmail: null,
    timeZone: 'Europe/Berlin',
    startDate: '2026-12-01',
  };

  const stored = { ...profile, addresses: [profile.email], previousEmployeeIds: [] };

  it('is read as it was written, and the last one counts', async () => {
    expect(await store.readProfile('E-1')).toBeNull();
    await store.writeProfile('E-1', profile);
    expect(await store.readProfile('E-1')).toEqual(stored);
    await store.writeProfile('E-1', { ...profile, title: 'Lead' });
    expect(await store.readProfile('E-1')).toEqual({ ...stored, title: 'Lead' });
    expect(await store.readProfile('E-10')).toBeNull();
  });

  it('keeps every address that the employee has had, each once', async () => {
    const renamed = 'zoe.ostergaard@northlight.example';
    await store.writeProfile('E-1', profile);
    await store.writeProfile('E-1', { ...profile, email: renamed });
    await store.writeProfile('E-1', { ...profile, email: renamed.toUpperCase() });
    const addresses = (await store.readProfile('E-1'))?.addresses ?? [];
    expect(addresses.map((address) => address.toLowerCase())).toEqual([renamed, profile.email]);
  });

  it('is found by the address that the employee has now, and by no earlier one', async () => {
    await store.writeProfile('E-1', profile);
    await store.writeProfile('E-2', profile);
    expect(await store.findByAddress(profile.email.toUpperCase())).toEqual(['E-1', 'E-2']);
    await store.writeProfile('E-1', { ...profile, email: 'zoe.ostergaard@northlight.example' });
    expect(await store.findByAddress(profile.email)).toEqual(['E-2']);
    expect(await store.findByAddress('zoe.ostergaard@northlight.example')).toEqual(['E-1']);
  });

  it('is known by an earlier address with the name that the employee had then, until they have it again', async () => {
    const { email, firstName, lastName } = profile;
    const before = [{ employeeId: 'E-1', name: { firstName, lastName } }];
    await store.writeProfile('E-1', profile);
    expect(await store.findFormerHolders(email)).toEqual([]);
    await store.writeProfile('E-1', { ...profile, lastName: 'Lind', email: 'zoe.lind@northlight.example' });
    expect(await store.findFormerHolders(email.toUpperCase())).toEqual(before);
    await store.moveEmployee('E-1', 'N-1');
    expect(await store.findFormerHolders(email)).toMatchObject([{ employeeId: 'N-1' }]);
    await store.expire('N-1', 1);
    expect(await store.findFormerHolders(email)).toEqual([]);
    await store.writeProfile('N-1', profile);
    expect(await store.findFormerHolders(email)).toEqual([]);
    expect(await store.findByAddress(email)).toEqual(['N-1']);
  });
});

describe('an employee who gets another id', () => {
  const profile = {
    email: 'ann.lee@northlight.example',
    firstName: 'Ann',
    lastName: 'Lee',
    title: null,
    department: null,
    managerEmail: null,
    timeZone: null,
    startDate: '2026-12-01',
  };

  it('has profile, addresses and accounts under it, and nothing under the old one; once more changes nothing', async () => {
    await store.writeProfile('E-1', profile);
    await store.writeAccount('E-1', account());
    await store.moveEmployee('E-1', 'N-1');
    const after = await everything();
    expect(await store.readProfile('N-1')).toMatchObject({
      ...profile,
      addresses: [profile.email],
      previousEmployeeIds: ['E-1'],
    });
    expect(await store.readAccounts('N-1')).toEqual([account()]);
    expect(await store.findOwner('pipedrive', '55')).toBe('N-1');
    expect(await store.findByAddress(profile.email)).toEqual(['N-1']);
    expect(await store.readProfile('E-1')).toBeNull();
    expect(await store.readAccounts('E-1')).toEqual([]);
    await store.moveEmployee('E-1', 'N-1');
    expect(await everything()).toEqual(after);
  });

  it('keeps what is known under the new one already', async () => {
    await store.writeProfile('E-1', profile);
    await store.writeAccount('E-1', account());
    await store.writeProfile('N-1', { ...profile, email: 'ann@northlight.example', title: 'Lead' });
    await store.writeAccount('N-1', account({ vendorUserId: '77' }));
    await store.moveEmployee('E-1', 'N-1');
    expect(await store.readProfile('N-1')).toMatchObject({
      email: 'ann@northlight.example',
      title: 'Lead',
      addresses: ['ann@northlight.example', profile.email],
    });
    expect(await store.readAccounts('N-1')).toEqual([account({ vendorUserId: '77' })]);
  });
});

describe('an account', () => {
  it('is found from the employee and from the app', async () => {
    await store.writeAccount('E-1', account());
    expect(await store.readAccounts('E-1')).toEqual([account()]);
    expect(await store.findOwner('pipedrive', '55')).toBe('E-1');
  });

  it('is nobody’s until it is written, and not that of another app or id', async () => {
    expect(await store.findOwner('pipedrive', '55')).toBeNull();
    expect(await store.readAccounts('E-1')).toEqual([]);
    await store.writeAccount('E-1', account());
    expect(await store.findOwner('drift', '55')).toBeNull();
    expect(await store.findOwner('pipedrive', '5')).toBeNull();
  });

  it('stands beside those in other apps, apart from other employees and rows', async () => {
    const drift = account({ app: 'drift', vendorUserId: 'd-1', status: 'invited', role: null });
    await store.writeAccount('E-1', account());
    await store.writeAccount('E-1', drift);
    await store.writeAccount('E-10', account({ vendorUserId: '56' }));
    expect(await store.readAccounts('E-1')).toEqual([drift, account()]);
  });

  it('written twice is written once', async () => {
    await store.writeAccount('E-1', account());
    const before = await everything();
    await store.writeAccount('E-1', account());
    expect(await everything()).toEqual(before);
  });

  it('gives way to a later verification', async () => {
    const later = account({
      status: 'deactivated',
      verifiedAt: '2026-11-30T23:00:00.000Z',
      execution: 'run-2',
    });
    await store.writeAccount('E-1', account());
    await store.writeAccount('E-1', later);
    expect(await store.readAccounts('E-1')).toEqual([later]);
  });

  it('does not give way to an older verification', async () => {
    const older = account({ status: 'deactivated', verifiedAt: '2026-11-19T09:00:00.000Z' });
    await store.writeAccount('E-1', account());
    await store.writeAccount('E-1', older);
    expect(await store.readAccounts('E-1')).toEqual([account()]);
  });
});

describe('an account of another employee', () => {
  it('cannot be claimed, and nothing changes', async () => {
    await store.writeAccount('E-1', account());
    await store.writeAccount('E-2', account({ vendorUserId: '77' }));
    const before = await everything();
    const claim = store.writeAccount('E-2', account({ verifiedAt: '2026-12-24T00:00:00.000Z' }));
    await expect(claim).rejects.toMatchObject({
      name: 'IdentityConflictError',
      message: expect.stringMatching(/^Pipedrive account 55 .* employee E-1\./),
    });
    expect(await everything()).toEqual(before);
  });

  it('is claimed by one only, when two claim it at the same time', async () => {
    const claims = await Promise.allSettled(
      ['E-1', 'E-2', 'E-3', 'E-4'].map((employeeId) => store.writeAccount(employeeId, account())),
    );
    expect(claims.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const owner = await store.findOwner('pipedrive', '55');
    expect(await store.readAccounts(String(owner))).toEqual([account()]);
    expect(await everything()).toHaveLength(2);
  });
});

describe('moving to a new vendor id', () => {
  const later = { vendorUserId: '99', verifiedAt: '2026-11-21T09:00:00.000Z' };

  it('releases the old one for others', async () => {
    await store.writeAccount('E-1', account());
    await store.writeAccount('E-1', account(later));
    expect(await store.readAccounts('E-1')).toEqual([account(later)]);
    expect(await store.findOwner('pipedrive', '99')).toBe('E-1');
    expect(await store.findOwner('pipedrive', '55')).toBeNull();
    await store.writeAccount('E-2', account());
    expect(await store.findOwner('pipedrive', '55')).toBe('E-2');
  });

  it('with an older verification leaves the recorded one where it is', async () => {
    await store.writeAccount('E-1', account());
    await store.writeAccount('E-1', account({ ...later, verifiedAt: '2026-11-01T09:00:00.000Z' }));
    expect(await store.readAccounts('E-1')).toEqual([account()]);
    expect(await store.findOwner('pipedrive', '55')).toBe('E-1');
  });
});

describe('a report', () => {
  const report = (status: Report['status']): Report => ({
    workflow: 'offboarding',
    employeeId: 'E-1',
    email: 'ann.lee@northlight.example',
    status,
    apps: [
      {
        app: 'pipedrive',
        status: 'failed',
        vendorUserId: '55',
        steps: [{ step: 'PipedriveFindUser', status: 'found', ms: 12 }],
        changes: [{ what: 'contacts reassigned', moved: 6, remaining: 0 }],
        followUps: [],
        error: { name: 'VendorRejectedError', message: 'No.' },
      },
      { app: 'drift', status: 'not_found', vendorUserId: null, steps: [], changes: [], followUps: ['Look.'] },
    ],
  });
  const run = (execution: string) => ({
    workflow: 'offboarding' as const,
    startedAt: '2026-11-30T23:00:00.000Z',
    execution,
  });

  it('is found by its run, the oldest first', async () => {
    await store.writeReport(run('run-2'), report('complete'));
    await store.writeReport(run('run-1'), report('partial'));
    expect(await store.readRuns('E-1')).toEqual([
      { ...run('run-1'), report: report('partial'), warning: null, trying: {} },
      { ...run('run-2'), report: report('complete'), warning: null, trying: {} },
    ]);
    expect(await store.readRuns('E-2')).toEqual([]);
  });

  it('is missing until the run has ended, and stays when the beginning is recorded once more', async () => {
    await store.writeRun('E-1', run('run-1'));
    expect(await store.readRuns('E-1')).toEqual([
      { ...run('run-1'), report: null, warning: null, trying: {} },
    ]);
    await store.writeReport(run('run-1'), report('complete'));
    await store.writeRun('E-1', run('run-1'));
    expect(await store.readRuns('E-1')).toEqual([
      { ...run('run-1'), report: report('complete'), warning: null, trying: {} },
    ]);
  });

  it('of the same run is replaced', async () => {
    await store.writeReport(run('run-1'), report('failed'));
    await store.writeReport(run('run-1'), report('complete'));
    expect(await store.readRuns('E-1')).toEqual([
      { ...run('run-1'), report: report('complete'), warning: null, trying: {} },
    ]);
    // The run, the two rows by which it is found without its employee, and its follow-up.
    expect(await everything()).toHaveLength(4);
  });

  it('is found without its employee, by name and the newest first, however often it is written', async () => {
    const at = (startedAt: string, execution: string) => ({ ...run(execution), startedAt });
    const first = at('2026-09-30T23:59:59.999Z', 'run-1');
    const second = at('2026-11-01T00:00:00.000Z', 'run-2');
    await store.writeReport(second, report('partial'));
    await store.writeRun('E-1', second);
    await store.writeRun('E-2', first);
    const newest = async (from: string, before: string) => {
      const found: string[] = [];
      for await (const { employeeId, execution, status } of store.newestRuns({ from, before }))
        found.push([employeeId, execution, status].join(' '));
      return found;
    };
    expect(await newest('2026-01-01', '2026-12-01')).toEqual(['E-1 run-2 partial', 'E-2 run-1 open']);
    expect(await newest('2026-10-01', '2026-12-01')).toEqual(['E-1 run-2 partial']);
    expect(await newest('2026-01-01', second.startedAt)).toEqual(['E-2 run-1 open']);
    expect(await newest('2026-12-01', '2026-01-01')).toEqual([]);
    expect(await store.findRun('run-2')).toMatchObject({ employeeId: 'E-1', report: report('partial') });
    expect(await store.findRun('run-1')).toMatchObject({ employeeId: 'E-2', report: null });
    expect(await store.findRun('run-3')).toBeNull();
  });

  it('does not give way to a warning that comes late, and a warning stays until it is written', async () => {
    await store.writeRun('E-1', run('run-1'));
    await store.warn('E-1', run('run-1'), 'Name somebody else.');
    expect(await store.readRuns('E-1')).toMatchObject([{ report: null, warning: 'Name somebody else.' }]);
    await store.writeReport(run('run-1'), report('superseded'));
    await store.warn('E-1', run('run-1'), 'Name somebody else.');
    expect(await store.readRuns('E-1')).toMatchObject([
      { report: report('superseded'), warning: null, trying: {} },
    ]);
  });

  it('is no account', async () => {
    await store.writeReport(run('run-1'), report('complete'));
    expect(await store.readAccounts('E-1')).toEqual([]);
  });
});
