import { makeIdempotent } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Metrics } from '@aws-lambda-powertools/metrics';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import middy from '@middy/core';
import { z } from 'zod';

// A step as most teams would write it: the same calls, with the libraries that the guides begin with.
const logger = new Logger({ serviceName: 'usual' });
const metrics = new Metrics({ namespace: 'usual', serviceName: 'usual' });
const table = DynamoDBDocumentClient.from(new DynamoDBClient({}));
const secrets = new SecretsManagerClient({});
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: process.env.COORDINATION_TABLE ?? 'usual',
  keyAttr: 'pk',
  sortKeyAttr: 'sk',
});
const Event = z.object({ SecretId: z.string(), TableName: z.string() });

const act = makeIdempotent(
  async ({ SecretId, TableName }: z.infer<typeof Event>) => {
    await secrets.send(new GetSecretValueCommand({ SecretId }));
    await table.send(new UpdateCommand({ TableName, Key: { pk: 'bench', sk: 'bench' } }));
    return { status: 'done' };
  },
  { persistenceStore },
);

export const handler = middy(async (event: unknown) => act(Event.parse(event)))
  .use(injectLambdaContext(logger))
  .use(logMetrics(metrics));
