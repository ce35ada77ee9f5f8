import { handle, type LambdaEvent } from 'hono/aws-lambda';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { erasureStoreFromEnvironment } from '../tables/erasure-store.ts';
import { graphStoreFromEnvironment } from '../tables/graph-store.ts';
import { holdStoreFromEnvironment } from '../tables/hold-store.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { planStoreFromEnvironment } from '../tables/plan-store.ts';
import { rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { createApp } from './app.ts';
import { askForPlans } from './ask-for-plans.ts';

const handleRequest = handle(
  createApp({
    ...runSourcesFromEnvironment(),
    store: identityStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    graph: graphStoreFromEnvironment(),
    erasures: erasureStoreFromEnvironment(),
    holds: holdStoreFromEnvironment(),
    plans: { make: askForPlans(), store: planStoreFromEnvironment() },
  }),
);

type HttpApiEvent = Extract<LambdaEvent, { routeKey: string }>;

/** The API behind an API Gateway HTTP API with one route per operation, payload format 2.0. */
export const handler = (event: HttpApiEvent) => handleRequest({ ...event, rawPath: encodedPath(event) });

/**
 * The path as the caller sent it. API Gateway decodes it, and then an id with a slash or a percent sign would end
 * up at another route; it also puts the stage in front where the stage has a name.
 */
function encodedPath({ routeKey, rawPath, pathParameters }: HttpApiEvent): string {
  const [, route] = routeKey.split(' ');
  if (route === undefined) return rawPath;
  return route.replaceAll(/\{(\w+)\+?\}/g, (_, name: string) =>
    encodeURIComponent(pathParameters?.[name] ?? ''),
  );
}
