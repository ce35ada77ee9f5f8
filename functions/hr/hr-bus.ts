import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import * as z from 'zod/mini';
import { EventsRefusedError } from '../shared/event-bus.ts';
import type { HrDraft } from './differences.ts';

/** Puts HR events on the bus, as an HR system does. @throws EventsRefusedError; the SDK's errors */
export type HrBus = (events: readonly HrDraft[]) => Promise<void>;

// The most that one call takes: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
const BATCH = 10;

/** The way to the bus that the environment names. */
export function hrBusFromEnvironment(client = new EventBridgeClient({})): HrBus {
  const { EVENT_BUS_NAME } = z.parse(
    z.object({ EVENT_BUS_NAME: z.string().check(z.minLength(1)) }),
    process.env,
  );
  return async (events) => {
    for (let begin = 0; begin < events.length; begin += BATCH) {
      const batch = events.slice(begin, begin + BATCH).map(({ type, detail, time }) => ({
        EventBusName: EVENT_BUS_NAME,
        Source: 'hr',
        DetailType: type,
        Detail: JSON.stringify(detail),
        ...(time === undefined ? {} : { Time: new Date(time) }),
      }));
      const { Entries = [] } = await client.send(new PutEventsCommand({ Entries: batch }));
      const codes = Entries.flatMap(({ ErrorCode }) => ErrorCode ?? []);
      if (codes.length > 0) throw new EventsRefusedError(codes);
    }
  };
}
