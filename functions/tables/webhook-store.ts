import {
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { marshall } from '@aws-sdk/util-dynamodb';
import { dynamoDb } from '../shared/dynamodb.ts';
import { succeedsIf } from './conditional-write.ts';
import { coordinationTableFromEnvironment } from './coordination-table.ts';
import { expiryOf } from './expiry.ts';

// In the coordination table, one row for each fact:
//   WEBHOOK#<vendor>#<eventId>            EVENT   { claimedUntil, expiresAt }: being taken until then; taken, without claimedUntil
//   WEBHOOK#drift#conversation/<id>       CLOSED  { expiresAt }: the conversation is closed
// Only `claimedUntil` counts; `expiresAt` lets the table's TTL delete old rows.

export type WebhookStore = {
  /**
   * Claims the event for this delivery. `taken` when an earlier delivery has put it on the bus, `busy` while another
   * one is doing so. A claim that is not kept runs out, so that a crash loses no event.
   */
  claim(vendor: string, eventId: string): Promise<'claimed' | 'busy' | 'taken'>;
  /** Records that the event is on the bus, so that every later delivery is a repeat. */
  keep(vendor: string, eventId: string): Promise<void>;
  /** Gives the claim back, because the event was not put on the bus. The next delivery may take it at once. */
  release(vendor: string, eventId: string): Promise<void>;
  closeConversation(conversationId: number): Promise<void>;
  isClosed(conversationId: number): Promise<boolean>;
};

// Longer than a request takes, and shorter than a vendor waits before it delivers again.
const CLAIM_MS = 10_000;
// Longer than a vendor repeats an event.
const KEPT_DAYS = 7;

/** The events and closed conversations in the coordination table. Every method throws the SDK's errors. */
export function webhookStore(
  tableName: string,
  options: { client?: DynamoDBClient; now?: () => number } = {},
): WebhookStore {
  const { client = dynamoDb(), now = Date.now } = options;
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
      // The claim may have run out, and another delivery may have put the event on the bus.
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

/** The webhook store of this deployment, from the environment. */
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
