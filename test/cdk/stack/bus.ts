import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { HrEvent } from '../../../functions/shared/events.ts';
import { deployment, HR_PRINCIPALS, KEY, other } from './deployments.ts';

const { only, read, statements } = deployment;

const HR_RULES = ['HrTakeRoster', 'HrTakeWorker', 'BamboohrRead', 'HibobRead'].flatMap((name) =>
  name === 'HrTakeRoster' ? [name] : [`${name}-schedule`, name],
);

describe('the HR bus', () => {
  const queue = 'Queue tenure-dev-dead-letters';
  const bus = only('AWS::Events::EventBus');

  it('is encrypted with the key', () => {
    expect(bus.Name).toBe('tenure-dev-hr');
    expect(read(bus.KmsKeyIdentifier)).toBe(KEY);
  });

  it('archives every event of HR for 90 days, and none of its own, encrypted with the key', () => {
    const archive = only('AWS::Events::Archive');
    expect(read(archive.SourceArn)).toBe('EventBus tenure-dev-hr');
    expect(archive).toMatchObject({ RetentionDays: 90 });
    expect(archive.EventPattern).toEqual({ source: ['hr'] });
    expect(read(archive.KmsKeyIdentifier)).toBe(KEY);
  });

  it('takes HR events of the account only, or of the principals that are listed', () => {
    const denied = (stack: typeof deployment) => {
      const { Statement } = stack.only('AWS::Events::EventBusPolicy');
      return z
        .looseObject({ Effect: z.string(), Action: z.string(), Condition: z.unknown() })
        .parse(Statement);
    };
    expect(denied(deployment)).toMatchObject({
      Effect: 'Deny',
      Action: 'events:PutEvents',
      Condition: {
        'ForAnyValue:StringEquals': { 'events:source': 'hr' },
        StringNotEquals: { 'aws:PrincipalAccount': { Ref: 'AWS::AccountId' } },
      },
    });
    expect(denied(other)).toMatchObject({
      Condition: { ArnNotLike: { 'aws:PrincipalArn': HR_PRINCIPALS } },
    });
  });

  it('sends what HR says of employees to the start function, again and again for a day, then to the dead letters', () => {
    const rule = only('AWS::Events::Rule', { Name: 'tenure-dev-employee-events' });
    expect(read(rule.EventBusName)).toBe('EventBus tenure-dev-hr');
    const beginnings = ['employee.', 'termination.', 'hire.'];
    expect(rule.EventPattern).toEqual({
      source: ['hr'],
      'detail-type': beginnings.map((prefix) => ({ prefix })),
    });
    const types = HrEvent.def.options.flatMap(({ shape }) => shape['detail-type'].def.values);
    expect(types).toHaveLength(5);
    for (const type of types)
      expect(
        beginnings.some((prefix) => type.startsWith(prefix)),
        type,
      ).toBe(true);
    const Target = z.object({
      Arn: z.unknown(),
      DeadLetterConfig: z.object({ Arn: z.unknown() }),
      RetryPolicy: z.unknown(),
    });
    const [target, another] = z.array(Target).parse(rule.Targets);
    expect(another).toBeUndefined();
    expect(read(target?.Arn)).toBe('Function tenure-dev-WorkflowStart');
    expect(read(target?.DeadLetterConfig.Arn)).toBe(queue);
    expect(target?.RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
  });

  it('puts an event that the start function refuses among the dead letters, with the reason', () => {
    const invocation = only('AWS::Lambda::EventInvokeConfig', {
      FunctionName: 'Function tenure-dev-WorkflowStart',
    });
    expect(invocation).toMatchObject({ MaximumEventAgeInSeconds: 21_600, MaximumRetryAttempts: 2 });
    const OnFailure = z.object({ OnFailure: z.object({ Destination: z.unknown() }) });
    expect(read(OnFailure.parse(invocation.DestinationConfig).OnFailure.Destination)).toBe(queue);
  });

  it('keeps dead letters for two weeks, encrypted with the key', () => {
    const properties = only('AWS::SQS::Queue');
    expect(properties.MessageRetentionPeriod).toBe(14 * 24 * 60 * 60);
    expect(read(properties.KmsMasterKeyId)).toBe(KEY);
  });

  it('takes dead letters from its own rules and bus only, and over TLS only', () => {
    const policy = statements(only('AWS::SQS::QueuePolicy').PolicyDocument);
    const sources = policy.filter(({ Effect }) => Effect === 'Allow');
    expect(sources.map(({ Condition }) => Condition)).toEqual([
      { ArnEquals: { 'aws:SourceArn': 'EventBus tenure-dev-hr' } },
      { ArnEquals: { 'aws:SourceArn': 'Rule tenure-dev-employee-events' } },
      { ArnEquals: { 'aws:SourceArn': 'Rule tenure-dev-drift-webhooks' } },
      { ArnEquals: { 'aws:SourceArn': 'Rule tenure-dev-pipedrive-webhooks' } },
      ...HR_RULES.map((name) => ({ ArnEquals: { 'aws:SourceArn': `Rule tenure-dev-${name}` } })),
    ]);
    expect(policy).toContainEqual(
      expect.objectContaining({
        Effect: 'Deny',
        Action: ['sqs:*'],
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      }),
    );
  });
});
