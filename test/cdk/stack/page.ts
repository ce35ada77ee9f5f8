import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { PageSettings } from '../../../functions/web/settings.ts';
import { deployment, listed, other } from './deployments.ts';

const open = (deployed: typeof deployment) =>
  deployed
    .all('AWS::ApiGatewayV2::Route')
    .map(([, { Properties }]) => Properties)
    .filter(({ RouteKey }) => !String(RouteKey).includes('/webhooks/'))
    .filter(({ AuthorizationType }) => AuthorizationType === 'NONE')
    .map(({ RouteKey }) => RouteKey);

describe('the page', () => {
  it('is not there where the API asks for AWS credentials', () => {
    expect(open(deployment)).toEqual([]);
    expect(deployment.text).not.toContain('WebHandler');
  });

  it('is served to everybody where people can sign in, and nothing else is', () => {
    expect(open(other)).toEqual(['GET /', 'GET /assets/{file}']);
  });

  const page = other.lambda('WebHandler');

  it('has a Lambda that may do nothing, and knows where people sign in', () => {
    expect(listed(other.access(page.Role))).toEqual([]);
    const { TENURE_PAGE } = z.parse(
      z.object({ Variables: z.object({ TENURE_PAGE: z.string() }) }),
      page.Environment,
    ).Variables;
    expect(z.parse(PageSettings, JSON.parse(TENURE_PAGE))).toMatchObject({
      issuer: 'https://id.northlight.example',
      clientId: 'page',
      scope: 'openid tenure/read tenure/run tenure/approve tenure/admin',
      audience: null,
    });
  });

  it.each(['WorkflowHold', 'WorkflowConclude', 'WorkflowKeepTrying'])(
    'is where messages of %s lead to',
    (name) => {
      const { Environment } = other.lambda(name);
      expect(JSON.stringify(Environment)).toContain('.execute-api.');
      const bare = deployment.lambda(name);
      expect(JSON.stringify(bare.Environment)).not.toContain('TENURE_PAGE_URL');
    },
  );

  it('has no finding of cdk-nag', { tags: 'slow' }, () => {
    const { violations } = new AwsSolutionsChecks().validateScope(other.app);
    expect(violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources])).toEqual([]);
  });
});
