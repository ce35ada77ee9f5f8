import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { type Alarms, waiting } from './alarms.ts';
import type { Api } from './api.ts';
import type { HrBus } from './hr-bus.ts';
import type { LogMetrics } from './log-metrics.ts';
import type { Workflow, Workflows } from './workflows.ts';

type DashboardProps = {
  prefix: string;
  alarms: Alarms;
  logMetrics: LogMetrics;
  workflows: Workflows;
  hrBus: HrBus;
  api: Api;
};

const HOUR = { period: Duration.hours(1), statistic: 'Sum' };

/** The one page that shows whether joiners, movers and leavers are being taken care of. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { prefix, alarms, logMetrics, workflows, hrBus, api } = props;
    new CloudWatchDashboard(this, 'Dashboard', {
      dashboardName: prefix,
      defaultInterval: Duration.days(7),
      widgets: [
        [
          new TextWidget({
            width: 24,
            height: 2,
            markdown: `# ${prefix}\nAll alarms green and nothing among the dead letters: every event led to a run, and every run was complete.`,
          }),
        ],
        [new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms.all], width: 24, height: 3 })],
        [
          runs('Onboardings per hour', workflows.onboarding),
          runs('Offboardings per hour', workflows.offboarding),
          runs('Updates per hour', workflows.update),
        ],
        [
          graph('Step errors that no retry mends', [logMetrics.stepErrors]),
          graph('Runs that a vendor limit left open', [logMetrics.limits]),
          graph('Runs begun and not concluded', [logMetrics.unfinished]),
        ],
        [
          runs('Reconciliations per hour', workflows.reconciliation),
          graph('Leavers found able to log in', [logMetrics.leaversWithAccess]),
          graph('Hires within two days without an address', [logMetrics.addressesMissing]),
          graph('Hires whose employee id another source has', [logMetrics.idsElsewhere]),
          graph('Leavers whose records nobody can take over', [logMetrics.ownersMissing]),
        ],
        [
          graph('HR events', [
            hrBus.start.fn.metricInvocations({ ...HOUR, label: 'received' }),
            hrBus.start.fn.metricErrors({ ...HOUR, label: 'refused, every attempt counted' }),
          ]),
          graph('Dead letters waiting', [waiting(hrBus.deadLetters)]),
          graph('API requests per hour', [
            api.stage.metricCount({ ...HOUR, statistic: 'SampleCount', label: 'all' }),
            api.stage.metricClientError({ ...HOUR, label: '4xx' }),
            api.stage.metricServerError({ ...HOUR, label: '5xx' }),
          ]),
        ],
        [
          graph('Answers with fields left out', [logMetrics.fieldsLeftOut]),
          graph('Webhooks refused', [logMetrics.webhooksWithoutSecret, logMetrics.webhooksOfStrangers]),
        ],
      ],
    });
  }
}

function runs(title: string, { stateMachine }: Workflow): GraphWidget {
  return graph(title, [
    stateMachine.metricStarted({ ...HOUR, label: 'started' }),
    stateMachine.metricSucceeded({ ...HOUR, label: 'complete' }),
    stateMachine.metricFailed({ ...HOUR, label: 'left something open' }),
    stateMachine.metricAborted({ ...HOUR, label: 'stopped' }),
  ]);
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8, height: 6, leftYAxis: { min: 0, showUnits: false } });
}
