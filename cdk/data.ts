import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { BlockPublicAccess, Bucket, BucketEncryption, CfnBucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct, type IConstruct } from 'constructs';
import * as z from 'zod/mini';
import { acknowledge } from './acknowledge.ts';
import type { RowNeed } from './step-needs.ts';

type DataProps = { prefix: string; retainData: boolean; reportDays: number };

const KEYS = {
  partitionKey: { name: 'pk', type: AttributeType.STRING },
  sortKey: { name: 'sk', type: AttributeType.STRING },
};

/** What tenure knows, and the key under which all of it is encrypted. */
export class Data extends Construct {
  /** Encrypts the tables, the secrets, the execution data, the HR events and the alarms. */
  readonly key: Key;
  /** Who is who in which app, and the report of every run. */
  readonly identityTable: Table;
  /** What may vanish: locks, leases and counters, each with the second at which it expires. */
  readonly coordinationTable: Table;
  /** What is written for people, such as the findings of a reconciliation. */
  readonly filesBucket: Bucket;

  constructor(scope: Construct, id: string, { prefix, retainData, reportDays }: DataProps) {
    super(scope, id);
    const removalPolicy = retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    this.key = new Key(this, 'Key', {
      alias: prefix,
      description: `All data of ${prefix}`,
      enableKeyRotation: true,
      removalPolicy,
    });
    this.identityTable = new Table(this, 'IdentityTable', {
      ...KEYS,
      tableName: `${prefix}-identity`,
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // What a run has recorded expires by it, and a leaver's profile.
      timeToLiveAttribute: 'expiresAt',
      deletionProtection: retainData,
      removalPolicy,
    });
    this.coordinationTable = new Table(this, 'CoordinationTable', {
      ...KEYS,
      tableName: `${prefix}-coordination`,
      billingMode: BillingMode.PAY_PER_REQUEST,
      encryption: TableEncryption.CUSTOMER_MANAGED,
      encryptionKey: this.key,
      timeToLiveAttribute: 'expiresAt',
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.coordinationTable, {
      'AwsSolutions-DDB3': 'It holds only what may vanish; nobody would restore an expired lock.',
    });
    this.filesBucket = new Bucket(this, 'FilesBucket', {
      encryption: BucketEncryption.KMS,
      encryptionKey: this.key,
      bucketKeyEnabled: true,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      versioned: true,
      lifecycleRules: [
        {
          expiration: Duration.days(reportDays),
          noncurrentVersionExpiration: Duration.days(30),
          abortIncompleteMultipartUploadAfter: Duration.days(1),
        },
        // A CRM's export is personal data, and of no use once it is synced.
        { prefix: 'contacts/', expiration: Duration.days(30) },
        // The same of an HR system's, of which the last known records are kept.
        { prefix: 'hr/roster/', expiration: Duration.days(30) },
        // What was accepted is recorded when the roster is taken.
        { prefix: 'hr/accepted/', expiration: Duration.days(30) },
      ],
      removalPolicy,
    });
    acknowledge(this.filesBucket, {
      'AwsSolutions-S1': 'Few files, and few who may read them: CloudTrail tells who did.',
    });
  }

  /** Has S3 tell the account's default bus of every file that is put into the bucket. */
  tellOfFiles(): void {
    const bucket = this.filesBucket.node.defaultChild;
    if (!(bucket instanceof CfnBucket)) throw new Error('The bucket is not made of a CfnBucket.');
    // Not the construct's own way, for which CDK deploys a Lambda.
    bucket.notificationConfiguration = { eventBridgeConfiguration: { eventBridgeEnabled: true } };
  }

  /** What a Lambda must be allowed to do for what it needs of the rows of a table. */
  rowAccess({ table, keys, actions }: RowNeed): PolicyStatement[] {
    const { tableArn, tableName } = { identity: this.identityTable, coordination: this.coordinationTable }[
      table
    ];
    const onlyReads = actions.every((action) => READS.includes(action));
    return [
      new PolicyStatement({
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [tableArn],
        ...(keys === undefined ? {} : { conditions: leadingKeys(keys) }),
      }),
      this.#keyAccess(onlyReads ? ['kms:Decrypt'] : ['kms:Decrypt', ...KEY_WRITES], 'dynamodb', {
        // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.howitworks.html
        StringEquals: { 'kms:EncryptionContext:aws:dynamodb:tableName': tableName },
      }),
      // This one has no encryption context.
      this.#keyAccess(['kms:DescribeKey'], 'dynamodb'),
    ];
  }

  /** What a Lambda must be allowed to do to read files of one folder. */
  readFilesAccess(folder: string): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['s3:GetObject'],
        resources: [this.filesBucket.arnForObjects(`${folder}/*`)],
      }),
      this.#filesKeyAccess(['kms:Decrypt']),
    ];
  }

  /** What a Lambda must be allowed to do to write files of one folder. */
  writeFilesAccess(folder: string): PolicyStatement[] {
    return [
      new PolicyStatement({
        actions: ['s3:PutObject', 's3:AbortMultipartUpload'],
        resources: [this.filesBucket.arnForObjects(`${folder}/*`)],
      }),
      // Decrypt, because a file in several parts is put together from encrypted ones.
      this.#filesKeyAccess(['kms:Decrypt', 'kms:GenerateDataKey']),
    ];
  }

  /** What a Lambda must be allowed to do to go through the files of folders, and to change and remove them. */
  eraseFilesAccess(folders: readonly string[]): PolicyStatement[] {
    const { bucketArn } = this.filesBucket;
    return [
      new PolicyStatement({
        actions: ['s3:ListBucket'],
        resources: [bucketArn],
        conditions: { StringEquals: { 's3:prefix': folders.map((folder) => `${folder}/`) } },
      }),
      new PolicyStatement({
        actions: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:DeleteObject'],
        resources: folders.map((folder) => this.filesBucket.arnForObjects(`${folder}/*`)),
      }),
      this.#filesKeyAccess(['kms:Decrypt', 'kms:GenerateDataKey']),
    ];
  }

  /** Lets a role that may read or write files of a folder name them by a wildcard. */
  acknowledgeFiles(role: IConstruct, folder: string): void {
    const { 'Fn::GetAtt': arn } = z.parse(GetAtt, Stack.of(this).resolve(this.filesBucket.bucketArn));
    acknowledge(role, {
      [`AwsSolutions-IAM5[Resource::<${arn.join('.')}>/${folder}/*]`]:
        'A file has its name only once it is written; all of them are in this one folder.',
    });
  }

  #filesKeyAccess(actions: string[]): PolicyStatement {
    // With the bucket's own key the context is the bucket; of a file that somebody stored without it, it is the file:
    // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-key.html
    const contexts = [this.filesBucket.bucketArn, this.filesBucket.arnForObjects('*')];
    return this.#keyAccess(actions, 's3', { StringLike: { 'kms:EncryptionContext:aws:s3:arn': contexts } });
  }

  #keyAccess(actions: string[], service: string, context: Record<string, object> = {}): PolicyStatement {
    const through = { 'kms:ViaService': serviceHost(this, service) };
    return new PolicyStatement({
      actions,
      resources: [this.key.keyArn],
      conditions: { ...context, StringEquals: { ...through, ...context.StringEquals } },
    });
  }
}

function leadingKeys(keys: readonly string[]) {
  const patterns = keys.map((key) => (key.endsWith('#') ? `${key}*` : key));
  return { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } };
}

const GetAtt = z.object({ 'Fn::GetAtt': z.array(z.string()) });

const READS: readonly string[] = ['BatchGetItem', 'GetItem', 'Query', 'Scan'];

// DynamoDB uses the key with the caller's rights:
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
const KEY_WRITES = ['kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];

/** A service's host in this region, as the condition kms:ViaService compares it. */
export function serviceHost(scope: Construct, service: string): string {
  return `${service}.${Stack.of(scope).region}.amazonaws.com`;
}
