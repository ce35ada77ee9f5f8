import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';
import * as z from 'zod/mini';
import type { Emulator } from './emulator.ts';

export type Aws = ReturnType<typeof connect>;

/** The SDK's clients for the emulator, made as for AWS but for the endpoint and the credentials. */
export function connect({ url, region, environment }: Emulator) {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = z.parse(
    z.object({ AWS_ACCESS_KEY_ID: z.string(), AWS_SECRET_ACCESS_KEY: z.string() }),
    environment,
  );
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  const settings = { endpoint: url, region, credentials };
  return {
    region,
    events: new EventBridgeClient(settings),
    dynamodb: new DynamoDBClient(settings),
    iam: new IAMClient(settings),
    lambda: new LambdaClient(settings),
    // A bucket is no host below the emulator's address.
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    secrets: new SecretsManagerClient(settings),
    stepFunctions: new SFNClient(settings),
    // The queue's URL says localhost, which is the emulator as well.
    sqs: new SQSClient({ ...settings, useQueueUrlAsEndpoint: false }),
  };
}
