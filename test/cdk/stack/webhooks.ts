import { describe, expect, it } from 'vitest';
import type { Statement } from '../synthesize.ts';
import { deployment, KEY, keyRights, listed, rightsOf } from './deployments.ts';

const { all, only } = deployment;

describe('the webhooks', () => {
  const vendors = ['drift', 'pipedrive'];
  const routes = all('AWS::ApiGatewayV2::Route')
    .map(([, { Properties }]) => Properties)
    .filter(({ AuthorizationType }) => AuthorizationType === 'NONE');

  it('are the only routes that API Gateway lets everybody call, and have a limit of their own', () => {
    const keys = [...vendors, 'hr', 'bamboohr', 'hibob'].map((vendor) => `POST /webhooks/${vendor}`);
    expect(routes.map(({ RouteKey }) => RouteKey)).toEqual(keys);
    const limit = { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 };
    expect(only('AWS::ApiGatewayV2::Stage').RouteSettings).toEqual(
      Object.fromEntries(keys.map((key) => [key, limit])),
    );
  });

  const bus = 'EventBus tenure-dev-hr';
  const coordination = 'Table tenure-dev-coordination';

  it('are taken by a Lambda that has their secrets, their rows and the bus, and nothing else', () => {
    const rights = rightsOf('WebhooksReceive');
    expect(listed(rights)).toEqual([
      `dynamodb:DeleteItem ${coordination}`,
      `dynamodb:GetItem ${coordination}`,
      `dynamodb:PutItem ${coordination}`,
      `events:PutEvents ${bus}`,
      'secretsmanager:GetSecretValue Secret tenure/drift/webhook',
      'secretsmanager:GetSecretValue Secret tenure/pipedrive/webhook',
    ]);
    const conditionOf = (action: string) =>
      rights.find(({ Action }) => Action.includes(action))?.Condition ?? null;
    expect(conditionOf('dynamodb:PutItem')).toEqual({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['WEBHOOK#drift#*', 'WEBHOOK#pipedrive#*'] },
    });
    // Otherwise it could make up a leaver.
    expect(conditionOf('events:PutEvents')).toEqual({
      'ForAllValues:StringEquals': { 'events:source': 'tenure' },
    });
  });

  it('are taken by a Lambda that may use the key for these secrets', () => {
    expect(keyRights(rightsOf('WebhooksReceive'))).toEqual([
      {
        Action: ['kms:Decrypt'],
        on: [KEY],
        Condition: {
          StringEquals: {
            'kms:ViaService': 'secretsmanager.<Region>.amazonaws.com',
            'kms:EncryptionContext:SecretARN': vendors.map((vendor) => `Secret tenure/${vendor}/webhook`),
          },
        },
      },
    ]);
  });

  const identity = 'Table tenure-dev-identity';
  const row = (table: string, actions: string[], ...patterns: string[]) => ({
    Action: actions.map((action) => `dynamodb:${action}`),
    Resource: [table],
    Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': patterns } },
  });

  it.each([
    {
      name: 'WebhooksProcessDrift',
      vendor: 'drift',
      own: [row(coordination, ['GetItem', 'PutItem'], 'WEBHOOK#drift#*')],
    },
    {
      name: 'WebhooksProcessPipedrive',
      vendor: 'pipedrive',
      own: [
        row(identity, ['GetItem', 'PutItem', 'Query'], 'EMPLOYEE#*'),
        row(identity, ['GetItem', 'PutItem'], 'ACCOUNT#pipedrive#*'),
        row(identity, ['PutItem'], 'FINDING#webhook#pipedrive#*'),
      ],
    },
  ])('are processed by $name with what its vendor and its rows need', ({ name, vendor, own }) => {
    const rights = rightsOf(name);
    const isOnRows = ({ Action }: Statement) => Action.some((action) => action.startsWith('dynamodb:'));
    expect(rights.filter(isOnRows)).toMatchObject([
      row(
        coordination,
        ['DeleteItem', 'PutItem'],
        `LEASE#tenure/${vendor}/rest`,
        `LEASE#tenure/${vendor}/rest#*`,
      ),
      row(coordination, ['GetItem', 'UpdateItem'], `RATE#${vendor}#*`),
      ...own,
    ]);
    expect(listed(rights.filter((right) => !isOnRows(right)))).toEqual([
      `events:PutEvents ${bus}`,
      `secretsmanager:GetSecretValue Secret tenure/${vendor}/rest`,
      `secretsmanager:PutSecretValue Secret tenure/${vendor}/rest`,
      `secretsmanager:UpdateSecretVersionStage Secret tenure/${vendor}/rest`,
      'sqs:SendMessage Queue tenure-dev-dead-letters',
    ]);
  });

  it.each([
    ['drift', 'WebhooksProcessDrift'],
    ['pipedrive', 'WebhooksProcessPipedrive'],
  ])('of %s go from the bus to %s, again and again for a day, then to the dead letters', (vendor, name) => {
    const rule = only('AWS::Events::Rule', { Name: `tenure-dev-${vendor}-webhooks` });
    expect(rule.EventPattern).toEqual({
      source: ['tenure'],
      'detail-type': ['webhook.received'],
      detail: { vendor: [vendor] },
    });
    expect(JSON.stringify(rule.Targets)).toContain('"MaximumRetryAttempts":185');
    expect(JSON.stringify(rule.Targets)).toContain('"DeadLetterConfig":{"Arn":{"Fn::GetAtt":["HrDeadLetters');
    const invocation = only('AWS::Lambda::EventInvokeConfig', {
      FunctionName: `Function tenure-dev-${name}`,
    });
    expect(JSON.stringify(invocation.DestinationConfig)).toContain('HrDeadLetters');
  });
});
