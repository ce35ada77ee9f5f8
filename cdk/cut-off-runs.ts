import { Duration, Stack } from 'aws-cdk-lib';
import { type IMetric, Metric } from 'aws-cdk-lib/aws-cloudwatch';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { STATE_MACHINES } from '../state-machines/load.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { Workflows } from './workflows.ts';

type CutOffRunsProps = { prefix: string; key: Key; topic: AlarmTopic; workflows: Workflows };

// What tenure itself stops waits for its moment, and leaves a report or an answer that says so.
const STOPPED_BY_TENURE = ['Superseded', 'StoppedByRequest'];

// What a run fails with after its report; where that is about a person, the last step has told it already.
const FAILED_WITH_REPORT = ['RunIncompleteError'];

/**
 * Tells a person of each run that wrote no report, because it was aborted, ran out of time or failed before: logins may
 * be open.
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
        ...{ ruleName, topic, workflows, status: ['ABORTED', 'TIMED_OUT'], unless: STOPPED_BY_TENURE },
        text: `${run} ${left} Find out who stopped it (CloudTrail, StopExecution), and send its event again. ${field('executionArn')}`,
      }),
      this.#rule('FailedRule', {
        ...{ ruleName: `${prefix}-failed-runs`, topic, workflows },
        ...{ status: ['FAILED'], unless: FAILED_WITH_REPORT },
        text: `${run} Reason: ${field('error')}. ${left} Read the cause, mend it, and send the event again: aws stepfunctions describe-execution --execution-arn ${field('executionArn')}`,
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

  /** Publishes a text for each execution that ends in one of some ways, unless with one of some errors. */
  #rule(
    id: string,
    {
      ruleName,
      topic,
      workflows,
      status,
      unless,
      text,
    }: Pick<CutOffRunsProps, 'topic' | 'workflows'> & {
      ruleName: string;
      status: string[];
      unless: string[];
      text: string;
    },
  ): Rule {
    const machines = STATE_MACHINES.map((machine) => workflows.all[machine].stateMachine.stateMachineArn);
    // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    return new Rule(this, id, {
      ruleName,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: machines,
          status,
          $or: [{ error: [null] }, { error: [{ exists: false }] }, { error: [{ 'anything-but': unless }] }],
        },
      },
      targets: [{ bind: () => ({ arn: topic.topic.topicArn, input: RuleTargetInput.fromText(text) }) }],
    });
  }
}
