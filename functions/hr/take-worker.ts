import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { HrEvent } from '../shared/events.ts';
import type { HrSource } from '../shared/hr-sources.ts';
import { step } from '../shared/step.ts';
import type { HrDraft } from './differences.ts';
import { engineFromEnvironment } from './engine-from-environment.ts';
import { hrBusFromEnvironment } from './hr-bus.ts';
import { Scheduled } from './read-signalled.ts';
import { Worker } from './worker.ts';

// Those that nobody can ask: what they told last is what is known.
const UNASKED = ['hr', 'roster'] as const satisfies HrSource[];

const Received = z.object({
  time: z.iso.datetime({ offset: true }),
  detail: z.object({ body: z.union([HrEvent, Worker]) }),
});

/**
 * Takes what `POST /webhooks/hr` was sent: an event of tenure's own form goes to the bus as it is, and a worker through
 * the engine. A script sends one record at a time, so there is no baseline. For the schedule it looks again at whoever
 * is due of the sources that cannot be asked: a first day has come, or an address is missing.
 */
export const handler = step({
  name: 'HrTakeWorker',
  client: () => ({
    engines: UNASKED.map((source) => engineFromEnvironment(source).engine),
    engine: engineFromEnvironment('hr').engine,
    bus: hrBusFromEnvironment(),
  }),
  input: z.union([Received, Scheduled]),
  run: async ({ engine, engines, bus }, event) => {
    if (!('body' in event.detail)) return lookAgain(engines);
    const { body } = event.detail;
    if ('detail-type' in body) {
      await bus([draftOf(body)]);
      return { status: 'changed', events: 1 };
    }
    const readAt = 'time' in event ? event.time : new Date().toISOString();
    const { events } = await engine.takeOne(body, new Date(readAt).toISOString());
    return { status: events.length > 0 ? 'changed' : 'not_needed', events: events.length };
  },
});

async function lookAgain(engines: readonly ReturnType<typeof engineFromEnvironment>['engine'][]) {
  let events = 0;
  for (const engine of engines)
    for (const sourceId of await engine.readDue()) {
      const known = await engine.find(sourceId);
      if (known === null) continue;
      events += (await engine.takeOne(known.worker, new Date().toISOString())).events.length;
    }
  return { status: events > 0 ? 'changed' : 'not_needed', events };
}

/** The bus gives an event another id, so what stands for the sender's goes along. */
function draftOf({ 'detail-type': type, detail, id, time }: HrEvent): HrDraft {
  const difference = createHash('sha256').update(id).digest('hex');
  const record = { source: 'hr', sourceId: id.slice(0, 100), difference };
  return { type, detail: { record, ...detail }, time };
}
