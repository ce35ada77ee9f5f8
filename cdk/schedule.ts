import { TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import type { Construct } from 'constructs';
import type { StateMachineName } from '../state-machines/load.ts';
import type { Workflows } from './workflows.ts';

/**
 * Starts a state machine again and again.
 *
 * @param cron the six fields of an EventBridge cron expression, in UTC.
 */
export function startOnSchedule(
  scope: Construct,
  props: {
    prefix: string;
    workflows: Workflows;
    machine: StateMachineName;
    cron: string;
    description: string;
    input: object;
  },
): void {
  const { prefix, workflows, machine, cron, description, input } = props;
  const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
  role.addToPolicy(workflows.useKeyOf(machine));
  new Schedule(scope, 'Schedule', {
    scheduleName: `${prefix}-${machine}`,
    description,
    schedule: ScheduleExpression.expression(`cron(${cron})`, TimeZone.ETC_UTC),
    target: new StepFunctionsStartExecution(workflows.all[machine].stateMachine, {
      role,
      input: ScheduleTargetInput.fromObject(input),
    }),
  });
}
