import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { createApp } from '../../../functions/api/app.ts';
import { routeSettings } from '../../../functions/api/settings-route.ts';
import { acceptanceStore } from '../../../functions/tables/acceptance-store.ts';
import { diagnosisStore } from '../../../functions/tables/diagnosis-store.ts';
import { findingStore } from '../../../functions/tables/finding-store.ts';
import { graphStore } from '../../../functions/tables/graph-store.ts';
import { holdStore } from '../../../functions/tables/hold-store.ts';
import { identityStore } from '../../../functions/tables/identity-store.ts';
import { orderStore } from '../../../functions/tables/order-store.ts';
import { rosterStore } from '../../../functions/tables/roster-store.ts';
import { noPlans } from '../../no-plans.ts';
import { deployment, other } from './deployments.ts';

const { only, read } = deployment;

describe('the API', () => {
  const routes = (deployed: typeof deployment) =>
    deployed
      .all('AWS::ApiGatewayV2::Route')
      .map(([, { Properties }]) => Properties)
      .filter(({ RouteKey }) => !/\/webhooks\/|GET \/(assets\/.*)?$/.test(String(RouteKey)));

  it('has the routes of functions/api/app.ts, and one that lets it refuse all others', () => {
    const region = 'eu-central-1';
    const app = createApp({
      machines: { client: new SFNClient({ region }), arns: { onboarding: '', offboarding: '', update: '' } },
      order: orderStore('tenure-identity', new DynamoDBClient({ region })),
      store: identityStore('tenure-identity', new DynamoDBClient({ region })),
      roster: rosterStore('tenure-identity', new DynamoDBClient({ region })),
      graph: graphStore('tenure-identity', { client: new DynamoDBClient({ region }) }),
      holds: holdStore('tenure-identity', new DynamoDBClient({ region })),
      plans: noPlans(),
      erase: () => Promise.reject(new Error('Nobody is erased.')),
      diagnoses: diagnosisStore('tenure-identity', new DynamoDBClient({ region })),
      findings: findingStore('tenure-identity', { client: new DynamoDBClient({ region }) }),
      acceptances: acceptanceStore('tenure-identity', new DynamoDBClient({ region })),
    });
    routeSettings(app, { read: async () => null });
    const handled = app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
    expect(
      routes(deployment)
        .map(({ RouteKey }) => RouteKey)
        .sort(),
    ).toEqual(['$default', ...handled.sort()]);
  });

  it('asks for AWS credentials on every route', () => {
    for (const route of routes(deployment)) expect(route.AuthorizationType).toBe('AWS_IAM');
  });

  it('asks for a token of the issuer on every route, once there is one', () => {
    const [authorizer, another] = other.all('AWS::ApiGatewayV2::Authorizer');
    expect(another).toBeUndefined();
    expect(authorizer?.[1].Properties).toMatchObject({
      AuthorizerType: 'JWT',
      JwtConfiguration: { Issuer: 'https://id.northlight.example', Audience: ['tenure'] },
      IdentitySource: ['$request.header.Authorization'],
    });
    expect(routes(other)).toHaveLength(routes(deployment).length);
    for (const route of routes(other)) {
      expect(route.AuthorizationType).toBe('JWT');
      expect(route.AuthorizerId).toEqual({ Ref: authorizer?.[0] });
    }
  });

  it.each([
    ['POST /offboardings', 'tenure/run'],
    ['POST /plans', 'tenure/run'],
    ['GET /runs', 'tenure/read'],
    ['GET /settings', 'tenure/read'],
    ['DELETE /runs/{name}', 'tenure/run'],
    ['POST /runs/{name}/release', 'tenure/approve'],
    ['POST /runs/{name}/reject', 'tenure/approve'],
    ['POST /runs/release', 'tenure/approve'],
    ['POST /employees/{employeeId}/takeover', 'tenure/admin'],
  ])('needs for %s a token with the scope %s', (RouteKey, scope) => {
    const [route] = routes(other).filter((one) => one.RouteKey === RouteKey);
    expect(route?.AuthorizationScopes).toEqual([scope]);
  });

  it('needs a scope for every route of its own', () => {
    const bare = routes(other).filter(({ AuthorizationScopes }) => AuthorizationScopes === undefined);
    // That one refuses everything.
    expect(bare.map(({ RouteKey }) => RouteKey)).toEqual(['$default']);
  });

  it.each(['read', 'run', 'approve', 'admin'])('has a policy for %s with AWS credentials', (scope) => {
    const policy = only('AWS::IAM::ManagedPolicy', { ManagedPolicyName: `tenure-dev-${scope}` });
    const text = JSON.stringify(policy);
    expect(text).toContain('execute-api:Invoke');
    expect(text.includes('/runs/*/release')).toBe(scope === 'approve');
    expect(text.includes('POST/offboardings')).toBe(scope === 'run');
    expect(text.includes('takeover')).toBe(scope === 'admin');
  });

  const stage = only('AWS::ApiGatewayV2::Stage');

  it('throttles', () => {
    expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 });
  });

  it('logs who asked for what, without addresses and bodies, and forgets it', () => {
    const AccessLog = z.object({ DestinationArn: z.unknown(), Format: z.string() });
    const { DestinationArn, Format } = AccessLog.parse(stage.AccessLogSettings);
    const LogGroupName = '/aws/vendedlogs/apigateway/tenure-dev';
    expect(read(DestinationArn)).toBe(`LogGroup ${LogGroupName}`);
    expect(only('AWS::Logs::LogGroup', { LogGroupName }).RetentionInDays).toBe(90);
    expect(JSON.parse(Format)).toMatchObject({
      requestId: '$context.requestId',
      routeKey: '$context.routeKey',
      status: '$context.status',
      caller: '$context.identity.userArn',
    });
    expect(Format).not.toMatch(/sourceIp|\.path|body/i);
  });
});
