import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { succeedsIf } from './conditional-write.ts';
import { coordinationTableFromEnvironment } from './coordination-table.ts';
import { expiryOf } from './expiry.ts';

// In the coordination table, one row a fact:
//   WEBHOOK#<vendor>#<eventId>            EVENT   { claimedUntil, expiresAt }: taken, or being taken until then
//   WEBHOOK#drift#conversation/<id>       CLOSED  { expiresAt }: whatever else arrives about it is late
// `claimedUntil` decides; `expiresAt` only lets the table's TTL sweep up.

export type WebhookStore = {
  /**
   * Takes the event for this delivery. `taken` when an earlier one was put on the bus, `busy` while another is.
   * A claim that nobody keeps runs out, so that a crash loses nothing.
   */
  claim(vendor: string, eventId: string): Promise<'claimed' | 'busy' | 'taken'>;
  /** The event is on the bus; every later delivery is a repeat. */
  keep(vendor: string, eventId: string): Promise<void>;
  /** This delivery did not put the event on the bus; unless another did, the next may take it at once. */
  release(vendor: string, eventId: string): Promise<void>;
  closeConversation(conversationId: number): Promise<void>;
  isClosed(conversationId: number): Promise<boolean>;
};

// Longer than a request takes, and shorter than vendors wait before they deliver again.
const CLAIM_MS = 10_000;
// Longer than vendors go on delivering the same event.
const KEPT_DAYS = 7;

/** What is remembered of webhooks. Every method throws the SDK's errors when the table cannot be reached. */
export function webhookStore(
  tableName: string,
  options: { client?: DynamoDBClient; now?: () => number } = {},
): WebhookStore {
  const { client = new DynamoDBClient({}), now = Date.now } = options;
  const expiresAt = () => expiryOf(KEPT_DAYS, now());
  const get = async (key: Key) => {
    const command = new GetItemCommand({ TableName: tableName, Key: marshall(key), ConsistentRead: true });
    return (await client.send(command)).Item;
  };
  const put = (item: Record<string, unknown>) =>
    client.send(new PutItemCommand({ TableName: tableName, Item: marshall(item) }));

  return {
    claim: async (vendor, eventId) => {
      const key = eventKey(vendor, eventId);
      const claim = new PutItemCommand({
        TableName: tableName,
        Item: marshall({ ...key, claimedUntil: now() + CLAIM_MS, expiresAt: expiresAt() }),
        ConditionExpression: 'attribute_not_exists(pk) OR claimedUntil <= :now',
        ExpressionAttributeValues: marshall({ ':now': now() }),
      });
      if (await succeedsIf(client.send(claim))) return 'claimed';
      const row = await get(key);
      return row !== undefined && row.claimedUntil === undefined ? 'taken' : 'busy';
    },
    keep: async (vendor, eventId) => {
      await put({ ...eventKey(vendor, eventId), expiresAt: expiresAt() });
    },
    release: async (vendor, eventId) => {
      const Key = marshall(eventKey(vendor, eventId));
      // A claim that ran out may have been followed by another, and that one kept.
      const ConditionExpression = 'attribute_exists(claimedUntil)';
      await succeedsIf(
        client.send(new DeleteItemCommand({ TableName: tableName, Key, ConditionExpression })),
      );
    },
    closeConversation: async (conversationId) => {
      await put({ ...conversationKey(conversationId), expiresAt: expiresAt() });
    },
    isClosed: async (conversationId) => (await get(conversationKey(conversationId))) !== undefined,
  };
}

/** What this deployment remembers of webhooks, from the environment. */
export function webhookStoreFromEnvironment(): WebhookStore {
  return webhookStore(coordinationTableFromEnvironment());
}

type Key = { pk: string; sk: string };

const eventKey = (vendor: string, eventId: string): Key => ({
  pk: `WEBHOOK#${vendor}#${eventId}`,
  sk: 'EVENT',
});
const conversationKey = (conversationId: number): Key => ({
  pk: `WEBHOOK#drift#conversation/${conversationId}`,
  sk: 'CLOSED',
});
