import * as z from 'zod/mini';
import { type PolledSource, readAgain } from './poll-source.ts';

/** The part of `webhook.received` that names records. */
export const SignalEvent = z.object({ detail: z.object({ sourceIds: z.array(z.string()) }) });

/** The event of a schedule: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html */
export const Scheduled = z.object({
  'detail-type': z.literal('Scheduled Event'),
  detail: z.strictObject({}),
});

/** Reads the records that a webhook has named; it says nothing else that counts. @throws what `readAgain` throws */
export async function readSignalled(
  source: PolledSource,
  { sourceIds }: z.infer<typeof SignalEvent>['detail'],
): Promise<{ status: 'changed' | 'not_needed'; events: number }> {
  let events = 0;
  for (const sourceId of sourceIds) events += (await readAgain(source, sourceId)).events.length;
  return { status: events > 0 ? 'changed' : 'not_needed', events };
}
