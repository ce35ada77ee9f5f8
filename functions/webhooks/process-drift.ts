import * as z from 'zod/mini';
import { drift } from '../drift/client.ts';
import { eventBusFromEnvironment } from '../shared/event-bus.ts';
import { step } from '../shared/step.ts';
import { webhookStoreFromEnvironment } from '../tables/webhook-store.ts';
import { DriftEvent } from './events.ts';

/**
 * Puts a new conversation on the bus, together with its contact, for the subscribers that route it. Events arrive in
 * any order, so a conversation that was closed before is left out. EventBridge invokes this with the whole event, at least
 * once.
 */
export const handler = step({
  name: 'WebhooksProcessDrift',
  client: () => ({
    client: drift(),
    store: webhookStoreFromEnvironment(),
    bus: eventBusFromEnvironment(),
  }),
  input: z.object({ detail: DriftEvent }),
  run: async ({ client, store, bus }, { detail }) => {
    const { conversationId } = detail;
    if (detail.type === 'conversation_status_updated') {
      if (detail.status !== 'closed') return { status: 'not_needed' };
      await store.closeConversation(conversationId);
      return { status: 'changed' };
    }
    if (await store.isClosed(conversationId)) return { status: 'not_needed' };
    const contact = await client.readContact(detail.contactId);
    // The contact may have been deleted since; the conversation is announced all the same.
    const status = contact === null ? 'not_found' : 'found';
    await bus.putEvents([{ detailType: 'conversation.enriched', detail: { conversationId, contact } }]);
    return { status };
  },
});
