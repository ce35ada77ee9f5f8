import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Construct } from 'constructs';
import { serviceHost } from './data.ts';

type AlarmTopicProps = {
  prefix: string;
  key: Key;
  /** Who is told; without it the topic has no subscriber yet. */
  email: string | undefined;
};

/** Where a person is told without looking: the alarms, and the runs that need somebody, each by itself. */
export class AlarmTopic extends Construct {
  readonly topic: Topic;
  readonly #key: Key;

  constructor(scope: Construct, id: string, { prefix, key, email }: AlarmTopicProps) {
    super(scope, id);
    this.#key = key;
    this.topic = new Topic(this, 'Topic', {
      topicName: `${prefix}-alarms`,
      displayName: `${prefix} alarms`,
      masterKey: key,
      enforceSSL: true,
    });
    const cloudWatch = {
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
    };
    // A topic with a policy of its own has lost the default one, which lets the account's alarms publish.
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishAlarms',
        actions: ['sns:Publish'],
        resources: [this.topic.topicArn],
        ...cloudWatch,
      }),
    );
    // https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishAlarms',
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        ...cloudWatch,
      }),
    );
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
  }

  /** What a Lambda must be allowed to do to tell a person. */
  publishAccess(): PolicyStatement[] {
    return [
      new PolicyStatement({ actions: ['sns:Publish'], resources: [this.topic.topicArn] }),
      new PolicyStatement({
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: [this.#key.keyArn],
        conditions: { StringEquals: { 'kms:ViaService': serviceHost(this, 'sns') } },
      }),
    ];
  }
}
