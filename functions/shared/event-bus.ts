import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import * as z from 'zod/mini';

/** The source of every event that tenure itself puts on the bus; HR systems have another. */
export const EVENT_SOURCE = 'tenure';

/** `detailType` such as `webhook.received`; `detail` is what the subscriber parses. */
export type BusEvent = { detailType: string; detail: object };

export type EventBus = {
  /** @throws EventsRefusedError when the bus did not take all of them; the SDK's errors when it cannot be reached. */
  putEvents(events: readonly BusEvent[]): Promise<void>;
};

/** The bus took only some of the events. Putting all of them again is safe: whoever subscribes takes repeats. */
export class EventsRefusedError extends Error {
  override readonly name = 'EventsRefusedError';

  constructor(codes: readonly string[]) {
    super(`The event bus refused ${codes.length} events: ${[...new Set(codes)].join(', ')}. Put them again.`);
  }
}

// The most that one call takes: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
const BATCH = 10;

/** The bus of that name; see `EventBus`. */
export function eventBus(name: string, client = new EventBridgeClient({})): EventBus {
  return {
    putEvents: async (events) => {
      for (let begin = 0; begin < events.length; begin += BATCH) {
        const batch = events.slice(begin, begin + BATCH).map(({ detailType, detail }) => ({
          EventBusName: name,
          Source: EVENT_SOURCE,
          DetailType: detailType,
          Detail: JSON.stringify(detail),
        }));
        const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: batch }));
        const codes = Entries.flatMap(({ ErrorCode }) => ErrorCode ?? []);
        if (codes.length > 0) throw new EventsRefusedError(codes);
      }
    },
  };
}

/** The bus of this deployment, from the environment. */
export function eventBusFromEnvironment(): EventBus {
  const { EVENT_BUS_NAME } = z.parse(
    z.object({ EVENT_BUS_NAME: z.string().check(z.minLength(1)) }),
    process.env,
  );
  return eventBus(EVENT_BUS_NAME);
}
