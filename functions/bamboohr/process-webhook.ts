import { polledSource } from '../hr/engine-from-environment.ts';
import { readSignalled, SignalEvent } from '../hr/read-signalled.ts';
import { step } from '../shared/step.ts';
import { bambooHrFromEnvironment } from './adapter.ts';

/** Reads the employees again that a webhook of BambooHR has named. EventBridge invokes it with the whole event. */
export const handler = step({
  name: 'BamboohrProcessWebhook',
  client: () => polledSource('bamboohr', bambooHrFromEnvironment()),
  input: SignalEvent,
  run: readSignalled,
});
