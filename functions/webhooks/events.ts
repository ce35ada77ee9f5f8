import * as z from 'zod/mini';

// Only ids and times of a webhook are kept. The rest is personal data, and may be out of date when it is processed.

const Id = z.pipe(
  z.union([z.int(), z.string().check(z.regex(/^\d{1,15}$/))]),
  z.transform((id) => Number(id)),
);

const PIPEDRIVE_ACTIONS = ['added', 'updated', 'deleted'] as const;

export const DriftEvent = z.discriminatedUnion('type', [
  z.object({
    vendor: z.literal('drift'),
    type: z.literal('new_conversation'),
    eventId: z.string(),
    conversationId: z.int(),
    contactId: z.int(),
  }),
  z.object({
    vendor: z.literal('drift'),
    type: z.literal('conversation_status_updated'),
    eventId: z.string(),
    conversationId: z.int(),
    status: z.string(),
  }),
]);
export type DriftEvent = z.infer<typeof DriftEvent>;

export const PipedriveEvent = z.object({
  vendor: z.literal('pipedrive'),
  type: z.templateLiteral(['user.', z.enum(PIPEDRIVE_ACTIONS)]),
  eventId: z.string(),
  userId: z.int(),
});
export type PipedriveEvent = z.infer<typeof PipedriveEvent>;

/** The detail of `webhook.received` on the bus. `eventId` is the same each time the vendor delivers the event. */
export type WebhookEvent = DriftEvent | PipedriveEvent;

// The type is read first, because a webhook for all of a vendor's events also gets events with other fields.

// https://devdocs.drift.com/docs/webhook-events-1
const DriftBody = z.object({ type: z.string() });
const NewConversation = z.object({
  data: z.pipe(
    z.object({
      conversationId: z.optional(Id),
      id: z.optional(Id),
      contactId: Id,
    }),
    z.transform(({ conversationId, id, contactId }) => ({ conversationId: conversationId ?? id, contactId })),
  ),
});
const WithConversation = z.object({ data: z.object({ conversationId: z.int(), contactId: z.int() }) });
const StatusUpdated = z.object({
  id: z.optional(z.union([z.string().check(z.maxLength(100)), z.number()])),
  data: z.object({ conversationId: Id, status: z.string().check(z.regex(/^\w{1,30}$/)) }),
});

/**
 * The event in a body from Drift; null for a type that tenure does not use.
 *
 * @throws z.core.$ZodError
 */
export function readDriftEvent(body: unknown): DriftEvent | null {
  const { type } = z.parse(DriftBody, body);
  if (type === 'new_conversation') {
    const { conversationId, contactId } = z.parse(z.pipe(NewConversation, WithConversation), body).data;
    // A conversation is new only once, so its id is enough to recognize a repeated event.
    return { vendor: 'drift', type, eventId: `new/${conversationId}`, conversationId, contactId };
  }
  if (type === 'conversation_status_updated') {
    const { id, data } = z.parse(StatusUpdated, body);
    const { conversationId, status } = data;
    const eventId = id === undefined ? `status/${conversationId}/${status}` : `event/${id}`;
    return { vendor: 'drift', type, eventId, conversationId, status };
  }
  return null;
}

// Version 1. The guide shows the two words of the event in both orders.
const PipedriveV1 = z.object({ event: z.string() });
const UserV1 = z.object({
  meta: z.object({
    id: Id,
    timestamp: z.number(),
    timestamp_micro: z.optional(z.number()),
  }),
});
// https://pipedrive.readme.io/docs/guide-for-webhooks-v2
const PipedriveV2 = z.object({ meta: z.object({ entity: z.string(), action: z.string() }) });
const UserV2 = z.object({
  meta: z.object({ id: z.string().check(z.minLength(1), z.maxLength(100)), entity_id: Id }),
});
const V2_ACTIONS: ReadonlyMap<string, (typeof PIPEDRIVE_ACTIONS)[number]> = new Map([
  ['create', 'added'],
  ['change', 'updated'],
  ['delete', 'deleted'],
]);

/**
 * The event in a body from Pipedrive; null for a type that tenure does not use.
 *
 * @throws z.core.$ZodError
 */
export function readPipedriveEvent(body: unknown): PipedriveEvent | null {
  const v2 = z.safeParse(PipedriveV2, body).data?.meta;
  if (v2 !== undefined) {
    const action = V2_ACTIONS.get(v2.action);
    if (v2.entity !== 'user' || action === undefined) return null;
    const { id, entity_id } = z.parse(UserV2, body).meta;
    return { vendor: 'pipedrive', type: `user.${action}`, eventId: id, userId: entity_id };
  }
  const words = z.parse(PipedriveV1, body).event.split('.');
  const action = PIPEDRIVE_ACTIONS.find((name) => words.includes(name));
  if (!words.includes('user') || action === undefined) return null;
  const { meta } = z.parse(UserV1, body);
  const eventId = `${action}/${meta.id}/${meta.timestamp_micro ?? meta.timestamp}`;
  return { vendor: 'pipedrive', type: `user.${action}`, eventId, userId: meta.id };
}
