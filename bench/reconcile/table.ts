import { marshall } from '@aws-sdk/util-dynamodb';
import { Hono } from 'hono';
import * as z from 'zod/mini';
import { APPS } from '../../functions/shared/apps.ts';
import { startLoopbackServer } from '../../local/aws/loopback-server.ts';

// A process of its own: as much of DynamoDB's protocol as a reconciliation needs, in memory and in order. dynalite
// takes one to two milliseconds for every row of the roster, which is hours of preparation for the benchmark.
// node table.ts ACCOUNTS
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Query.html

const PAGE_BYTES = 1024 * 1024;

type Row = { sk: string; json: string };

const Text = z.object({ S: z.string() });
const Item = z.looseObject({ pk: Text, sk: Text });
const Put = z.object({ Item });
const Batch = z.object({
  RequestItems: z.record(z.string(), z.array(z.object({ PutRequest: Put }))),
});
const Query = z.object({
  ExpressionAttributeValues: z.object({ ':pk': Text }),
  ScanIndexForward: z._default(z.boolean(), true),
  Limit: z._default(z.int(), Number.MAX_SAFE_INTEGER),
  ExclusiveStartKey: z.optional(Item),
});

const partitions = new Map<string, Row[]>();
const accounts = Number(process.argv[2]);
for (const app of APPS) partitions.set(`ROSTER#${app}`, rosterOf(app));

const app = new Hono();
app.post('/', async (context) => {
  const operation = context.req.header('x-amz-target')?.split('.')[1];
  const body: unknown = await context.req.json();
  const answer = operation === 'Query' ? query(z.parse(Query, body)) : write(operation, body);
  return context.body(answer, 200, { 'content-type': 'application/x-amz-json-1.0' });
});
const { url } = await startLoopbackServer(app.fetch);
process.send?.({ url });

function write(operation: string | undefined, body: unknown): string {
  if (operation === 'PutItem') put(z.parse(Put, body).Item);
  else if (operation === 'BatchWriteItem')
    for (const { PutRequest } of Object.values(z.parse(Batch, body).RequestItems).flat())
      put(PutRequest.Item);
  else throw new Error(`${operation} is not known here.`);
  return '{}';
}

function put(item: z.infer<typeof Item>): void {
  const rows = partitions.get(item.pk.S) ?? [];
  partitions.set(item.pk.S, rows);
  const row = { sk: item.sk.S, json: JSON.stringify(item) };
  const last = rows.at(-1);
  if (last === undefined || last.sk < row.sk) rows.push(row);
  else rows.splice(placeOf(rows, row.sk), rows[placeOf(rows, row.sk)]?.sk === row.sk ? 1 : 0, row);
}

function query(asked: z.infer<typeof Query>): string {
  const { ExpressionAttributeValues, ScanIndexForward, Limit, ExclusiveStartKey } = asked;
  const pk = ExpressionAttributeValues[':pk'];
  const rows = partitions.get(pk.S) ?? [];
  const ordered = ScanIndexForward ? rows : rows.toReversed();
  const begin = ExclusiveStartKey === undefined ? 0 : placeOf(rows, `${ExclusiveStartKey.sk.S}\0`);
  let end = begin;
  for (let bytes = 0; end < ordered.length && end - begin < Limit && bytes < PAGE_BYTES; end += 1)
    bytes += ordered[end]?.json.length ?? 0;
  const last = ordered[end - 1];
  const hasMore = end < ordered.length && last !== undefined;
  const next = hasMore ? `,"LastEvaluatedKey":${JSON.stringify({ pk, sk: { S: last.sk } })}` : '';
  const items = ordered.slice(begin, end).map(({ json }) => json);
  return `{"Items":[${items.join(',')}],"Count":${items.length}${next}}`;
}

/** The first place whose key is not below. */
function placeOf(rows: readonly Row[], sk: string): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rows[middle]?.sk ?? '') < sk) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A row for every account of vendor.ts, so that each has to be found and nothing differs. */
function rosterOf(name: string): Row[] {
  return Array.from({ length: accounts }, (_, index) => {
    const number = index + 1;
    const sk = `E-${String(number).padStart(8, '0')}`;
    const row = {
      app: name,
      employeeId: sk,
      email: `person.${number}@northlight.example`,
      vendorUserId: String(number),
      otherId: name === 'drift' ? `scim:scim-${number}` : null,
      role: null,
      login: 'open',
      lastWorkingDay: null,
      reassignTo: null,
      at: '2026-01-01T00:00:00.000Z',
    };
    return { sk, json: JSON.stringify(marshall({ row: JSON.stringify(row) })) };
  });
}
