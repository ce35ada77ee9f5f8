import { type AttributeValue, type DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { succeedsIf } from './conditional-write.ts';

/**
 * When a row has been kept long enough, in epoch seconds, for the attribute `expiresAt` that the tables' TTL goes by.
 *
 * @param from epoch milliseconds.
 */
export function expiryOf(keptDays: number, from: number): number {
  return Math.ceil(from / 1000) + keptDays * 86_400;
}

/**
 * Whether a row has been kept long enough. DynamoDB removes it within days, and it counts as gone before:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
 */
export function isExpired({ expiresAt }: Record<string, AttributeValue>, now = Date.now()): boolean {
  return expiresAt?.N !== undefined && Number(expiresAt.N) * 1000 <= now;
}

/** Has a row expire at a moment in epoch seconds, or never where it is null. Nothing happens where there is no such row. */
export async function setExpiry(
  { client, TableName }: { client: DynamoDBClient; TableName: string },
  key: { pk: string; sk: string },
  at: number | null,
): Promise<void> {
  const change =
    at === null
      ? { UpdateExpression: 'REMOVE expiresAt' }
      : {
          UpdateExpression: 'SET expiresAt = :at',
          ExpressionAttributeValues: marshall({ ':at': at }),
        };
  const Key = marshall(key);
  const update = { TableName, Key, ConditionExpression: 'attribute_exists(pk)', ...change };
  await succeedsIf(client.send(new UpdateItemCommand(update)));
}
