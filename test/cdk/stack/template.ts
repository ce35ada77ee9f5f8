import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { deployment, other } from './deployments.ts';

describe('the template', () => {
  it.each([deployment, other])('has no finding of cdk-nag', ({ app }) => {
    const { violations } = new AwsSolutionsChecks().validateScope(app);
    expect(violations.map(({ ruleName, violatingResources }) => [ruleName, violatingResources])).toEqual([]);
  });

  it('says why, wherever a finding of cdk-nag is accepted', () => {
    const accepted = deployment.app.node
      .findAll()
      .flatMap(({ node }) => node.metadata)
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(z.parse(z.record(z.string(), z.string()), data)));
    expect(accepted.length).toBeGreaterThan(40);
    for (const [rule, reason] of accepted) expect(reason, rule).toMatch(/^[A-Z].{30,}\.$/);
  });

  it('is below what CloudFormation takes', () => {
    expect(deployment.text.length).toBeLessThan(1_000_000);
  });
});
