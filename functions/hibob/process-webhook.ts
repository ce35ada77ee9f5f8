import { polledSource } from '../hr/engine-from-environment.ts';
import { readSignalled, SignalEvent } from '../hr/read-signalled.ts';
import { step } from '../shared/step.ts';
import { hibobFromEnvironment } from './adapter.ts';

/** Reads the employees again that a webhook of HiBob has named. EventBridge invokes it with the whole event. */
export const handler = step({
  name: 'HibobProcessWebhook',
  client: () => polledSource('hibob', hibobFromEnvironment()),
  input: SignalEvent,
  run: readSignalled,
});
