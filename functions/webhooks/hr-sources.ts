import { eventBusFromEnvironment } from '../shared/event-bus.ts';
import { hrSourcesFromEnvironment } from '../shared/hr-sources.ts';
import { webhookStoreFromEnvironment } from '../tables/webhook-store.ts';
import type { HrWebhookSources } from './hr-app.ts';
import { BambooHrCredential, HibobCredential, HrCredential } from './hr-credential.ts';
import { webhookSecret } from './secret.ts';

/** The secrets of the sources that the company has, the store and the bus of this deployment, from the environment. */
export function hrWebhookSourcesFromEnvironment(): HrWebhookSources {
  const sources = hrSourcesFromEnvironment();
  return {
    ...(sources.includes('bamboohr') ? { bamboohr: webhookSecret('bamboohr', BambooHrCredential) } : {}),
    ...(sources.includes('hibob') ? { hibob: webhookSecret('hibob', HibobCredential) } : {}),
    ...(sources.includes('hr') ? { hr: webhookSecret('hr', HrCredential) } : {}),
    store: webhookStoreFromEnvironment(),
    bus: eventBusFromEnvironment(),
  };
}
