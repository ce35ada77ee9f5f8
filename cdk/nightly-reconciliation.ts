import { Construct } from 'constructs';
import type { HrBus } from './hr-bus.ts';
import { startOnSchedule } from './schedule.ts';
import type { Settings } from './settings.ts';
import type { Workflows } from './workflows.ts';

type NightlyReconciliationProps = {
  prefix: string;
  workflows: Workflows;
  hrBus: HrBus;
  settings: Pick<Settings, 'reconcileAt' | 'reconcileApps' | 'reconcileFix'>;
};

/** Starts the reconciliation every night. */
export class NightlyReconciliation extends Construct {
  constructor(scope: Construct, id: string, props: NightlyReconciliationProps) {
    super(scope, id);
    const { hrBus, settings } = props;
    const { reconcileAt, reconcileApps, reconcileFix } = settings;
    startOnSchedule(this, {
      ...props,
      deadLetters: hrBus.deadLetters,
      machine: 'reconciliation',
      cron: reconcileAt,
      description: 'Compares every account of every app with what HR wants',
      input: { fix: reconcileFix, ...(reconcileApps.length === 0 ? {} : { apps: reconcileApps }) },
    });
  }
}
