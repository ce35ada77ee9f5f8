import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { dynamoDb } from '../shared/dynamodb.ts';
import { succeedsIf } from './conditional-write.ts';
import { expiryOf } from './expiry.ts';
import { identityTableFromEnvironment } from './identity-table.ts';
import { reportDays } from './retention.ts';

// In the identity table, one row for each finding. The next finding about the account replaces it, and it expires:
//   FINDING#webhook#<app>#<vendorUserId>  <kind>  { …, seenAt, expiresAt }

/** Something that a person has to look into. It holds ids only. */
export const WebhookFinding = z.object({
  /** Somebody gave a leaver the account back, outside of tenure. */
  kind: z.literal('leaver_reactivated'),
  app: z.enum(APPS),
  vendorUserId: z.string(),
  employeeId: z.string(),
  /** When the account was recorded as deactivated, as an ISO instant. */
  deactivatedAt: z.string(),
  /** When the vendor showed it, as an ISO instant. */
  seenAt: z.string(),
  /** The webhook event that led to it. */
  source: z.string(),
});
export type WebhookFinding = z.infer<typeof WebhookFinding>;

export type WebhookFindingStore = {
  /**
   * Writes a finding. Returns false when another event has led to the same finding: several events report one
   * reactivation. The same event may write it again.
   */
  writeFinding(finding: WebhookFinding): Promise<boolean>;
};

/** The findings in the identity table. Throws the SDK's errors when it cannot be reached. */
export function webhookFindingStore(tableName: string, client = dynamoDb()): WebhookFindingStore {
  return {
    writeFinding: (finding) => {
      const { app, vendorUserId, kind, deactivatedAt, seenAt, source } = finding;
      const pk = `FINDING#webhook#${app}#${vendorUserId}`;
      const put = new PutItemCommand({
        TableName: tableName,
        Item: marshall({ pk, sk: kind, ...finding, expiresAt: expiryOf(reportDays(), Date.parse(seenAt)) }),
        ConditionExpression:
          'attribute_not_exists(pk) OR deactivatedAt <> :deactivatedAt OR #source = :source',
        ExpressionAttributeNames: { '#source': 'source' },
        ExpressionAttributeValues: marshall({ ':deactivatedAt': deactivatedAt, ':source': source }),
      });
      return succeedsIf(client.send(put));
    },
  };
}

/** The findings of this deployment, from the environment. */
export function webhookFindingStoreFromEnvironment(): WebhookFindingStore {
  return webhookFindingStore(identityTableFromEnvironment());
}
