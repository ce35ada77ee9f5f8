import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { type IPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { serviceHost } from './data.ts';

type DeadLettersProps = { prefix: string; key: Key; retainData: boolean };

const EVENT_BRIDGE: IPrincipal = new ServicePrincipal('events.amazonaws.com');

/** Events from which no run came, and starts by the clock that were refused, each with the reason. */
export class DeadLetters extends Construct {
  readonly queue: Queue;
  readonly #key: Key;

  constructor(scope: Construct, id: string, { prefix, key, retainData }: DeadLettersProps) {
    super(scope, id);
    this.#key = key;
    this.queue = new Queue(this, 'Queue', {
      queueName: `${prefix}-dead-letters`,
      encryption: QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      // The longest that SQS keeps a message.
      retentionPeriod: Duration.days(14),
      removalPolicy: retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    acknowledge(this.queue, {
      'AwsSolutions-SQS3':
        'It is the dead-letter queue: of the rules, of the bus, of the schedules and of the functions behind them.',
    });
    // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'WriteDeadLetters',
        principals: [EVENT_BRIDGE],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
  }

  /** Takes what an event bus cannot deliver. */
  acceptFromBus(busArn: string): void {
    this.queue.addToResourcePolicy(
      new PolicyStatement({
        sid: 'DeadLettersOfTheBus',
        principals: [EVENT_BRIDGE],
        actions: ['sqs:SendMessage'],
        resources: [this.queue.queueArn],
        conditions: { ArnEquals: { 'aws:SourceArn': busArn } },
      }),
    );
  }

  /** What a Lambda must be allowed to do to have its failures sent here. */
  writeAccess(): PolicyStatement[] {
    return [
      new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [this.queue.queueArn] }),
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [this.#key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': serviceHost(this, 'sqs') } },
      }),
    ];
  }
}
