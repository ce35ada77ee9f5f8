import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { acceptanceStoreFromEnvironment } from '../tables/acceptance-store.ts';
import { diagnosisStoreFromEnvironment } from '../tables/diagnosis-store.ts';
import { findingStoreFromEnvironment } from '../tables/finding-store.ts';
import { graphStoreFromEnvironment } from '../tables/graph-store.ts';
import { holdStoreFromEnvironment } from '../tables/hold-store.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { planStoreFromEnvironment } from '../tables/plan-store.ts';
import { rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { createApp } from './app.ts';
import { askForPlans } from './ask-for-plans.ts';
import { asLambda } from './lambda-event.ts';

/** The API behind an API Gateway HTTP API with one route per operation, payload format 2.0. */
export const handler = asLambda(
  createApp({
    ...runSourcesFromEnvironment(),
    store: identityStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    graph: graphStoreFromEnvironment(),
    diagnoses: diagnosisStoreFromEnvironment(),
    holds: holdStoreFromEnvironment(),
    plans: { make: askForPlans(), store: planStoreFromEnvironment() },
    findings: findingStoreFromEnvironment(),
    acceptances: acceptanceStoreFromEnvironment(),
  }),
);
