import { GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { dynamoDb } from '../shared/dynamodb.ts';
import { HeldReason } from '../shared/held-reason.ts';
import { WORKFLOWS, Workflow } from '../shared/workflow.ts';
import { succeedsIf } from './conditional-write.ts';
import { expiryOf, isExpired } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import type { RunRef } from './order-store.ts';
import { reportDays } from './retention.ts';

// In the identity table, one row for each run that was held:
//   HOLD#<execution>  <workflow>  why it is held, and who decided what

/** What a person decided about a held run. */
export const Decision = z.object({
  decision: z.enum(['released', 'rejected']),
  /** Who; null where nobody can tell. */
  by: z.nullable(z.string()),
  at: z.string(),
  /** Why, in their words. */
  reason: z.string(),
  /** What it was held for. */
  reasons: z.array(HeldReason),
});
export type Decision = z.infer<typeof Decision>;

export const HoldRow = z.object({
  workflow: Workflow,
  execution: z.string(),
  employeeId: z.string(),
  status: z.enum(['held', 'released', 'rejected']),
  reasons: z.array(HeldReason),
  /** As ISO instants, since when it is held, and when it expires. */
  since: z.string(),
  until: z.string(),
  /** Who asked for the run; null where nobody can tell. */
  askedBy: z.nullable(z.string()),
  /** What the state machine goes on with. Whoever has it can release the run, so it is shown nowhere. */
  token: z.string(),
  /** What has been released, as `approvalOf` says it. */
  approved: z.array(z.string()),
  /** All decisions, the oldest first. */
  decisions: z.array(Decision),
  /** Whether people have been told of it. */
  isTold: z.boolean(),
  /** Changes with every write. */
  version: z.int(),
});
export type HoldRow = z.infer<typeof HoldRow>;

/** The runs that were held. Every method throws the SDK's errors when the table cannot be reached. */
export type HoldStore = {
  read(run: RunRef): Promise<HoldRow | null>;
  /** Replaces the row that was read. False, and nothing changes, when somebody else was faster. */
  replace(seen: HoldRow | null, wanted: Omit<HoldRow, 'version'>): Promise<boolean>;
  /** The held runs of a name, of whichever workflow. */
  find(execution: string): Promise<HoldRow | null>;
};

/** The held runs in the identity table. */
export function holdStore(TableName: string, client = dynamoDb()): HoldStore {
  const read: HoldStore['read'] = async (run) => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName, Key: marshall(keyOf(run)), ConsistentRead: true }),
    );
    return Item === undefined || isExpired(Item) ? null : z.parse(HoldRow, unmarshall(Item));
  };
  return {
    read,
    replace: (seen, wanted) =>
      succeedsIf(
        client.send(
          new PutItemCommand({
            TableName,
            Item: marshall({
              ...keyOf({ workflow: wanted.workflow, name: wanted.execution }),
              ...wanted,
              version: (seen?.version ?? 0) + 1,
              expiresAt: expiryOf(reportDays(), Date.now()),
            }),
            ...(seen === null
              ? { ConditionExpression: 'attribute_not_exists(pk)' }
              : {
                  ConditionExpression: '#version = :version',
                  ExpressionAttributeNames: { '#version': 'version' },
                  ExpressionAttributeValues: marshall({ ':version': seen.version }),
                }),
          }),
        ),
      ),
    find: async (name) => {
      for (const workflow of WORKFLOWS) {
        const row = await read({ workflow, name });
        if (row !== null) return row;
      }
      return null;
    },
  };
}

/** The held runs of this deployment, from the environment. */
export function holdStoreFromEnvironment(): HoldStore {
  return holdStore(identityTableFromEnvironment());
}

const keyOf = ({ workflow, name }: RunRef) => ({ pk: `HOLD#${name}`, sk: workflow });
