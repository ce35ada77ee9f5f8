import type { HrSource } from '../shared/hr-sources.ts';
import { workerStoreFromEnvironment } from '../tables/worker-store.ts';
import type { Adapter } from './adapter.ts';
import { rosterEngine } from './engine.ts';
import { hrBusFromEnvironment } from './hr-bus.ts';
import { policyFromEnvironment } from './policy-from-environment.ts';
import type { PolledSource } from './poll-source.ts';

/** The engine of this deployment for one source, and its store. */
export function engineFromEnvironment(source: HrSource) {
  const store = workerStoreFromEnvironment();
  const policy = policyFromEnvironment();
  return {
    source,
    store,
    policy,
    engine: rosterEngine({ source, store, policy, bus: hrBusFromEnvironment() }),
  };
}

/** A source that is polled, with the engine of this deployment. */
export function polledSource(source: HrSource, adapter: Adapter): PolledSource {
  return { ...engineFromEnvironment(source), adapter };
}
