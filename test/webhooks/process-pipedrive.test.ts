import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { App } from '../../functions/shared/apps.ts';
import type { BusEvent } from '../../functions/shared/event-bus.ts';
import { logger } from '../../functions/shared/logger.ts';
import { unreachedApp } from '../../functions/shared/report.ts';
import type { Workflow } from '../../functions/shared/workflow.ts';
import { type AccountRow, type IdentityStore, identityStore } from '../../functions/tables/identity-store.ts';
import { webhookFindingStore } from '../../functions/tables/webhook-finding-store.ts';
import { processUserEvent } from '../../functions/webhooks/process-pipedrive.ts';
import { IDENTITY_TABLE, startTables, type TablesEndpoint } from '../../local/aws/tables.ts';

type User = { email: string | null; isActive: boolean };

const EMAIL = 'ann.lee@northlight.example';
const BEFORE = '2025-01-01T00:00:00.000Z';

let tables: TablesEndpoint;
let client: DynamoDBClient;
let store: IdentityStore;
let people = 0;
let employeeId: string;
let vendorUserId: number;
/** What Pipedrive shows; null when the user is gone. */
let user: User | null;
let reads: number;
let raised: BusEvent[];
let busFails: boolean;

beforeAll(async () => {
  tables = await startTables('test');
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  client = new DynamoDBClient({ endpoint: tables.url, region: 'local', credentials });
  store = identityStore(IDENTITY_TABLE, client);
});
beforeEach(() => {
  vi.spyOn(logger, 'warn').mockReturnValue();
  people += 1;
  employeeId = `E-${people}`;
  vendorUserId = 100 + people;
  user = { email: EMAIL, isActive: true };
  reads = 0;
  raised = [];
  busFails = false;
});
afterEach(() => vi.restoreAllMocks());
afterAll(async () => {
  client.destroy();
  await tables.close();
});

const readUser = async () => {
  reads += 1;
  return user;
};
const processEvent = (eventId = 'e-1', read = readUser) =>
  processUserEvent(
    {
      client: { readUser: read },
      store,
      findings: webhookFindingStore(IDENTITY_TABLE, client),
      bus: {
        putEvents: async (events) => {
          if (busFails) throw new Error('The bus is down.');
          raised.push(...events);
        },
      },
    },
    { vendor: 'pipedrive', type: 'user.updated', eventId, userId: vendorUserId },
  );

const record = (status: AccountRow['status'], changes: Partial<AccountRow> = {}) =>
  store.writeAccount(employeeId, {
    app: 'pipedrive',
    vendorUserId: String(vendorUserId),
    email: EMAIL,
    status,
    role: null,
    verifiedAt: BEFORE,
    execution: 'before',
    ...changes,
  });
const recorded = async () =>
  (await store.readAccounts(employeeId)).find(({ app }) => app === 'pipedrive') ?? null;

/** A run that began in a year; it has ended when it is told which app it was about. */
async function ran(workflow: Workflow, year: number, app?: App): Promise<void> {
  const run = { workflow, execution: `run-${year}`, startedAt: `${year}-01-05T12:00:00.000Z` };
  await store.writeRun(employeeId, run);
  if (app === undefined) return;
  const apps = [unreachedApp(app, { name: 'Error', message: 'no matter' })];
  await store.writeReport(run, { workflow, employeeId, email: EMAIL, status: 'failed', apps });
}

describe('the identity mapping', () => {
  it('of nobody is not made, and nobody is asked: that is for the reconciliation', async () => {
    expect(await processEvent()).toBe('not_needed');
    expect(await recorded()).toBeNull();
    expect(reads).toBe(0);
  });

  it('stays as it is when it names another account: a crash left this one behind', async () => {
    const owner = { pk: `ACCOUNT#pipedrive#${vendorUserId}`, sk: 'OWNER', employeeId };
    await client.send(new PutItemCommand({ TableName: IDENTITY_TABLE, Item: marshall(owner) }));
    expect(await processEvent()).toBe('not_needed');
    await record('deactivated', { vendorUserId: '7' });
    const before = await recorded();
    expect(await processEvent()).toBe('not_needed');
    expect(await recorded()).toEqual(before);
    expect(raised).toEqual([]);
  });

  it.each([
    { known: 'active', shown: { email: EMAIL, isActive: true } },
    { known: 'invited', shown: { email: EMAIL, isActive: true } },
    { known: 'deactivated', shown: { email: EMAIL, isActive: false } },
    { known: 'deactivated', shown: null },
  ] as const)('stays as it is when it says $known and Pipedrive shows $shown', async ({ known, shown }) => {
    await record(known);
    const before = await recorded();
    user = shown;
    expect(await processEvent()).toBe('already_done');
    expect(await recorded()).toEqual(before);
    expect(raised).toEqual([]);
  });

  it.each([
    { known: 'active', shown: { email: EMAIL, isActive: false }, becomes: 'deactivated' },
    { known: 'invited', shown: { email: EMAIL, isActive: false }, becomes: 'deactivated' },
    { known: 'active', shown: null, becomes: 'deactivated' },
    { known: 'unverified', shown: { email: EMAIL, isActive: true }, becomes: 'active' },
  ] as const)(
    'becomes $becomes when it says $known and Pipedrive shows $shown',
    async ({ known, shown, becomes }) => {
      await record(known, { role: 'Sales Manager' });
      const before = await recorded();
      user = shown;
      expect(await processEvent()).toBe('changed');
      expect(await recorded()).toEqual({ ...before, status: becomes, verifiedAt: expect.any(String) });
      expect(raised).toEqual([]);
    },
  );

  it('gets another address when that alone has changed', async () => {
    await record('active');
    user = { email: 'ann.moved@northlight.example', isActive: true };
    expect(await processEvent()).toBe('changed');
    expect(await recorded()).toMatchObject({ status: 'active', email: 'ann.moved@northlight.example' });
  });

  it('stays deactivated when an update comes after the deletion', async () => {
    await record('active');
    user = null;
    expect(await processEvent('deleted')).toBe('changed');
    expect(await processEvent('updated')).toBe('already_done');
    expect(await recorded()).toMatchObject({ status: 'deactivated', email: EMAIL });
  });

  it('that a run has recorded is not replaced by an answer that was on its way', async () => {
    await record('active');
    const late = async () => {
      // The run takes its time for the row after this answer was asked for.
      await record('deactivated', { verifiedAt: new Date(Date.now() + 1).toISOString(), execution: 'run' });
      return { email: 'ann.before@northlight.example', isActive: true };
    };
    await processEvent('e-1', late);
    expect(await recorded()).toMatchObject({ status: 'deactivated', email: EMAIL, execution: 'run' });
  });

  it('keeps what a run records while Pipedrive is asked, but for what Pipedrive shows', async () => {
    await record('active', { role: 'Account Executive' });
    const run = { role: 'Sales Manager', execution: 'run', verifiedAt: '2025-01-02T00:00:00.000Z' };
    const slow = async () => {
      await record('active', run);
      return { email: EMAIL, isActive: false };
    };
    expect(await processEvent('e-1', slow)).toBe('changed');
    expect(await recorded()).toMatchObject({
      ...run,
      status: 'deactivated',
      verifiedAt: expect.any(String),
    });
  });

  it('of an employee who is given another account while Pipedrive is asked stays as it is', async () => {
    await record('active');
    const slow = async () => {
      await record('active', {
        vendorUserId: String(9_000 + vendorUserId),
        verifiedAt: '2025-01-02T00:00:00.000Z',
      });
      return { email: EMAIL, isActive: false };
    };
    expect(await processEvent('e-1', slow)).toBe('not_needed');
    expect(await recorded()).toMatchObject({ vendorUserId: String(9_000 + vendorUserId), status: 'active' });
  });
});

describe('a leaver who is given the account back', () => {
  beforeEach(async () => {
    await ran('offboarding', 2020, 'pipedrive');
    await record('deactivated');
  });

  it('is a finding, once, also when two events tell of it at the same time', async () => {
    await Promise.all([processEvent('e-1'), processEvent('e-2')]);
    await processEvent('e-3');
    expect(raised).toMatchObject([{ detailType: 'finding.raised', detail: { employeeId } }]);
    expect(vi.mocked(logger.warn).mock.calls).toEqual([
      ['leaver reactivated', { app: 'pipedrive', employeeId, vendorUserId: String(vendorUserId) }],
    ]);
    expect((await recorded())?.status).toBe('active');
  });

  it('is a finding that is kept for 400 days', async () => {
    await processEvent();
    const Key = marshall({ pk: `FINDING#webhook#pipedrive#${vendorUserId}`, sk: 'leaver_reactivated' });
    const { Item = {} } = await client.send(new GetItemCommand({ TableName: IDENTITY_TABLE, Key }));
    const { seenAt, expiresAt } = unmarshall(Item);
    expect(expiresAt).toBe(Math.ceil(Date.parse(seenAt) / 1000) + 400 * 86_400);
  });

  it('is a finding anew each time', async () => {
    await processEvent('e-1');
    user = { email: EMAIL, isActive: false };
    await processEvent('e-2');
    user = { email: EMAIL, isActive: true };
    await processEvent('e-3');
    expect(raised.map(({ detail }) => detail)).toMatchObject([{ source: 'e-1' }, { source: 'e-3' }]);
  });

  it('is told of by the repeat when the bus did not take it', async () => {
    busFails = true;
    await expect(processEvent()).rejects.toThrow('The bus is down.');
    expect((await recorded())?.status).toBe('deactivated');
    busFails = false;
    expect(await processEvent()).toBe('changed');
    expect(raised).toHaveLength(1);
  });

  it('is told of by the repeat also when another event comes before that', async () => {
    busFails = true;
    await expect(processEvent('e-1')).rejects.toThrow('The bus is down.');
    busFails = false;
    expect(await processEvent('e-2')).toBe('not_needed');
    expect(await processEvent('e-1')).toBe('changed');
    expect(raised).toMatchObject([{ detail: { source: 'e-1' } }]);
  });

  it('is no finding while or after a run gives it back', async () => {
    await ran('onboarding', 2021);
    await processEvent('e-1');
    await ran('onboarding', 2021, 'pipedrive');
    await record('deactivated', { verifiedAt: '9999-01-01T00:00:00.000Z' });
    await processEvent('e-2');
    expect(raised).toEqual([]);
  });

  it('is a finding when the run that gave it back was followed by one that took it', async () => {
    await ran('onboarding', 2021, 'pipedrive');
    await ran('offboarding', 2022, 'pipedrive');
    await processEvent();
    expect(raised).toHaveLength(1);
  });

  it('is a finding when the run after that was about another app', async () => {
    await ran('onboarding', 2021, 'drata');
    await processEvent();
    expect(raised).toHaveLength(1);
  });
});
