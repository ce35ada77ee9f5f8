import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import type { Resource, synthesize } from '../synthesize.ts';
import { deployment, KEY, other } from './deployments.ts';

const { only, read, statements } = deployment;

describe('the data', () => {
  const identity = only('AWS::DynamoDB::Table', { TableName: 'tenure-dev-identity' });
  const coordination = only('AWS::DynamoDB::Table', { TableName: 'tenure-dev-coordination' });
  const keys = [
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ];

  it.each([identity, coordination])(
    '$TableName has string keys, is paid per request and encrypted with the key',
    (table) => {
      expect(table).toMatchObject({
        KeySchema: keys,
        AttributeDefinitions: keys.map(({ AttributeName }) => ({ AttributeName, AttributeType: 'S' })),
        BillingMode: 'PAY_PER_REQUEST',
        SSESpecification: { SSEEnabled: true, SSEType: 'KMS' },
      });
      expect(
        read(z.object({ KMSMasterKeyId: z.unknown() }).parse(table.SSESpecification).KMSMasterKeyId),
      ).toBe(KEY);
    },
  );

  it('keeps the identity table recoverable to any second', () => {
    expect(identity.PointInTimeRecoverySpecification).toEqual({ PointInTimeRecoveryEnabled: true });
  });

  it('protects the identity table from deletion', () => {
    expect(identity.DeletionProtectionEnabled).toBe(true);
  });

  it('lets rows of the coordination table expire', () => {
    expect(coordination.TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
  });

  it('rotates the key', () => expect(only('AWS::KMS::Key').EnableKeyRotation).toBe(true));

  it('lets only the account and three AWS services use the key, each for this account only', () => {
    const policy = statements(only('AWS::KMS::Key').KeyPolicy);
    const service = z.object({ Service: z.string() });
    const byService = policy.flatMap((statement) => {
      const principal = z.safeParse(service, statement.Principal).data;
      return principal === undefined ? [] : [{ ...statement, service: principal.Service }];
    });
    expect(policy.length - byService.length).toBe(1);
    expect(new Set(byService.map((statement) => statement.service))).toEqual(
      new Set(['delivery.logs.amazonaws.com', 'events.amazonaws.com', 'cloudwatch.amazonaws.com']),
    );
    for (const { service: name, Condition } of byService)
      expect(JSON.stringify(Condition), name).toContain('<AccountId>');
  });

  const kept = (resources: ReturnType<typeof synthesize>) =>
    Object.fromEntries(
      [
        'AWS::DynamoDB::Table',
        'AWS::SecretsManager::Secret',
        'AWS::KMS::Key',
        'AWS::SQS::Queue',
        'AWS::S3::Bucket',
      ].map((type) => [
        type,
        [
          ...new Set(
            resources
              .all(type)
              .filter(isData)
              .map(([, { DeletionPolicy }]) => DeletionPolicy),
          ),
        ],
      ]),
    );
  const isData = ([, { Properties }]: [string, Resource]) =>
    !String(Properties.TableName).endsWith('-coordination');

  it('survives the stack', () => {
    for (const policies of Object.values(kept(deployment))) expect(policies).toEqual(['Retain']);
  });

  it('goes with the stack when that is asked for', () => {
    for (const policies of Object.values(kept(other))) expect(policies).toEqual(['Delete']);
    const table = other.only('AWS::DynamoDB::Table', { TableName: 'tenure-prod-identity' });
    expect(table.DeletionProtectionEnabled).toBe(false);
  });
});
