import {
  type AttributeValue,
  BatchWriteItemCommand,
  type DynamoDBClient,
  paginateQuery,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import type { Sleep } from '../shared/sleep.ts';
import { isExpired } from './expiry.ts';

// One request takes at most so many.
const BATCH = 25;
const LONGEST_PAUSE_MS = 5_000;

/**
 * Reads all rows with one partition key, page by page, in the order of their sort keys.
 *
 * @throws the SDK's errors; ZodError for a row of another form.
 */
export async function* readPartition<Row>(
  { client, TableName }: { client: DynamoDBClient; TableName: string },
  pk: string,
  row: z.ZodMiniType<Row>,
): AsyncGenerator<Row> {
  const pages = paginateQuery(
    { client },
    {
      TableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: marshall({ ':pk': pk }),
      ConsistentRead: true,
    },
  );
  for await (const { Items = [] } of pages)
    for (const item of Items) if (!isExpired(item)) yield z.parse(row, unmarshall(item));
}

/**
 * Puts items into a table; an item replaces an older one with its key. No two of the items may have the same key.
 *
 * @throws the SDK's errors.
 */
export async function putAll(
  table: { client: DynamoDBClient; sleep: Sleep; TableName: string },
  items: readonly Record<string, AttributeValue>[],
): Promise<void> {
  const requests = items.map((Item) => ({ PutRequest: { Item } }));
  for (let begin = 0; begin < requests.length; begin += BATCH)
    await writeBatch(table, requests.slice(begin, begin + BATCH));
}

async function writeBatch(
  { client, sleep, TableName }: Parameters<typeof putAll>[0],
  requests: WriteRequest[],
): Promise<void> {
  let left = requests;
  for (let pauseMs = 100; left.length > 0; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    const { UnprocessedItems } = await client.send(
      new BatchWriteItemCommand({ RequestItems: { [TableName]: left } }),
    );
    left = UnprocessedItems?.[TableName] ?? [];
    // The items that a busy table did not take: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
    if (left.length > 0) await sleep(pauseMs);
  }
}
