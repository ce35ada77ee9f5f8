import { readFileSync } from 'node:fs';
import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { createApp } from '../../functions/api/app.ts';
import { routeSettings } from '../../functions/api/settings-route.ts';
import { acceptanceStore } from '../../functions/tables/acceptance-store.ts';
import { diagnosisStore } from '../../functions/tables/diagnosis-store.ts';
import { findingStore } from '../../functions/tables/finding-store.ts';
import { graphStore } from '../../functions/tables/graph-store.ts';
import { holdStore } from '../../functions/tables/hold-store.ts';
import { identityStore } from '../../functions/tables/identity-store.ts';
import { orderStore } from '../../functions/tables/order-store.ts';
import { rosterStore } from '../../functions/tables/roster-store.ts';
import { webhookStore } from '../../functions/tables/webhook-store.ts';
import { createWebhookApp } from '../../functions/webhooks/app.ts';
import { openApiText } from '../../local/generate/openapi.ts';
import { noPlans } from '../no-plans.ts';

const checkedIn = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
const OpenApi = z.object({
  openapi: z.literal('3.1.0'),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.looseObject({
        operationId: z.string(),
        parameters: z._default(z.array(z.looseObject({ name: z.string(), in: z.string() })), []),
      }),
    ),
  ),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
});
const document = z.parse(OpenApi, JSON.parse(checkedIn));
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
);

describe('docs/openapi.json', () => {
  it('is what the code checks (npm run openapi)', () => {
    expect(checkedIn).toBe(openApiText());
  });

  it('has every route of the API, and no other', () => {
    const machines = { client: new SFNClient({}), arns: { onboarding: '', offboarding: '', update: '' } };
    const app = createApp({
      machines,
      order: orderStore('none'),
      store: identityStore('none'),
      roster: rosterStore('none'),
      graph: graphStore('none'),
      holds: holdStore('none'),
      plans: noPlans(),
      erase: () => Promise.reject(new Error('Nobody is erased.')),
      diagnoses: diagnosisStore('none'),
      findings: findingStore('none'),
      acceptances: acceptanceStore('none'),
    });
    routeSettings(app, { read: async () => null });
    const none = () => Promise.reject(new Error('No webhook is sent.'));
    const webhooks = createWebhookApp({
      drift: none,
      pipedrive: none,
      store: webhookStore('none'),
      bus: { putEvents: none },
    });
    const served = [...app.routes, ...webhooks.routes]
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    const described = operations.map(({ path, method }) => `${method.toUpperCase()} ${path}`);
    expect(served.length).toBeGreaterThan(0);
    expect(described.sort()).toEqual(served.sort());
  });

  it('has a name of its own for every operation, and a parameter for every variable in a path', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { path, operation } of operations) {
      const variables = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const inPath = operation.parameters.filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => name)).toEqual(variables);
    }
  });

  it('refers to nothing that is not in it, and has nothing that is not referred to', () => {
    const referred = [...checkedIn.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect([...new Set(referred)].sort()).toEqual(Object.keys(document.components.schemas).sort());
  });
});
