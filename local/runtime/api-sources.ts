import type { Sources } from '../../functions/api/runs.ts';
import type { Runtime } from './runtime.ts';

/** What the API answers from, over a runtime. */
export async function apiSources(
  runtime: Pick<Runtime, 'store' | 'roster' | 'planRequest' | 'plans'>,
): Promise<Sources> {
  // Loaded only now, because the environment that they read is the runtime's.
  const { requestFor } = await import('../../functions/api/plans.ts');
  const { runSourcesFromEnvironment } = await import('../../functions/runs/run-sources.ts');
  const { diagnosisStoreFromEnvironment } = await import('../../functions/tables/diagnosis-store.ts');
  const { acceptanceStoreFromEnvironment } = await import('../../functions/tables/acceptance-store.ts');
  const { findingStoreFromEnvironment } = await import('../../functions/tables/finding-store.ts');
  const { graphStoreFromEnvironment } = await import('../../functions/tables/graph-store.ts');
  const { holdStoreFromEnvironment } = await import('../../functions/tables/hold-store.ts');
  return {
    ...runSourcesFromEnvironment(),
    store: runtime.store,
    roster: runtime.roster,
    graph: graphStoreFromEnvironment(),
    diagnoses: diagnosisStoreFromEnvironment(),
    holds: holdStoreFromEnvironment(),
    // In this process, where nobody has to be kept from the apps' secrets.
    plans: { make: async (asked) => runtime.planRequest(requestFor(asked)), store: runtime.plans },
    findings: findingStoreFromEnvironment(),
    acceptances: acceptanceStoreFromEnvironment(),
  };
}
