import { Duration } from 'aws-cdk-lib';
import { type IMetric, MathExpression, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { FilterPattern, type IFilterPattern, type LogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { HrSources } from './hr-sources.ts';
import type { Lambda } from './lambda.ts';
import type { Steps } from './steps.ts';
import type { Webhooks } from './webhooks.ts';

type LogMetricsProps = {
  namespace: string;
  steps: Steps;
  webhooks: Webhooks;
  hrSources: HrSources;
  rotation: Lambda | undefined;
};

// A retried error counts once it has ended its run, as one that the state machine failed with; and the error of
// an incomplete run is that failure itself.
const NOT_OF_THE_STEP = [
  'VendorRateLimitedError',
  'VendorUnavailableError',
  'LimiterUnavailableError',
  'EventsRefusedError',
  // It waits for the employee's other run.
  'RunBusyError',
  'RunIncompleteError',
  // The state machine goes on in parts.
  'HandOverInPartsError',
];

// WorkflowKeepTrying ends with the error of the step before it, which was counted there. "request failed" is a webhook that could not be taken; the API's own log is not among those counted.
const STEP_FAILED_FOR_GOOD = FilterPattern.literal(
  `{ $.message = "request failed" || ($.message = "step failed" && $.step != "WorkflowKeepTrying" && ${NOT_OF_THE_STEP.map((name) => `$.error != "${name}"`).join(' && ')}) || ($.type = "platform.report" && ($.record.status = "timeout" || $.record.status = "failure")) }`,
);

// No state machine retries a rotation, nor ends as failed for it.
const ROTATION_FAILED = FilterPattern.literal(
  '{ $.message = "step failed" || ($.type = "platform.report" && ($.record.status = "timeout" || $.record.status = "failure")) }',
);

// The error of functions/workflow/conclude.ts names each app that was given up, and the error it was given up for.
const GIVEN_UP_FOR_A_LIMIT = FilterPattern.literal(
  '{ $.error = "RunIncompleteError" && ($.reason = "*VendorRateLimitedError*" || $.reason = "*VendorDailyLimitError*") }',
);

// From its turn on a run acts, and no later event stops it.
const RUN_BEGAN_TO_ACT = FilterPattern.literal(
  '{ $.step = "WorkflowBegin" && $.message = "step done" && $.status = "current" }',
);

// A superseded run never began to act. One that is held has given its turn back, and ends so unless it is released.
const RUN_CONCLUDED = FilterPattern.literal(
  '{ ($.step = "WorkflowHold" && $.message = "step done") || ($.step = "WorkflowConclude" && (($.message = "step done" && $.status != "superseded" && $.status != "rejected") || ($.error = "RunIncompleteError" && $.reason != "*was held*"))) }',
);

// See functions/workflow/warn-new-owner.ts.
const NEW_OWNER_MISSING = FilterPattern.literal('{ $.message = "new owner missing" }');

// See functions/vendor/http.ts.
const FIELDS_LEFT_OUT = FilterPattern.literal('{ $.message = "fields left out" }');

// See functions/webhooks/app.ts.
const WEBHOOK_SECRET_MISSING = FilterPattern.literal('{ $.message = "webhook secret missing" }');
const WEBHOOK_SENDER_UNKNOWN = FilterPattern.literal('{ $.message = "webhook sender unknown" }');

// See functions/hr/engine.ts.
const ADDRESS_MISSING = FilterPattern.literal(
  '{ $.message = "hr finding" && $.kind = "address_missing_soon" }',
);

const ID_ELSEWHERE = FilterPattern.literal(
  '{ $.message = "hr finding" && ($.kind = "employee_id_elsewhere" || $.kind = "another_person") }',
);

// See functions/reconciliation/conclude.ts, whose error says so too where it fails for something else, and
// functions/webhooks/process-pipedrive.ts.
const LEAVERS_CAN_LOG_IN = FilterPattern.literal(
  '{ ($.step = "ReconciliationConclude" && ($.status = "leavers_can_log_in" || $.reason = "*can still log in*")) || $.message = "leaver reactivated" }',
);

/** What CloudWatch has no metric for, counted from the lines that steps log. */
export class LogMetrics extends Construct {
  /** Failures of steps that no retry mends, and steps that ran out of time. */
  readonly stepErrors: IMetric;
  /** Runs that left an app open because its vendor kept refusing for a limit. */
  readonly limits: IMetric;
  /** Reconciliations that found leavers who can still log in, and leavers who were given an account back. */
  readonly leaversWithAccess: IMetric;
  /** Leavers whose records nobody can take over, as far as is known before their moment. */
  readonly ownersMissing: IMetric;
  /** Hires who start within two days and have no work address at HR. */
  readonly addressesMissing: IMetric;
  /** People who were left alone, because somebody else has their employee id. */
  readonly idsElsewhere: IMetric;
  /** Answers with fields that only add to them, in a form that is not the documented one. */
  readonly fieldsLeftOut: IMetric;
  /** Webhooks that came before their secret was stored. No alarm: anybody can send one. */
  readonly webhooksWithoutSecret: IMetric;
  /** Webhooks that did not prove themselves: a wrong password, token or signature. */
  readonly webhooksOfStrangers: IMetric;
  /** Runs that began to act within the last day and have not been concluded. */
  readonly unfinished: IMetric;

  constructor(scope: Construct, id: string, props: LogMetricsProps) {
    super(scope, id);
    const { namespace, steps, webhooks, hrSources, rotation } = props;
    const counted = (metricName: string, logs: Record<string, LogGroup>, pattern: IFilterPattern) =>
      this.#counted({ namespace, metricName, logs, pattern });
    const stepLog = { Steps: steps.logGroup };
    const webhookLog = { Webhooks: webhooks.logGroup };
    const hrLog = { HrSources: hrSources.logGroup };

    this.stepErrors = counted('StepErrors', { ...stepLog, ...webhookLog, ...hrLog }, STEP_FAILED_FOR_GOOD);
    if (rotation !== undefined) counted('StepErrors', { Rotation: rotation.logGroup }, ROTATION_FAILED);
    this.limits = counted('RunsGivenUpForALimit', stepLog, GIVEN_UP_FOR_A_LIMIT);
    this.leaversWithAccess = counted('LeaversWithAccess', { ...stepLog, ...webhookLog }, LEAVERS_CAN_LOG_IN);
    this.addressesMissing = counted('AddressesMissing', hrLog, ADDRESS_MISSING);
    this.idsElsewhere = counted('EmployeeIdsElsewhere', hrLog, ID_ELSEWHERE);
    this.ownersMissing = counted('NewOwnersMissing', stepLog, NEW_OWNER_MISSING);
    this.webhooksWithoutSecret = counted('WebhooksWithoutSecret', webhookLog, WEBHOOK_SECRET_MISSING);
    this.webhooksOfStrangers = counted('WebhooksOfStrangers', webhookLog, WEBHOOK_SENDER_UNKNOWN);
    this.fieldsLeftOut = counted('FieldsLeftOut', { ...stepLog, ...webhookLog }, FIELDS_LEFT_OUT);
    this.unfinished = new MathExpression({
      expression: 'RUNNING_SUM(FILL(began, 0) - FILL(concluded, 0))',
      usingMetrics: {
        began: counted('RunsBegun', stepLog, RUN_BEGAN_TO_ACT),
        concluded: counted('RunsConcluded', stepLog, RUN_CONCLUDED),
      },
      period: Duration.hours(1),
      label: 'runs begun and not concluded, within a day',
    });
  }

  /** The number of lines that fit a pattern in some logs, as one metric. */
  #counted(count: {
    namespace: string;
    metricName: string;
    logs: Record<string, LogGroup>;
    pattern: IFilterPattern;
  }): Metric {
    const { namespace, metricName, logs, pattern } = count;
    for (const [name, logGroup] of Object.entries(logs)) {
      new MetricFilter(this, `${metricName}${name}`, {
        logGroup,
        filterPattern: pattern,
        metricNamespace: namespace,
        metricName,
        metricValue: '1',
      });
    }
    return new Metric({ namespace, metricName, statistic: 'Sum', period: Duration.minutes(5) });
  }
}
