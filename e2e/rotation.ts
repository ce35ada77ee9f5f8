import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { PASSWORD_SECRET } from '../functions/driftwood/password-secret.ts';
import type { Aws } from './aws.ts';
import type { Scene } from './scene.ts';

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];
const Entry = z.strictObject({ email: z.string(), password: z.string() });

/** The rotation of Driftwood's password, with these checks in the place of Secrets Manager, which invokes the Lambda. */
export async function checkRotation({ aws, company, deployed, checks }: Scene): Promise<void> {
  console.log('\nThe rotation');
  const { state } = company.vendors.driftwood;
  const inForce = () => state.passwords.find(({ userId }) => userId === state.tokenOwnerId)?.password;
  const stored = async () => {
    const answer = await aws.secrets.send(new GetSecretValueCommand({ SecretId: PASSWORD_SECRET }));
    return z.parse(Entry, JSON.parse(answer.SecretString ?? ''));
  };

  await checks.check('sets a new password in Driftwood, and stores it', async () => {
    const password = inForce();
    await deployed.storeSecret(PASSWORD_SECRET, JSON.stringify({ email: 'tenure@example.com', password }));
    assert.deepEqual(await rotate(aws), []);
    assert.notEqual(inForce(), password);
    assert.deepEqual(await stored(), { email: 'tenure@example.com', password: inForce() });
  });

  await checks.check('is done again with the password that it stored', async () => {
    const before = inForce();
    assert.deepEqual(await rotate(aws), []);
    assert.notEqual(inForce(), before);
    assert.equal((await stored()).password, inForce());
  });
}

/** Rotates as Secrets Manager does; returns what went wrong. */
async function rotate({ secrets, lambda }: Aws): Promise<string[]> {
  const SecretId = PASSWORD_SECRET;
  const ClientRequestToken = randomUUID();
  const { ARN } = await secrets.send(new RotateSecretCommand({ SecretId, ClientRequestToken }));
  const { RotationLambdaARN } = await secrets.send(new DescribeSecretCommand({ SecretId }));
  const failures: string[] = [];
  for (const Step of STEPS) {
    const { FunctionError, Payload } = await lambda.send(
      new InvokeCommand({
        FunctionName: RotationLambdaARN,
        Payload: Buffer.from(JSON.stringify({ Step, SecretId: ARN, ClientRequestToken })),
      }),
    );
    if (FunctionError !== undefined) failures.push(`${Step}: ${Payload?.transformToString()}`);
  }
  return failures;
}
