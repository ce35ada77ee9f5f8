import { Duration, Stack } from 'aws-cdk-lib';
import { CfnArchive, EventBus, Match, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { AnyPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { EventInvokeConfig } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { EVENT_SOURCE } from '../functions/shared/event-bus.ts';
import type { Data } from './data.ts';
import { DeadLetters } from './dead-letters.ts';
import { Lambda, type LambdaDefaults } from './lambda.ts';
import type { Settings } from './settings.ts';

// What begins with one of these and is none of functions/shared/events.ts is a dead letter, not lost.
const HR_EVENTS = ['employee.', 'termination.', 'hire.'].map((beginning) => Match.prefix(beginning));

type HrBusProps = {
  defaults: LambdaDefaults;
  data: Data;
  retainData: boolean;
  settings: Pick<Settings, 'archiveDays' | 'hrPrincipals'>;
};

/** Where HR systems put their events, and the way from there to a run. */
export class HrBus extends Construct {
  readonly bus: EventBus;
  readonly start: Lambda;
  readonly deadLetters: DeadLetters;

  constructor(scope: Construct, id: string, { defaults, data, retainData, settings }: HrBusProps) {
    super(scope, id);
    const { prefix } = defaults;
    const { key } = data;
    this.deadLetters = new DeadLetters(this, 'DeadLetters', { prefix, key, retainData });
    this.bus = this.#archivedBus(`${prefix}-hr`, key, settings.archiveDays);
    this.#admitOnly(settings.hrPrincipals);
    this.deadLetters.acceptFromBus(this.bus.eventBusArn);
    this.start = new Lambda(this, 'WorkflowStart', {
      ...defaults,
      timeoutSeconds: 60,
    });
    this.#startRuns(`${prefix}-employee-events`, this.deadLetters.queue);
  }

  /** What a Lambda must be allowed to do to put tenure's own events on the bus. */
  putAccess(): PolicyStatement {
    return new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      // Nothing that comes from outside may be made into an HR event. One call puts several events:
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-example-policy-cross-account-custom-bus-source.html
      conditions: { 'ForAllValues:StringEquals': { 'events:source': EVENT_SOURCE } },
    });
  }

  /** What a Lambda must be allowed to do to put events on the bus as an HR system does. */
  putHrAccess(): PolicyStatement {
    return new PolicyStatement({
      actions: ['events:PutEvents'],
      resources: [this.bus.eventBusArn],
      conditions: { 'ForAllValues:StringEquals': { 'events:source': 'hr' } },
    });
  }

  #archivedBus(name: string, key: Key, retentionDays: number): EventBus {
    const bus = new EventBus(this, 'Bus', {
      eventBusName: name,
      description: 'Joiners, movers and leavers, from any HR system',
      kmsKey: key,
      deadLetterQueue: this.deadLetters.queue,
    });
    // Not the Archive construct: it puts the bus into the key's policy, and the bus needs the key first.
    new CfnArchive(this, 'Archive', {
      sourceArn: bus.eventBusArn,
      description: `HR events of the last ${retentionDays} days, to be replayed`,
      // What tenure itself puts there is about visitors too, and is not kept.
      eventPattern: { source: ['hr'] },
      retentionDays,
      kmsKeyIdentifier: key.keyArn,
    });
    const busArn = Stack.of(this).formatArn({
      service: 'events',
      resource: 'event-bus',
      resourceName: name,
    });
    // https://docs.aws.amazon.com/eventbridge/latest/userguide/encryption-archives.html
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'ArchiveHrEvents',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'],
        resources: ['*'],
        conditions: { StringEquals: { 'kms:EncryptionContext:aws:events:event-bus:arn': busArn } },
      }),
    );
    return bus;
  }

  /**
   * Says who may put HR events: the listed principals, or, where none is listed, whoever the account itself has given
   * the right. A right in the account's own policies would do otherwise, so the others are denied.
   */
  #admitOnly(principals: readonly string[]): void {
    const isStranger =
      principals.length === 0
        ? { StringNotEquals: { 'aws:PrincipalAccount': Stack.of(this).account } }
        : { ArnNotLike: { 'aws:PrincipalArn': principals } };
    this.bus.addToResourcePolicy(
      new PolicyStatement({
        sid: 'HrEventsOfStrangers',
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ['events:PutEvents'],
        resources: [this.bus.eventBusArn],
        conditions: { 'ForAnyValue:StringEquals': { 'events:source': 'hr' }, ...isStranger },
      }),
    );
  }

  #startRuns(ruleName: string, deadLetterQueue: Queue): void {
    new Rule(this, 'EmployeeEvents', {
      ruleName,
      eventBus: this.bus,
      eventPattern: { source: ['hr'], detailType: Match.anyOf(...HR_EVENTS) },
      targets: [
        new LambdaFunction(this.start.fn, {
          deadLetterQueue,
          retryAttempts: 185,
          maxEventAge: Duration.hours(24),
        }),
      ],
    });
    // The rule's own retries end once Lambda has taken the event; what the function throws counts here.
    new EventInvokeConfig(this, 'StartFailures', {
      function: this.start.fn,
      // Two is the most that Lambda offers; Step Functions being down for longer ends in the dead letters.
      retryAttempts: 2,
      maxEventAge: Duration.hours(6),
      onFailure: { bind: () => ({ destination: deadLetterQueue.queueArn }) },
    });
  }
}
