import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateQuery,
} from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS, type App } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { succeedsIf } from './conditional-write.ts';
import { expiryOf } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import { putAll, readPartition } from './partition.ts';
import { reportDays } from './retention.ts';

// In the identity table, one row for each finding, and one for each app. They expire, because each run stores again what
// is still the case:
//   FINDING#<run>   <app>#<kind>#<vendorUserId>#<employeeId>  { …, expiresAt }
//   RECONCILED#ALL  <app>                                      the last run that has compared all accounts of the app

/** A difference between an app and what HR wants. */
export const FINDING_KINDS = [
  'leaver_can_log_in',
  'orphan_account',
  'missing_account',
  'vanished_account',
  'changed_email',
  'pending_invitation',
  'different_role',
  'records_of_leaver',
] as const;

/** It holds ids and counts only, because findings are written into files that people pass on. */
export const Finding = z.object({
  kind: z.enum(FINDING_KINDS),
  app: z.enum(APPS),
  /** `invitation:<id>` for an invitation without an account; null where the app shows no id. */
  vendorUserId: z.nullable(z.string()),
  employeeId: z.nullable(z.string()),
  /** What was found, in one sentence for a person. */
  detail: z.string(),
});
export type Finding = z.infer<typeof Finding>;

/** A finding as it is stored. */
export const StoredFinding = z.extend(Finding, {
  /** Of an account that is nobody's, the hash of its address; missing where the app shows none. */
  emailHash: z.optional(z.string()),
});
export type StoredFinding = z.infer<typeof StoredFinding>;

/** The last reconciliation that has compared all accounts of an app. */
export const Reconciled = z.object({
  app: z.enum(APPS),
  run: z.string(),
  /** When it began, as an ISO instant. */
  startedAt: z.string(),
  /** How many findings of each kind there were. */
  counts: z.record(z.enum(FINDING_KINDS), z.int()),
});
export type Reconciled = z.infer<typeof Reconciled>;

/** The findings of reconciliations. Every method throws the SDK's errors when the table cannot be reached. */
export type FindingStore = {
  /** Writing the same finding of a run again changes nothing. */
  write(run: string, findings: readonly StoredFinding[]): Promise<void>;
  /** All findings of a run, by app and kind. */
  read(run: string): AsyncIterable<Finding>;
  /** Records that a run has compared an app. Does nothing when a run that began later has. */
  conclude(reconciled: Reconciled): Promise<void>;
  /** The last reconciliation of each app, by app. */
  reconciled(): Promise<Reconciled[]>;
  /** The findings of a run in an app, or those of a kind, in the order of their keys. @param after a key, or '' */
  below(
    run: string,
    place: { app: App; kind?: Finding['kind'] | undefined },
    after: string,
  ): AsyncIterable<Finding>;
  /** The finding of a run with this key; null when there is none. */
  find(run: string, key: string): Promise<StoredFinding | null>;
  /** Forgets a finding that is settled. */
  remove(run: string, key: string): Promise<void>;
};

const PAGE_SIZE = 100;

/** The findings in the identity table. */
export function findingStore(
  TableName: string,
  options: { client?: DynamoDBClient; now?: () => number; sleep?: Sleep } = {},
): FindingStore {
  const { client = dynamoDb(), now = Date.now, sleep = realSleep } = options;
  const rowOf = (run: string, key: string) => marshall({ pk: `FINDING#${run}`, sk: key });

  return {
    write: async (run, findings) => {
      const expiresAt = expiryOf(reportDays(), now());
      // A request must not contain the same key twice.
      const items = new Map<string, Record<string, AttributeValue>>();
      for (const finding of findings) {
        const sk = keyOfFinding(finding);
        items.set(sk, marshall({ pk: `FINDING#${run}`, sk, ...finding, expiresAt }));
      }
      await putAll({ client, sleep, TableName }, [...items.values()]);
    },
    read: (run) => readPartition({ client, TableName }, `FINDING#${run}`, Finding),
    conclude: async (reconciled) => {
      const { app: sk, startedAt } = reconciled;
      const put = new PutItemCommand({
        TableName,
        Item: marshall({ pk: 'RECONCILED#ALL', sk, ...reconciled, expiresAt: expiryOf(reportDays(), now()) }),
        ConditionExpression: 'attribute_not_exists(pk) OR startedAt <= :startedAt',
        ExpressionAttributeValues: marshall({ ':startedAt': startedAt }),
      });
      await succeedsIf(client.send(put));
    },
    reconciled: async () => {
      const apps: Reconciled[] = [];
      for await (const one of readPartition({ client, TableName }, 'RECONCILED#ALL', Reconciled))
        apps.push(one);
      return apps;
    },
    below: async function* (run, { app, kind }, after) {
      const prefix = kind === undefined ? `${app}#` : `${app}#${kind}#`;
      const isWithin = after.startsWith(prefix);
      if (!isWithin && after > prefix) return;
      const pages = paginateQuery(
        { client, pageSize: PAGE_SIZE, ...(isWithin ? { startingToken: rowOf(run, after) } : {}) },
        {
          TableName,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
          ExpressionAttributeValues: marshall({ ':pk': `FINDING#${run}`, ':prefix': prefix }),
          ConsistentRead: true,
        },
      );
      for await (const { Items = [] } of pages)
        for (const item of Items) yield z.parse(Finding, unmarshall(item));
    },
    find: async (run, key) => {
      const get = new GetItemCommand({ TableName, Key: rowOf(run, key), ConsistentRead: true });
      const { Item } = await client.send(get);
      return Item === undefined ? null : z.parse(StoredFinding, unmarshall(Item));
    },
    remove: async (run, key) => {
      await client.send(new DeleteItemCommand({ TableName, Key: rowOf(run, key) }));
    },
  };
}

/** The findings of this deployment, from the environment. */
export function findingStoreFromEnvironment(): FindingStore {
  return findingStore(identityTableFromEnvironment());
}

/** What tells a finding from the others of a run; the same in every run that finds it. */
export function keyOfFinding({ app, kind, vendorUserId, employeeId }: Omit<Finding, 'detail'>): string {
  return [app, kind, vendorUserId ?? '', employeeId ?? ''].join('#');
}
