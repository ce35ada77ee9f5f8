import * as z from 'zod/mini';
import { bambooHrFromEnvironment } from '../bamboohr/adapter.ts';
import { hibobFromEnvironment } from '../hibob/adapter.ts';
import type { Adapter } from '../hr/adapter.ts';
import { polledSource } from '../hr/engine-from-environment.ts';
import { readAgain } from '../hr/poll-source.ts';
import { HR_SOURCES, type HrSource } from '../shared/hr-sources.ts';
import { step } from '../shared/step.ts';

const ADAPTERS: Partial<Record<HrSource, () => Adapter>> = {
  bamboohr: () => bambooHrFromEnvironment(),
  hibob: () => hibobFromEnvironment(),
};

/**
 * Reads the record again from which a run was made, right before the run acts: a termination that was taken back, or a
 * day that has moved, is often told by no webhook. What has changed becomes events, which take the run's place.
 */
export const handler = step({
  name: 'WorkflowReadRecord',
  client: () => ({}),
  input: z.object({ record: z.object({ source: z.enum(HR_SOURCES), sourceId: z.string() }) }),
  run: async (_, { record: { source, sourceId } }) => {
    const adapter = ADAPTERS[source]?.();
    if (adapter === undefined) return { changedBy: null };
    const { events } = await readAgain(polledSource(source, adapter), sourceId);
    // A change of facts takes no run's place.
    const deciding = events.find(({ type }) => type !== 'employee.updated');
    return { changedBy: deciding === undefined ? null : `${source} record ${sourceId}: ${deciding.type}` };
  },
});
