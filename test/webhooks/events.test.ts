import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { $ZodError } from 'zod/v4/core';
import {
  DriftEvent,
  PipedriveEvent,
  readDriftEvent,
  readPipedriveEvent,
} from '../../functions/webhooks/events.ts';

const LEAD = 'adf21080-0e10-11eb-879b-05d71fb426ec';

// Somebody who asks for all events of a vendor gets these too, and refusing them makes the vendor stop sending.
describe('an event that nothing waits for is left, whatever its fields look like', () => {
  it.each([
    { meta: { id: 'e-1', entity: 'lead', entity_id: LEAD, action: 'create' } },
    { meta: { id: 'e-1', entity: 'user', entity_id: 7, action: 'constructor' } },
    { meta: { entity: 'deal', action: 'change' } },
    { event: 'added.lead', meta: { id: LEAD, object: 'lead', action: 'added', timestamp: 1 } },
    { event: 'merged.person', meta: { id: 3 } },
    { event: 'merged.user', meta: { id: 3, timestamp: 1 } },
    { event: 'updated.deal' },
  ])('of Pipedrive: %j', (body) => {
    expect(readPipedriveEvent(body)).toBeNull();
  });

  it.each([
    { type: 'new_message', id: 'x'.repeat(101), data: {} },
    { type: 'contact_identified', token: null },
    { type: 'constructor' },
  ])('of Drift: %j', (body) => {
    expect(readDriftEvent(body)).toBeNull();
  });
});

describe('an event of a user or a conversation', () => {
  it.each([
    { field: 'meta.id', body: { event: 'updated.user', meta: { id: LEAD, timestamp: 1 } } },
    { field: 'meta', body: { event: 'updated.user' } },
    {
      field: 'meta.entity_id',
      body: { meta: { id: 'e', entity: 'user', entity_id: LEAD, action: 'change' } },
    },
    { field: 'meta.id', body: { meta: { entity: 'user', entity_id: 7, action: 'change' } } },
    { field: 'event', body: {} },
  ])('of Pipedrive says that $field is wrong', ({ field, body }) => {
    expect(fieldsOf(() => readPipedriveEvent(body))).toEqual([field]);
  });

  it.each([
    { field: 'data.contactId', body: { type: 'new_conversation', data: { conversationId: 7 } } },
    { field: 'data.conversationId', body: { type: 'new_conversation', data: { contactId: 7 } } },
    { field: 'data.status', body: { type: 'conversation_status_updated', data: { conversationId: 7 } } },
    { field: 'data', body: { type: 'new_conversation' } },
    { field: 'type', body: {} },
  ])('of Drift says that $field is wrong', ({ field, body }) => {
    expect(fieldsOf(() => readDriftEvent(body))).toEqual([field]);
  });
});

describe('what is put on the bus is what its subscriber reads, whatever is sent', () => {
  const odd = fc.oneof(fc.constantFrom('__proto__', 'toString', ''), fc.double(), fc.jsonValue());
  const id = fc.oneof(fc.nat(), fc.stringMatching(/^\d{1,20}$/), odd);
  const one = (...words: string[]) => fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...words) }, odd);
  const some = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) => fc.record(model, { requiredKeys: [] });

  it.each([
    {
      vendor: 'Pipedrive',
      read: readPipedriveEvent,
      schema: PipedriveEvent,
      sent: some({
        event: one('user.added', 'updated.user', 'deleted.user'),
        meta: fc.oneof(
          some({ id, timestamp: fc.double(), timestamp_micro: fc.integer() }),
          some({ id, entity: one('user'), entity_id: id, action: one('create', 'change', 'delete') }),
        ),
      }),
      types: ['user.added', 'user.deleted', 'user.updated'],
    },
    {
      vendor: 'Drift',
      read: readDriftEvent,
      schema: DriftEvent,
      sent: some({
        type: one('new_conversation', 'conversation_status_updated'),
        id,
        data: some({ id, conversationId: id, contactId: id, status: one('closed') }),
      }),
      types: ['conversation_status_updated', 'new_conversation'],
    },
  ])('of $vendor', ({ read, schema, sent, types }) => {
    const taken = new Set<string>();
    const isReadable = fc.property(fc.oneof({ weight: 9, arbitrary: sent }, odd), (body) => {
      const event = orRefused(() => read(body));
      if (event !== null) taken.add(z.parse(schema, JSON.parse(JSON.stringify(event))).type);
    });
    fc.assert(isReadable, { numRuns: 1_000 });
    expect([...taken].sort()).toEqual(types);
  });
});

function orRefused<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof $ZodError) return null;
    throw error;
  }
}

function fieldsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    if (error instanceof $ZodError) return error.issues.map(({ path }) => path.join('.'));
    throw error;
  }
  return [];
}
