import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { identityTableFromEnvironment } from '../shared/identity-store.ts';

// Also in the identity table, one row a finding; seeing it again replaces it:
//   FINDING#webhook#<app>#<vendorUserId>  <kind>  { …, seenAt }

/** Something that a person has to look into. Ids only. */
export const WebhookFinding = z.object({
  /** Somebody gave a leaver the account back, past tenure. */
  kind: z.literal('leaver_reactivated'),
  app: z.enum(APPS),
  vendorUserId: z.string(),
  employeeId: z.string(),
  /** When the vendor showed it, as an ISO instant. */
  seenAt: z.string(),
  /** The webhook event that led to it. */
  source: z.string(),
});
export type WebhookFinding = z.infer<typeof WebhookFinding>;

export type WebhookFindingStore = { writeFinding(finding: WebhookFinding): Promise<void> };

/** The findings in the identity table. Throws the SDK's errors when it cannot be reached. */
function webhookFindingStore(tableName: string, client = new DynamoDBClient({})): WebhookFindingStore {
  return {
    writeFinding: async (finding) => {
      const pk = `FINDING#webhook#${finding.app}#${finding.vendorUserId}`;
      const Item = marshall({ pk, sk: finding.kind, ...finding });
      await client.send(new PutItemCommand({ TableName: tableName, Item }));
    },
  };
}

/** The findings of this deployment, from the environment. */
export function webhookFindingStoreFromEnvironment(): WebhookFindingStore {
  return webhookFindingStore(identityTableFromEnvironment());
}
