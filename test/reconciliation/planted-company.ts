import {
  type AttributeValue,
  BatchWriteItemCommand,
  DynamoDBClient,
  paginateScan,
} from '@aws-sdk/client-dynamodb';
import { IDENTITY_TABLE } from '../../local/aws/tables.ts';
import type { Runtime } from '../../local/runtime/runtime.ts';
import { plantDiscrepancies } from '../../local/vendors/discrepancies.ts';

type Item = Record<string, AttributeValue>;

// What DynamoDB takes at once.
const BATCH = 25;

let planted: { states: Map<string, object>; items: Item[] } | undefined;

/**
 * Plants the discrepancies in a runtime that has just been started. Hundreds of rows are written one by one only the
 * first time; after that what was there is put back, the rows in batches.
 */
export async function plantCompany({ vendors, roster }: Runtime): Promise<void> {
  const servers = Object.values(vendors);
  if (planted === undefined) {
    await plantDiscrepancies(vendors, roster);
    const states = new Map(servers.map(({ vendor, state }) => [vendor, structuredClone(state)]));
    planted = { states, items: await readItems() };
    return;
  }
  for (const { vendor, restore } of servers) restore(structuredClone(planted.states.get(vendor) ?? {}));
  await putItems(planted.items);
}

async function readItems(): Promise<Item[]> {
  const items: Item[] = [];
  for await (const page of paginateScan({ client: new DynamoDBClient({}) }, { TableName: IDENTITY_TABLE }))
    items.push(...(page.Items ?? []));
  return items;
}

async function putItems(items: readonly Item[]): Promise<void> {
  const client = new DynamoDBClient({});
  for (let from = 0; from < items.length; from += BATCH) {
    const requests = items.slice(from, from + BATCH).map((Item) => ({ PutRequest: { Item } }));
    const { UnprocessedItems = {} } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [IDENTITY_TABLE]: requests } }),
    );
    if (Object.keys(UnprocessedItems).length > 0) throw new Error('The local DynamoDB left rows unwritten.');
  }
}
