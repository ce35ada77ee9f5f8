import { DeleteItemCommand, GetItemCommand, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { hashOfEmail } from '../shared/email.ts';
import { followUpStore } from './follow-up-store.ts';
import { identityTableFromEnvironment } from './identity-store.ts';
import { indexKeys } from './run-index.ts';

// In the identity table:
//   EMPLOYEE#<id>  ERASED  { leftAt, erasedAt }  that somebody was here, and nothing else

/** What is left of a person who was erased: ids and dates. */
export const Erased = z.object({
  employeeId: z.string(),
  /** When the run began that shut the logins, as an ISO instant. */
  leftAt: z.string(),
  erasedAt: z.string(),
});
export type Erased = z.infer<typeof Erased>;

/** Forgets people. Every method throws the SDK's errors when the table cannot be reached. */
export type ErasureStore = {
  find(employeeId: string): Promise<Erased | null>;
  /**
   * Records the erasure, then removes whatever else is known of the employee but the order and the events, by which a
   * stale event is recognized, and who owned which account id. May be run again after a failure.
   */
  erase(stub: Erased, addresses: readonly string[]): Promise<void>;
};

// They hold ids and dates, once the order has no news; see functions/runs/erase.ts.
const STAYS = /^(ORDER|ERASED|EVENT#.*)$/;

const SortKey = z.object({ sk: z.string() });

/** The erasures in the identity table. */
export function erasureStore(TableName: string, client = dynamoDb()): ErasureStore {
  const remove = (pk: string, sk: string) =>
    client.send(new DeleteItemCommand({ TableName, Key: marshall({ pk, sk }) }));
  const followUps = followUpStore(TableName, client);
  return {
    find: async (employeeId) => {
      const get = new GetItemCommand({ TableName, Key: marshall(stubKey(employeeId)), ConsistentRead: true });
      const { Item } = await client.send(get);
      return Item === undefined ? null : z.parse(Erased, unmarshall(Item));
    },
    erase: async (stub, addresses) => {
      const { employeeId } = stub;
      const { pk } = stubKey(employeeId);
      // First, because it says that the rest may go.
      await client.send(
        new PutItemCommand({ TableName, Item: marshall({ ...stubKey(employeeId), ...stub }) }),
      );
      // Before the profile, which names them.
      for (const address of addresses) await remove(`ADDRESS#${hashOfEmail(address)}`, employeeId);
      for (const app of APPS) {
        await remove(`GRAPH#${app}`, employeeId);
        await remove(`ROSTER#${app}`, employeeId);
      }
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
        for (const item of Items) {
          const { sk } = z.parse(SortKey, unmarshall(item));
          // Before the run, which names them.
          const run = runOf(sk);
          if (run !== null) {
            for (const key of indexKeys(run)) await remove(key.pk, key.sk);
            await followUps.remove(employeeId, run.startedAt);
          }
          if (!STAYS.test(sk)) await remove(pk, sk);
        }
    },
  };
}

/** The erasures of this deployment, from the environment. */
export function erasureStoreFromEnvironment(): ErasureStore {
  return erasureStore(identityTableFromEnvironment());
}

const stubKey = (employeeId: string) => ({ pk: `EMPLOYEE#${employeeId}`, sk: 'ERASED' });

/** The run whose row has this sort key; null for another row. */
function runOf(sk: string): { startedAt: string; execution: string } | null {
  const [, startedAt, execution] = /^RUN#([^#]+)#(.+)$/.exec(sk) ?? [];
  return startedAt === undefined || execution === undefined ? null : { startedAt, execution };
}
