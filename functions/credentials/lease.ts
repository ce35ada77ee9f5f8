import { randomUUID } from 'node:crypto';
import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { dynamoDb } from '../shared/dynamodb.ts';
import { succeedsIf } from '../tables/conditional-write.ts';
import { coordinationTableFromEnvironment } from '../tables/coordination-table.ts';

// One row for each lease:  LEASE#<name>  LEASE  { owner, leaseUntil, expiresAt }
// Only `leaseUntil` counts; `expiresAt` lets the table's TTL delete the leases that nobody gave back.

/** The exclusive right to do something until `until`. */
export type Lease = {
  /** In epoch milliseconds, by the holder's clock. */
  readonly until: number;
  /** Gives the lease back if it is still ours. It never throws, because the lease also runs out by itself. */
  release(): Promise<void>;
};

export type Leases = {
  /** Null while somebody else holds it. Throws the SDK's errors when the table cannot be reached. */
  acquire(name: string, ms: number): Promise<Lease | null>;
};

/** Leases in the coordination table, shared by all Lambdas. */
export function leases(
  tableName: string,
  options: { client?: DynamoDBClient; now?: () => number } = {},
): Leases {
  const { client = dynamoDb(), now = Date.now } = options;

  const release = async (name: string, owner: string): Promise<void> => {
    const isStillOurs = {
      ConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#owner': 'owner' },
      ExpressionAttributeValues: marshall({ ':owner': owner }),
    };
    const remove = new DeleteItemCommand({
      TableName: tableName,
      Key: marshall(keyOf(name)),
      ...isStillOurs,
    });
    await succeedsIf(client.send(remove)).catch(() => false);
  };

  return {
    acquire: async (name, ms) => {
      const owner = randomUUID();
      const until = now() + ms;
      const put = new PutItemCommand({
        TableName: tableName,
        Item: marshall({ ...keyOf(name), owner, leaseUntil: until, expiresAt: Math.ceil(until / 1000) }),
        // The last condition is for the SDK, which repeats a write whose answer was lost: the lease is ours by then.
        ConditionExpression: 'attribute_not_exists(pk) OR leaseUntil <= :now OR #owner = :owner',
        ExpressionAttributeNames: { '#owner': 'owner' },
        ExpressionAttributeValues: marshall({ ':now': now(), ':owner': owner }),
      });
      const acquired = await succeedsIf(client.send(put));
      return acquired ? { until, release: () => release(name, owner) } : null;
    },
  };
}

/** The leases of this deployment, from the environment. */
export function leasesFromEnvironment(now: () => number): Leases {
  return leases(coordinationTableFromEnvironment(), { now });
}

const keyOf = (name: string) => ({ pk: `LEASE#${name}`, sk: 'LEASE' });
