import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { expect, it } from 'vitest';
import * as z from 'zod/mini';
import { eventBus } from '../../functions/shared/event-bus.ts';

const Put = z.object({ Entries: z.array(z.object({ Detail: z.string() })) });

/** A bus that answers by itself: it refuses the events of these numbers, and notes the batches it was sent. */
function busRefusing(...refused: number[]) {
  const client = new EventBridgeClient({ region: 'local' });
  const batches: number[] = [];
  client.middlewareStack.add(
    () => async (args) => {
      const { Entries } = z.parse(Put, args.input);
      batches.push(Entries.length);
      const answer = ({ Detail }: { Detail: string }) =>
        refused.includes(JSON.parse(Detail).number) ? { ErrorCode: 'ThrottlingException' } : { EventId: 'e' };
      return { response: undefined, output: { $metadata: {}, Entries: Entries.map(answer) } };
    },
    { step: 'initialize' },
  );
  return { bus: eventBus('tenure-hr', client), batches };
}

const events = (count: number) =>
  Array.from({ length: count }, (_, number) => ({ detailType: 'compliance.changed', detail: { number } }));

it('puts ten events at a time, and none where there is none', async () => {
  const { bus, batches } = busRefusing();
  await bus.putEvents(events(23));
  await bus.putEvents([]);
  expect(batches).toEqual([10, 10, 3]);
});

it('does not take an answer with refused events for a success', async () => {
  const { bus, batches } = busRefusing(11, 12);
  await expect(bus.putEvents(events(23))).rejects.toMatchObject({
    name: 'EventsRefusedError',
    message: 'The event bus refused 2 events: ThrottlingException. Put them again.',
  });
  expect(batches).toEqual([10, 10]);
});
