import * as z from 'zod/mini';
import { polledSource } from '../hr/engine-from-environment.ts';
import { pollIfSetUp } from '../hr/poll-source.ts';
import { readSignalled, Scheduled, SignalEvent } from '../hr/read-signalled.ts';
import { step } from '../shared/step.ts';
import { hibobFromEnvironment } from './adapter.ts';

/**
 * Reads HiBob: the employees that a webhook has named, whose event the bus brings, or, for the schedule, whatever has
 * changed.
 */
export const handler = step({
  name: 'HibobRead',
  client: () => polledSource('hibob', hibobFromEnvironment()),
  input: z.union([SignalEvent, Scheduled]),
  run: async (source, { detail }): Promise<object> => {
    const named = z.safeParse(SignalEvent.shape.detail, detail).data;
    return named === undefined ? pollIfSetUp(source) : readSignalled(source, named);
  },
});
