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

  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html: 1 MB and 500 resources.
  it.each([deployment, other])(
    'leaves a third of what CloudFormation takes to what comes',
    ({ app, text, count }) => {
      expect(app.node.tryGetContext('@aws-cdk/core:suppressTemplateIndentation')).toBe(true);
      expect(text.length).toBeLessThan(650_000);
      expect(count).toBeLessThan(370);
    },
  );

  // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html, which counts no white space.
  it.each([deployment, other])('gives no role more than IAM takes', ({ all }) => {
    const sizes = all('AWS::IAM::Role').map(([id, { Properties }]) => [id, sizeOf(Properties.Policies)]);
    expect(sizes.filter(([, size]) => Number(size) > 9_500)).toEqual([]);
  });
});

/** The characters of a policy as it is deployed, where every reference is as long as the longest ARN. */
function sizeOf(policies: unknown): number {
  const deployed = JSON.stringify(policies ?? [], (_key, value: unknown) => {
    if (typeof value !== 'object') return value;
    const reference = z.safeParse(
      z.union([z.object({ Ref: z.string() }), z.object({ 'Fn::GetAtt': z.unknown() })]),
      value,
    );
    if (!reference.success) return value;
    return 'Ref' in reference.data && reference.data.Ref.startsWith('AWS::')
      ? 'ap-southeast-2'
      : 'x'.repeat(110);
  });
  return deployed.replaceAll(/\s|"Fn::Join"/g, '').length;
}
