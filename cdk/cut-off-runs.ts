import { Duration, Stack } from 'aws-cdk-lib';
import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { WORKFLOWS } from '../functions/shared/workflow.ts';
import { STATE_MACHINES, type StateMachineName } from '../state-machines/load.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { Workflows } from './workflows.ts';

type CutOffRunsProps = { prefix: string; key: Key; topic: AlarmTopic; workflows: Workflows };

// What tenure itself stops waits for its moment, and leaves a report or an answer that says so.
const STOPPED_BY_TENURE = ['Superseded', 'StoppedByRequest'];

// What a run fails with after its report; where that is about a person, the last step has told it already.
const FAILED_WITH_REPORT = ['RunIncompleteError'];

// Their runs are about a person, and tell of themselves.
const TELL_THEMSELVES: readonly StateMachineName[] = WORKFLOWS;

/**
 * Tells a person of each run that wrote no report, because it was aborted, ran out of time or failed before: logins may
 * be open; and of each that left something open and is about no one person.
 */
export class CutOffRuns extends Construct {
  /** How many were aborted or ran out of time; those that failed are counted with the other failed ones. */
  readonly metric: IMetric;

  constructor(scope: Construct, id: string, { prefix, key, topic, workflows }: CutOffRunsProps) {
    super(scope, id);
    const ruleName = `${prefix}-cut-off-runs`;
    const field = (name: string) => EventField.fromPath(`$.detail.${name}`);
    const run = `${prefix}: the run ${field('name')} ended as ${field('status')} before its report was written.`;
    const left = 'Whatever it had not done is open, logins too.';
    const rules = [
      this.#rule('Rule', {
        ...{ ruleName, topic, workflows, status: ['ABORTED', 'TIMED_OUT'] },
        errors: otherThan(STOPPED_BY_TENURE),
        text: `${run} ${left} Find out who stopped it (CloudTrail, StopExecution), and send its event again. ${field('executionArn')}`,
      }),
      this.#rule('FailedRule', {
        ...{ ruleName: `${prefix}-failed-runs`, topic, workflows },
        ...{ status: ['FAILED'], errors: otherThan(FAILED_WITH_REPORT) },
        text: `${run} Reason: ${field('error')}. ${left} Read the cause, mend it, and send the event again: aws stepfunctions describe-execution --execution-arn ${field('executionArn')}`,
      }),
      this.#rule('IncompleteRule', {
        ...{ ruleName: `${prefix}-incomplete-runs`, topic, workflows, status: ['FAILED'] },
        machines: STATE_MACHINES.filter((machine) => !TELL_THEMSELVES.includes(machine)),
        errors: [{ error: FAILED_WITH_REPORT }],
        text: `${prefix}: the run ${field('name')} left something open. Read what, and what to do: aws stepfunctions describe-execution --execution-arn ${field('executionArn')} --query cause`,
      }),
    ];
    const { account } = Stack.of(this);
    const eventBridge = {
      principals: [new ServicePrincipal('events.amazonaws.com')],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnEquals: { 'aws:SourceArn': rules.map(({ ruleArn }) => ruleArn) },
      },
    };
    topic.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishCutOffRuns',
        actions: ['sns:Publish'],
        resources: [topic.topic.topicArn],
        ...eventBridge,
      }),
    );
    // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishCutOffRuns',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        principals: eventBridge.principals,
        // Not the rule's ARN, which would make the key depend on the rule and the rule's machines on the key.
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
    this.metric = new Metric({
      namespace: 'AWS/Events',
      metricName: 'TriggeredRules',
      dimensionsMap: { RuleName: ruleName },
      statistic: 'Sum',
      period: Duration.minutes(5),
    });
  }

  /** Publishes a text for each execution of some machines that ends in one of some ways, with one of some errors. */
  #rule(
    id: string,
    {
      ruleName,
      topic,
      workflows,
      machines = STATE_MACHINES,
      status,
      errors,
      text,
    }: Pick<CutOffRunsProps, 'topic' | 'workflows'> & {
      ruleName: string;
      machines?: readonly StateMachineName[];
      status: string[];
      errors: object[];
      text: string;
    },
  ): Rule {
    // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    return new Rule(this, id, {
      ruleName,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: machines.map((machine) => workflows.all[machine].stateMachine.stateMachineArn),
          status,
          ...(errors.length === 1 ? errors[0] : { $or: errors }),
        },
      },
      targets: [{ bind: () => ({ arn: topic.topic.topicArn, input: RuleTargetInput.fromText(text) }) }],
    });
  }
}

/** An execution that ended without an error's name counts too. */
function otherThan(names: string[]): object[] {
  return [{ error: [null] }, { error: [{ exists: false }] }, { error: [{ 'anything-but': names }] }];
}
