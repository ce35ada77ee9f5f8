import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { HrEvent } from '../shared/events.ts';
import { step } from '../shared/step.ts';
import type { HrDraft } from './differences.ts';
import { engineFromEnvironment } from './engine-from-environment.ts';
import { hrBusFromEnvironment } from './hr-bus.ts';
import { Worker } from './worker.ts';

/**
 * Takes what `POST /webhooks/hr` was sent: an event of tenure's own form goes to the bus as it is, and a worker through
 * the engine. A script sends one record at a time, so there is no baseline.
 */
export const handler = step({
  name: 'HrProcessWebhook',
  client: () => ({ ...engineFromEnvironment('hr'), bus: hrBusFromEnvironment() }),
  input: z.object({
    time: z.iso.datetime({ offset: true }),
    detail: z.object({ body: z.union([HrEvent, Worker]) }),
  }),
  run: async ({ engine, bus }, { time, detail: { body } }) => {
    if ('detail-type' in body) {
      await bus([draftOf(body)]);
      return { status: 'changed', events: 1 };
    }
    const readAt = new Date(time).toISOString();
    const { events } = await engine.takeOne(body, readAt);
    return { status: events.length > 0 ? 'changed' : 'not_needed', events: events.length };
  },
});

/** The bus gives an event another id and time. */
function draftOf({ 'detail-type': type, detail, id, time }: HrEvent): HrDraft {
  const record = { source: 'hr', sourceId: id.slice(0, 100), difference: differenceOf(id) };
  return { type, detail: { record, ...detail }, time };
}

/** Stands for the sender's id, so that the same event is the same however often it is put there. */
function differenceOf(id: string): string {
  return `sent-${createHash('sha256').update(id).digest('hex')}`;
}
