import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { deployment, KEY, keyRights, listed, other, rightsOf } from './deployments.ts';

const { only, read, access } = deployment;

describe('the nightly reconciliation', () => {
  const Target = z.object({
    Arn: z.unknown(),
    RoleArn: z.unknown(),
    Input: z.string(),
    DeadLetterConfig: z.object({ Arn: z.unknown() }),
  });
  const schedule = only('AWS::Scheduler::Schedule', { Name: 'tenure-dev-reconciliation' });
  const target = Target.parse(schedule.Target);

  it('starts at two, mends nothing unless that is asked for', () => {
    expect(schedule).toMatchObject({
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'Etc/UTC',
    });
    expect(read(target.Arn)).toBe('StateMachine tenure-dev-reconciliation');
    expect(JSON.parse(target.Input)).toEqual({ fix: [] });
    const { Target: otherTarget } = other.only('AWS::Scheduler::Schedule', {
      Name: 'tenure-prod-reconciliation',
    });
    expect(JSON.parse(Target.parse(otherTarget).Input)).toEqual({
      fix: ['leaver_can_log_in'],
      apps: ['pipedrive', 'drift'],
    });
  });

  it('may start that state machine, with its key, and nothing else', () => {
    expect(listed(access(target.RoleArn))).toEqual([
      'sqs:SendMessage Queue tenure-dev-dead-letters',
      'states:StartExecution StateMachine tenure-dev-reconciliation',
    ]);
    expect(keyRights(access(target.RoleArn))).toMatchObject([{ on: [KEY] }, { on: [KEY] }]);
  });

  it('tells the dead letters when that was refused for an hour', () => {
    expect(schedule.Target).toMatchObject({ RetryPolicy: { MaximumEventAgeInSeconds: 3600 } });
    expect(read(target.DeadLetterConfig.Arn)).toBe('Queue tenure-dev-dead-letters');
  });
});

describe('the hourly compliance sync', () => {
  const Target = z.object({
    Arn: z.unknown(),
    RoleArn: z.unknown(),
    DeadLetterConfig: z.object({ Arn: z.unknown() }),
  });
  const schedule = only('AWS::Scheduler::Schedule', { Name: 'tenure-dev-compliance-sync' });
  const target = Target.parse(schedule.Target);

  it('starts every hour, and never where that is not wanted', () => {
    expect(schedule).toMatchObject({ ScheduleExpression: 'cron(0 * * * ? *)' });
    expect(read(target.Arn)).toBe('StateMachine tenure-dev-compliance-sync');
    expect(other.all('AWS::Scheduler::Schedule').map(([, { Properties }]) => Properties.Name)).toEqual([
      'tenure-prod-reconciliation',
    ]);
  });

  it('may start that state machine, with its key, and nothing else', () => {
    expect(listed(access(target.RoleArn))).toEqual([
      'sqs:SendMessage Queue tenure-dev-dead-letters',
      'states:StartExecution StateMachine tenure-dev-compliance-sync',
    ]);
    expect(keyRights(access(target.RoleArn))).toMatchObject([{ on: [KEY] }, { on: [KEY] }]);
  });

  it('tells the dead letters when that was refused for an hour', () => {
    expect(schedule.Target).toMatchObject({ RetryPolicy: { MaximumEventAgeInSeconds: 3600 } });
    expect(read(target.DeadLetterConfig.Arn)).toBe('Queue tenure-dev-dead-letters');
  });

  it.each(['DrataSyncCompliance', 'DrataAskPending'])(
    '%s may put tenure’s own events on the bus, and no HR event',
    (name) => {
      const puts = rightsOf(name).filter(({ Action }) => Action.includes('events:PutEvents'));
      expect(puts).toMatchObject([
        {
          Resource: ['EventBus tenure-dev-hr'],
          Condition: { 'ForAllValues:StringEquals': { 'events:source': 'tenure' } },
        },
      ]);
    },
  );
});
