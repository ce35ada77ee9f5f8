import { Duration, Stack, TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import type { StateMachineName } from '../state-machines/load.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { Workflows } from './workflows.ts';

/**
 * Starts a state machine again and again. A start that is refused for an hour is a dead letter.
 *
 * @param cron the six fields of an EventBridge cron expression, in UTC.
 */
export function startOnSchedule(
  scope: Construct,
  props: {
    prefix: string;
    workflows: Workflows;
    deadLetters: DeadLetters;
    machine: StateMachineName;
    cron: string;
    description: string;
    input: object;
  },
): void {
  const { prefix, workflows, deadLetters, machine, cron, description, input } = props;
  const role = new Role(scope, 'Role', {
    // https://docs.aws.amazon.com/scheduler/latest/UserGuide/cross-service-confused-deputy-prevention.html
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  });
  for (const statement of [workflows.useKeyOf(machine), ...deadLetters.writeAccess()])
    role.addToPolicy(statement);
  new Schedule(scope, 'Schedule', {
    scheduleName: `${prefix}-${machine}`,
    description,
    schedule: ScheduleExpression.expression(`cron(${cron})`, TimeZone.ETC_UTC),
    target: new StepFunctionsStartExecution(workflows.all[machine].stateMachine, {
      role,
      deadLetterQueue: deadLetters.queue,
      // Not the usual day, in which hourly starts would pile up.
      maxEventAge: Duration.hours(1),
      input: ScheduleTargetInput.fromObject(input),
    }),
  });
}
