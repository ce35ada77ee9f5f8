import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { HR_LAMBDAS } from '../../../cdk/hr-sources.ts';
import { needsOf } from '../../../cdk/step-needs.ts';
import { LAMBDA_NAMES } from '../../../cdk/tenure-stack.ts';
import { APPS } from '../../../functions/shared/apps.ts';
import { stepFolder } from '../../../state-machines/load.ts';
import { synthesize } from '../synthesize.ts';
import { deployment, listed, small, WITHOUT_PAGE } from './deployments.ts';

const LambdaEnvironment = z.object({ Variables: z.record(z.string(), z.unknown()) });

describe('a company with two apps', () => {
  const two = synthesize({ apps: 'drift,pipedrive', hrSources: '' });
  const names = (type: string, property: string) =>
    two.all(type).map(([, { Properties }]) => Properties[property]);

  it('has the secrets of these, and no others', () => {
    expect(names('AWS::SecretsManager::Secret', 'Name')).toEqual([
      'tenure/pipedrive/rest',
      'tenure/pipedrive/scim',
      'tenure/drift/rest',
      'tenure/drift/scim',
      'tenure/drift/webhook',
      'tenure/pipedrive/webhook',
    ]);
    const others = small.all('AWS::SecretsManager::Secret');
    expect(others.map(([, { Properties }]) => Properties.Name)).toEqual([
      'tenure/drift/rest',
      'tenure/drift/scim',
      'tenure/drift/webhook',
    ]);
  });

  it('takes the webhooks of these only', () => {
    const { all, only } = small;
    const routes = all('AWS::ApiGatewayV2::Route').map(([, { Properties }]) => String(Properties.RouteKey));
    const ofWebhooks = routes.filter((route) => route.includes('/webhooks/'));
    expect(ofWebhooks).toEqual(['POST /webhooks/drift']);
    expect(Object.keys(Object(only('AWS::ApiGatewayV2::Stage').RouteSettings))).toEqual(ofWebhooks);
    const rules = all('AWS::Events::Rule').map(([, { Properties }]) => Properties.Name);
    expect(rules).toEqual([
      'tenure-dev-employee-events',
      'tenure-dev-drift-webhooks',
      'tenure-dev-HrTakeRoster',
      'tenure-dev-cut-off-runs',
      'tenure-dev-failed-runs',
      'tenure-dev-incomplete-runs',
    ]);
  });

  it('syncs no compliance without Drata', () => {
    expect(names('AWS::Scheduler::Schedule', 'Name')).toEqual(['tenure-dev-reconciliation']);
  });

  it('gives the steps of the others no secret', () => {
    const { Role } = two.lambda('DrataFindPersonnel');
    expect(listed(two.access(Role)).filter((line) => line.startsWith('secretsmanager:'))).toEqual([]);
    const steps = LAMBDA_NAMES.filter((name) => stepFolder(name) === 'drift');
    expect(steps.length).toBeGreaterThan(5);
    for (const name of steps) {
      const { Role: role } = two.lambda(name);
      const rights = two.access(role);
      expect(listed(rights)).toContain('secretsmanager:GetSecretValue Secret tenure/drift/rest');
    }
  });

  it.each([
    ['pipedrive,drift', two],
    [APPS.join(','), deployment],
  ])('tells those that read events or list apps, and no others, that these are %s', (apps, { lambda }) => {
    for (const name of WITHOUT_PAGE) {
      if (name === 'DriftwoodRotatePassword' || HR_LAMBDAS.includes(name)) continue;
      const { Environment } = lambda(name);
      const told = z.parse(LambdaEnvironment, Environment).Variables.TENURE_APPS;
      expect(told, name).toBe(needsOf(name).companysApps ? apps : undefined);
    }
  });

  it('has no finding of cdk-nag', { tags: 'slow' }, () => {
    const { violations } = new AwsSolutionsChecks().validateScope(two.app);
    expect(violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources])).toEqual([]);
  });
});
