import * as z from 'zod/mini';
import type { HrSource } from '../shared/hr-sources.ts';
import { step } from '../shared/step.ts';
import { engineFromEnvironment } from './engine-from-environment.ts';

// Those that nobody can ask: what they told last is what is known.
const UNASKED = ['roster', 'hr'] as const satisfies HrSource[];

/** Looks again at whoever is due of the sources that cannot be asked: a first day has come, or an address is missing. */
export const handler = step({
  name: 'HrLookAgain',
  client: () => UNASKED.map(engineFromEnvironment),
  input: z.looseObject({}),
  run: async (engines) => {
    let events = 0;
    for (const { engine } of engines)
      for (const sourceId of await engine.readDue()) {
        const known = await engine.find(sourceId);
        if (known === null) continue;
        events += (await engine.takeOne(known.worker, new Date().toISOString())).events.length;
      }
    return { status: events > 0 ? 'changed' : 'not_needed', events };
  },
});
