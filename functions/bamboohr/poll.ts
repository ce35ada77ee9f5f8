import * as z from 'zod/mini';
import { polledSource } from '../hr/engine-from-environment.ts';
import { pollSource } from '../hr/poll-source.ts';
import { step } from '../shared/step.ts';
import { bambooHrFromEnvironment } from './adapter.ts';

/** Reads what has changed in BambooHR, and everybody once a day. EventBridge Scheduler invokes it. */
export const handler = step({
  name: 'BamboohrPoll',
  client: () => polledSource('bamboohr', bambooHrFromEnvironment()),
  input: z.looseObject({}),
  run: (source) => pollSource(source),
});
