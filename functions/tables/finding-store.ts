import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { expiryOf } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-store.ts';
import { putAll, readPartition } from './partition.ts';
import { reportDays } from './retention.ts';

// In the identity table, one row for each finding. It expires, because each run stores again what is still the case:
//   FINDING#<run>  <app>#<kind>#<vendorUserId>#<employeeId>  { …, expiresAt }

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

/** The findings of reconciliations. Every method throws the SDK's errors when the table cannot be reached. */
export type FindingStore = {
  /** Writing the same finding of a run again changes nothing. */
  write(run: string, findings: readonly Finding[]): Promise<void>;
  /** All findings of a run, by app and kind. */
  read(run: string): AsyncIterable<Finding>;
};

/** The findings in the identity table. */
export function findingStore(
  TableName: string,
  options: { client?: DynamoDBClient; now?: () => number; sleep?: Sleep } = {},
): FindingStore {
  const { client = dynamoDb(), now = Date.now, sleep = realSleep } = options;

  return {
    write: async (run, findings) => {
      const expiresAt = expiryOf(reportDays(), now());
      // A request must not contain the same key twice.
      const items = new Map<string, Record<string, AttributeValue>>();
      for (const finding of findings) {
        const key = keyOf(run, finding);
        items.set(key.sk, marshall({ ...key, ...finding, expiresAt }));
      }
      await putAll({ client, sleep, TableName }, [...items.values()]);
    },
    read: (run) => readPartition({ client, TableName }, `FINDING#${run}`, Finding),
  };
}

/** The findings of this deployment, from the environment. */
export function findingStoreFromEnvironment(): FindingStore {
  return findingStore(identityTableFromEnvironment());
}

const keyOf = (run: string, { app, kind, vendorUserId, employeeId }: Finding) => ({
  pk: `FINDING#${run}`,
  sk: [app, kind, vendorUserId ?? '', employeeId ?? ''].join('#'),
});
