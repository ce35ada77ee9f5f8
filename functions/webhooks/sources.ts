import { appsFromEnvironment } from '../shared/companys-apps.ts';
import { eventBusFromEnvironment } from '../shared/event-bus.ts';
import { webhookStoreFromEnvironment } from '../tables/webhook-store.ts';
import type { WebhookSources } from './app.ts';
import { DriftCredential, PipedriveCredential } from './credential.ts';
import { webhookSecret } from './secret.ts';

/** The secrets of the apps that the company has, the store and the bus of this deployment, from the environment. */
export function webhookSourcesFromEnvironment(): WebhookSources {
  const apps = appsFromEnvironment();
  return {
    ...(apps.includes('drift') ? { drift: webhookSecret('drift', DriftCredential) } : {}),
    ...(apps.includes('pipedrive') ? { pipedrive: webhookSecret('pipedrive', PipedriveCredential) } : {}),
    store: webhookStoreFromEnvironment(),
    bus: eventBusFromEnvironment(),
  };
}
