import { Construct } from 'constructs';
import type { HrBus } from './hr-bus.ts';
import { startOnSchedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { Workflows } from './workflows.ts';

type HourlyComplianceSyncProps = {
  prefix: string;
  workflows: Workflows;
  hrBus: HrBus;
  settings: Pick<Settings, 'complianceSyncAt' | 'apps'>;
};

/** Starts the compliance sync every hour, where that is wanted and there is Drata. */
export class HourlyComplianceSync extends Construct {
  constructor(scope: Construct, id: string, props: HourlyComplianceSyncProps) {
    super(scope, id);
    const { hrBus, settings } = props;
    if (settings.complianceSyncAt === undefined || !settings.apps.includes('drata')) return;
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
