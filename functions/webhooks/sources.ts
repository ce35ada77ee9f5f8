import { eventBusFromEnvironment } from '../shared/event-bus.ts';
import { webhookStoreFromEnvironment } from '../tables/webhook-store.ts';
import type { WebhookSources } from './app.ts';
import { DriftCredential, PipedriveCredential } from './credential.ts';
import { webhookSecret } from './secret.ts';

/** The secrets, the store and the bus of this deployment, from the environment. */
export function webhookSourcesFromEnvironment(): WebhookSources {
  return {
    drift: webhookSecret('drift', DriftCredential),
    pipedrive: webhookSecret('pipedrive', PipedriveCredential),
    store: webhookStoreFromEnvironment(),
    bus: eventBusFromEnvironment(),
  };
}
