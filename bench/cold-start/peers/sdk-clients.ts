import { DynamoDBClient, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

// What every step needs to read its secret and to share its limit, and nothing else.
const table = new DynamoDBClient({});
const secrets = new SecretsManagerClient({});

export const handler = async ({ SecretId, TableName }: { SecretId: string; TableName: string }) => {
  await secrets.send(new GetSecretValueCommand({ SecretId }));
  await table.send(new UpdateItemCommand({ TableName, Key: { pk: { S: 'bench' }, sk: { S: 'bench' } } }));
};
