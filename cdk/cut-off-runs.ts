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

/** Tells a person of each run that was aborted or ran out of time: it wrote no report, and logins may be open. */
export class CutOffRuns extends Construct {
  /** How many there were. */
  readonly metric: IMetric;

  constructor(scope: Construct, id: string, { prefix, key, topic, workflows }: CutOffRunsProps) {
    super(scope, id);
    const ruleName = `${prefix}-cut-off-runs`;
    const field = (name: string) => EventField.fromPath(`$.detail.${name}`);
    // https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    const rule = new Rule(this, 'Rule', {
      ruleName,
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          stateMachineArn: STATE_MACHINES.map(
            (machine) => workflows.all[machine].stateMachine.stateMachineArn,
          ),
          status: ['ABORTED', 'TIMED_OUT'],
          $or: [
            { error: [null] },
            { error: [{ exists: false }] },
            { error: [{ 'anything-but': STOPPED_BY_TENURE }] },
          ],
        },
      },
      targets: [
        {
          bind: () => ({
            arn: topic.topic.topicArn,
            input: RuleTargetInput.fromText(
              `${prefix}: the run ${field('name')} ended as ${field('status')} before its report was written. Whatever it had not done is open, logins too. Find out who stopped it (CloudTrail, StopExecution), and send its event again. ${field('executionArn')}`,
            ),
          }),
        },
      ],
    });
    const { account } = Stack.of(this);
    const eventBridge = {
      principals: [new ServicePrincipal('events.amazonaws.com')],
      conditions: {
        StringEquals: { 'aws:SourceAccount': account },
        ArnEquals: { 'aws:SourceArn': rule.ruleArn },
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
}
