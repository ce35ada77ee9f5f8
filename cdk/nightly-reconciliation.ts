import { TimeZone } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Schedule, ScheduleExpression, ScheduleTargetInput } from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Construct } from 'constructs';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';
import type { Workflows } from './workflows.ts';

type NightlyReconciliationProps = {
  prefix: string;
  steps: Steps;
  workflows: Workflows;
  settings: Pick<Settings, 'reconcileAt' | 'reconcileFix'>;
};

/** Starts the reconciliation every night, and lets it start offboardings. */
export class NightlyReconciliation extends Construct {
  constructor(scope: Construct, id: string, props: NightlyReconciliationProps) {
    super(scope, id);
    const { prefix, steps, workflows, settings } = props;
    const { stateMachine } = workflows.reconciliation;
    const role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('scheduler.amazonaws.com') });
    role.addToPolicy(workflows.useKeyOf('reconciliation'));
    new Schedule(this, 'Schedule', {
      scheduleName: `${prefix}-reconciliation`,
      description: 'Compares every account of every app with what HR wants',
      schedule: ScheduleExpression.expression(`cron(${settings.reconcileAt})`, TimeZone.ETC_UTC),
      target: new StepFunctionsStartExecution(stateMachine, {
        role,
        input: ScheduleTargetInput.fromObject({ fix: settings.reconcileFix }),
      }),
    });
    this.#letFixStartOffboardings(steps, workflows);
  }

  #letFixStartOffboardings(steps: Steps, workflows: Workflows): void {
    const fix = steps.lambda('ReconciliationFix');
    for (const [name, value] of Object.entries(workflows.environment)) fix.fn.addEnvironment(name, value);
    for (const statement of workflows.startAccess(['offboarding'])) fix.role.addToPolicy(statement);
    workflows.acknowledgeExecutions(fix, ['offboarding']);
  }
}
