import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import { afterAll, beforeAll, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { type ComplianceRow, complianceStore } from '../../functions/tables/compliance-store.ts';
import { IDENTITY_TABLE, startTables, type TablesEndpoint } from '../../local/aws/tables.ts';

let tables: TablesEndpoint;

beforeAll(async () => {
  tables = await startTables('test');
});
afterAll(() => tables.close());

const connect = () =>
  new DynamoDBClient({
    endpoint: tables.url,
    region: 'local',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });

const row = (number: number, changes: Partial<ComplianceRow> = {}): ComplianceRow => ({
  personnelId: `p-${number}`,
  employeeId: null,
  email: 'one@northlight.example',
  isActive: true,
  complianceStatus: null,
  trainingStatus: { courses: [{ name: 'Security Awareness', done: false }] },
  since: '2026-01-05T00:00:00.000Z',
  seenAt: '2026-01-05T00:00:00.000Z',
  ...changes,
});

const Batch = z.object({
  RequestItems: z.object({
    [IDENTITY_TABLE]: z.union([
      z.array(z.unknown()),
      z.object({ Keys: z.array(z.unknown()), ConsistentRead: z.boolean() }),
    ]),
  }),
});

/** A table that is busy: of each batch of several it does only the first half. */
function busy(client: DynamoDBClient): DynamoDBClient {
  client.middlewareStack.add(
    (next) => async (args) => {
      const batch = z.safeParse(Batch, args.input).data?.RequestItems[IDENTITY_TABLE];
      if (batch === undefined) return next(args);
      const entries = Array.isArray(batch) ? batch : batch.Keys;
      const half = Math.ceil(entries.length / 2);
      const [done, left] = [entries.slice(0, half), entries.slice(half)];
      const withEntries = (some: unknown[]) => ({
        [IDENTITY_TABLE]: Array.isArray(batch) ? some : { ...batch, Keys: some },
      });
      Object.assign(args.input, { RequestItems: withEntries(done) });
      const result = await next(args);
      const unprocessed = left.length === 0 ? {} : withEntries(left);
      const name = Array.isArray(batch) ? 'UnprocessedItems' : 'UnprocessedKeys';
      Object.assign(result.output, { [name]: unprocessed });
      return result;
    },
    { step: 'initialize' },
  );
  return client;
}

it.each([false, true])(
  'writes and finds any number of rows, and a person named twice once (busy: %s)',
  async (isBusy) => {
    const client = isBusy ? busy(connect()) : connect();
    let pauses = 0;
    const sleep = async () => {
      pauses += 1;
    };
    const store = complianceStore(IDENTITY_TABLE, { client, sleep });
    const first = isBusy ? 1000 : 0;
    const rows = Array.from({ length: 130 }, (_, index) => row(first + index));
    await store.write([row(first, { complianceStatus: 'PENDING' }), ...rows]);
    const ids = rows.map(({ personnelId }) => personnelId);
    const found = await store.find([`p-${first}`, ...ids, 'nobody']);
    expect([...found.keys()].sort()).toEqual([...ids].sort());
    expect([...found.values()]).toEqual(expect.arrayContaining(rows));
    expect(pauses > 0).toBe(isBusy);
    client.destroy();
  },
);

it('lets a row expire more than a year after Drata last listed the person', async () => {
  const client = connect();
  await complianceStore(IDENTITY_TABLE, { client }).write([row(1)]);
  const Key = marshall({ pk: 'COMPLIANCE#drata', sk: 'p-1' });
  const { Item = {} } = await client.send(new GetItemCommand({ TableName: IDENTITY_TABLE, Key }));
  expect(unmarshall(Item)).toMatchObject({ expiresAt: Date.UTC(2027, 1, 9) / 1000 });
  client.destroy();
});
