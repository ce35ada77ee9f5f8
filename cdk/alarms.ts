import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  type IMetric,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Construct } from 'constructs';
import { STATE_MACHINES, type StateMachineName } from '../state-machines/load.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { CutOffRuns } from './cut-off-runs.ts';
import type { DeadLetters } from './dead-letters.ts';
import type { LogMetrics } from './log-metrics.ts';
import type { Workflows } from './workflows.ts';

type AlarmsProps = {
  prefix: string;
  topic: AlarmTopic;
  workflows: Workflows;
  cutOffRuns: CutOffRuns;
  deadLetters: DeadLetters;
  logMetrics: LogMetrics;
};

const FIVE_MINUTES = Duration.minutes(5);

// Longer than three hand-over steps take that use all their attempts, which is some seven hours.
const UNFINISHED_HOURS = 12;

/** What a person is told about without looking, and where: an SNS topic. */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly #prefix: string;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const { topic, workflows, cutOffRuns, deadLetters, logMetrics } = props;
    this.#prefix = props.prefix;
    this.all = [
      ...STATE_MACHINES.map((machine) => this.#failedRuns(machine, workflows)),
      this.#alarm('cut-off-runs', cutOffRuns.metric, {
        alarmDescription:
          'A run was aborted or ran out of time, and wrote no report. The message that came with it names the run; logins may be open until its event is sent again.',
      }),
      this.#alarm('dead-letters', waiting(deadLetters), {
        alarmDescription:
          'An HR event started no run, a webhook was not processed, or a schedule could not start its state machine. The message in the queue holds the event and the reason.',
      }),
      this.#alarm('step-errors', logMetrics.stepErrors, {
        alarmDescription:
          'A step failed in a way that no retry mends, or ran out of time, a webhook could not be taken, or a password not be rotated.',
      }),
      this.#alarm('rate-limits', logMetrics.limits, {
        alarmDescription:
          'An app was left open because its vendor kept refusing for its rate limit or its daily limit.',
      }),
      this.#alarm('leavers-with-access', logMetrics.leaversWithAccess, {
        alarmDescription:
          'A reconciliation found leavers who can still log in, or somebody gave one a Pipedrive account back. The file of findings, or the log of WebhooksProcessPipedrive, names them; offboard them again.',
      }),
      this.#alarm('hires-without-address', logMetrics.addressesMissing, {
        alarmDescription:
          'A hire is due within two days, and HR has no work address of the person, so no account is made. The log line "hr finding" names the employee; enter the address at HR.',
      }),
      this.#alarm('employee-ids-elsewhere', logMetrics.idsElsewhere, {
        alarmDescription:
          'A person was not hired, because somebody else has the employee id: in another HR source, or in the record before. The log line "hr finding" names the employee; give one of them another number at HR.',
      }),
      this.#alarm('leavers-without-new-owner', logMetrics.ownersMissing, {
        alarmDescription:
          'A leaver has records, and whoever should take them over does not exist or is inactive in an app. The logins are shut at their moment all the same. GET /runs, or the log of WorkflowWarnNewOwner, names the leaver; send the termination again with another reassignTo.',
      }),
      this.#alarm('fields-left-out', logMetrics.fieldsLeftOut, {
        alarmDescription:
          'An app answered with fields in a form that tenure does not know. Runs go on without them, as they only add to a report. The log line "fields left out" names the app and the fields.',
      }),
      this.#alarm('unfinished-runs', logMetrics.unfinished, {
        alarmDescription: `A run began to act more than ${UNFINISHED_HOURS} hours ago and has not been concluded.`,
        evaluationPeriods: 24,
        datapointsToAlarm: UNFINISHED_HOURS,
      }),
    ];
    const action = new SnsAction(topic.topic);
    for (const alarm of this.all) alarm.addAlarmAction(action);
  }

  #failedRuns(machine: StateMachineName, workflows: Workflows): Alarm {
    const { stateMachine } = workflows.all[machine];
    return this.#alarm(
      `${machine}-failed`,
      stateMachine.metricFailed({ period: FIVE_MINUTES, statistic: 'Sum' }),
      {
        alarmDescription: `${/^[ou]/.test(machine) ? 'An' : 'A'} ${machine.replaceAll('-', ' ')} failed or left an app open. Its report or its error says which app, and why.`,
      },
    );
  }

  #alarm(name: string, metric: IMetric, props: Partial<AlarmProps>): Alarm {
    return new Alarm(this, name, {
      alarmName: `${this.#prefix}-${name}`,
      metric,
      threshold: 0,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
    });
  }
}

/** The number of dead letters that nobody has taken yet. */
export function waiting({ queue }: DeadLetters): IMetric {
  return queue.metricApproximateNumberOfMessagesVisible({ period: FIVE_MINUTES, statistic: 'Maximum' });
}
