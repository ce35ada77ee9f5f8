import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod/mini';
import type { HrSource } from '../shared/hr-sources.ts';
import { workerStoreFromEnvironment } from '../tables/worker-store.ts';
import type { Adapter } from './adapter.ts';
import { rosterEngine } from './engine.ts';
import { hrBusFromEnvironment } from './hr-bus.ts';
import { Policy } from './policy.ts';
import { POLICY_VARIABLE } from './policy-variable.ts';
import type { PolledSource } from './poll-source.ts';

/** The policy of this deployment. @throws Error when there is none */
export function policyFromEnvironment(): Policy {
  // It is beside the code: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
  const file = resolve(process.env.LAMBDA_TASK_ROOT ?? '', z.parse(z.string(), process.env[POLICY_VARIABLE]));
  return z.parse(Policy, JSON.parse(readFileSync(file, 'utf8')));
}

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
