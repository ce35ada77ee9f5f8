import { Construct } from 'constructs';
import type { HrBus } from './hr-bus.ts';
import { startOnSchedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';
import type { Workflows } from './workflows.ts';

type NightlyReconciliationProps = {
  prefix: string;
  steps: Steps;
  workflows: Workflows;
  hrBus: HrBus;
  settings: Pick<Settings, 'reconcileAt' | 'reconcileApps' | 'reconcileFix'>;
};

/** Starts the reconciliation every night, and lets it start offboardings. */
export class NightlyReconciliation extends Construct {
  constructor(scope: Construct, id: string, props: NightlyReconciliationProps) {
    super(scope, id);
    const { steps, workflows, hrBus, settings } = props;
    const { reconcileAt, reconcileApps, reconcileFix } = settings;
    startOnSchedule(this, {
      ...props,
      deadLetters: hrBus.deadLetters,
      machine: 'reconciliation',
      cron: reconcileAt,
      description: 'Compares every account of every app with what HR wants',
      input: { fix: reconcileFix, ...(reconcileApps.length === 0 ? {} : { apps: reconcileApps }) },
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
