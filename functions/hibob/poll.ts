import * as z from 'zod/mini';
import { polledSource } from '../hr/engine-from-environment.ts';
import { pollSource } from '../hr/poll-source.ts';
import { step } from '../shared/step.ts';
import { hibobFromEnvironment } from './adapter.ts';

/** Reads everybody in HiBob once a day, and what is due in between. EventBridge Scheduler invokes it. */
export const handler = step({
  name: 'HibobPoll',
  client: () => polledSource('hibob', hibobFromEnvironment()),
  input: z.looseObject({}),
  run: (source) => pollSource(source),
});
