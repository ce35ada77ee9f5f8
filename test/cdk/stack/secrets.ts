import { describe, expect, it } from 'vitest';
import { ALL_SURFACES } from '../../../functions/app-descriptions.ts';
import { secretName } from '../../../functions/vendor/surface.ts';
import { deployment, KEY, keyRights, listed, other, rightsOf } from './deployments.ts';

const { all, only, read } = deployment;

describe('the secrets', () => {
  it('are one per vendor surface and one per vendor with webhooks, under the key', () => {
    const secrets = all('AWS::SecretsManager::Secret').map(([, { Properties }]) => Properties);
    expect(secrets.map(({ Name }) => Name)).toEqual([
      ...ALL_SURFACES.map(secretName),
      'tenure/drift/webhook',
      'tenure/pipedrive/webhook',
      'tenure/hr/webhook',
      'tenure/bamboohr/webhook',
      'tenure/bamboohr/api',
      'tenure/hibob/webhook',
      'tenure/hibob/api',
      'tenure/driftwood/password',
    ]);
    for (const { KmsKeyId } of secrets) expect(read(KmsKeyId)).toBe(KEY);
  });

  it('have no value in the template, only how to store one', () => {
    expect(deployment.text).not.toMatch(/"SecretString"|"GenerateSecretString"|resolve:secretsmanager/);
    for (const [, { Properties }] of all('AWS::SecretsManager::Secret'))
      expect(Properties.Description).toContain(`put-secret-value --secret-id ${Properties.Name}`);
  });
});

describe("the rotation of Driftwood's password", () => {
  const NAME = 'DriftwoodRotatePassword';
  const PASSWORD = 'Secret tenure/driftwood/password';

  it('reads, stores and labels that password and the token to call with, and nothing else', () => {
    const onSecrets = listed(rightsOf(NAME)).filter((line) => !line.startsWith('dynamodb:'));
    expect(onSecrets).toEqual([
      `secretsmanager:DescribeSecret ${PASSWORD}`,
      'secretsmanager:GetRandomPassword *',
      `secretsmanager:GetSecretValue ${PASSWORD}`,
      'secretsmanager:GetSecretValue Secret tenure/driftwood/rest',
      `secretsmanager:PutSecretValue ${PASSWORD}`,
      'secretsmanager:PutSecretValue Secret tenure/driftwood/rest',
      `secretsmanager:UpdateSecretVersionStage ${PASSWORD}`,
      'secretsmanager:UpdateSecretVersionStage Secret tenure/driftwood/rest',
    ]);
    const rows = rightsOf(NAME).flatMap(({ Action, Condition }) =>
      Action.some((action) => action.startsWith('dynamodb:')) ? [JSON.stringify(Condition)] : [],
    );
    expect(rows).toEqual([
      expect.stringContaining('"LEASE#tenure/driftwood/rest","LEASE#tenure/driftwood/rest#*"'),
      expect.stringContaining('RATE#driftwood#*'),
    ]);
  });

  it('uses the key for that password and its own token only', () => {
    const ofSecrets = keyRights(rightsOf(NAME)).filter(({ Condition }) =>
      JSON.stringify(Condition).includes('SecretARN'),
    );
    const under = (arns: unknown) => ({
      StringEquals: {
        'kms:ViaService': 'secretsmanager.<Region>.amazonaws.com',
        'kms:EncryptionContext:SecretARN': arns,
      },
    });
    expect(ofSecrets).toEqual([
      {
        Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
        on: [KEY],
        Condition: under(['Secret tenure/driftwood/rest']),
      },
      { Action: ['kms:Decrypt', 'kms:GenerateDataKey'], on: [KEY], Condition: under([PASSWORD]) },
    ]);
  });

  it('is begun by Secrets Manager, for that password, in the interval that is set', () => {
    const { RotationLambdaARN, RotationRules, SecretId } = only('AWS::SecretsManager::RotationSchedule');
    expect([read(RotationLambdaARN), read(SecretId)]).toEqual([`Function tenure-dev-${NAME}`, PASSWORD]);
    expect(RotationRules).toEqual({ AutomaticallyAfterDays: 30 });
    const permission = only('AWS::Lambda::Permission', { Principal: 'secretsmanager.amazonaws.com' });
    expect(read(permission.FunctionName)).toBe(`Function tenure-dev-${NAME}`);
    expect([read(permission.SourceArn), read(permission.SourceAccount)]).toEqual([PASSWORD, '<AccountId>']);
  });

  it('begins at once, so after the Lambda may do it and be invoked', () => {
    const [[, schedule] = []] = all('AWS::SecretsManager::RotationSchedule');
    const needed = [...all('AWS::IAM::Role'), ...all('AWS::Lambda::Permission')].filter(([id]) =>
      id.startsWith('DriftwoodPassword'),
    );
    expect(needed).toHaveLength(2);
    expect(schedule?.DependsOn).toEqual(expect.arrayContaining(needed.map(([id]) => id)));
  });

  it('is not there unless it is set, and the secret is', () => {
    expect(other.all('AWS::SecretsManager::RotationSchedule')).toEqual([]);
    expect(other.text).not.toContain(NAME);
    expect(other.text).not.toContain('GetRandomPassword');
    expect(other.only('AWS::SecretsManager::Secret', { Name: 'tenure/driftwood/password' })).toBeDefined();
  });
});
