import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { orderStoreFromEnvironment } from '../tables/order-store.ts';
import type { RunSources } from './start-run.ts';
import { stateMachinesFromEnvironment } from './state-machines.ts';

/** What starting a run needs, from the environment of this deployment. */
export function runSourcesFromEnvironment(): RunSources {
  return {
    machines: stateMachinesFromEnvironment(),
    order: orderStoreFromEnvironment(),
    store: identityStoreFromEnvironment(),
  };
}
