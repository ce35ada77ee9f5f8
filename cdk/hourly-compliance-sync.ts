import { Construct } from 'constructs';
import type { HrBus } from './hr-bus.ts';
import { startOnSchedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { Steps } from './steps.ts';
import type { Workflows } from './workflows.ts';

type HourlyComplianceSyncProps = {
  prefix: string;
  steps: Steps;
  workflows: Workflows;
  hrBus: HrBus;
  settings: Pick<Settings, 'complianceSyncAt'>;
};

/** Starts the compliance sync, and lets it put what changed on the bus. */
export class HourlyComplianceSync extends Construct {
  constructor(scope: Construct, id: string, props: HourlyComplianceSyncProps) {
    super(scope, id);
    const { steps, hrBus, settings } = props;
    for (const step of ['DrataSyncCompliance', 'DrataAskPending']) {
      const { fn, role } = steps.lambda(step);
      fn.addEnvironment('EVENT_BUS_NAME', hrBus.bus.eventBusName);
      role.addToPolicy(hrBus.putAccess());
    }
    if (settings.complianceSyncAt === undefined) return;
    startOnSchedule(this, {
      ...props,
      deadLetters: hrBus.deadLetters,
      machine: 'compliance-sync',
      cron: settings.complianceSyncAt,
      description: 'Records who is compliant in Drata',
      input: {},
    });
  }
}
