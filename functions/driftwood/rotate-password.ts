import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import {
  VendorAuthError,
  VendorRejectedError,
  VendorResponseError,
  VendorUnavailableError,
} from '../shared/errors.ts';
import { step } from '../shared/step.ts';
import { type DriftwoodClient, driftwood } from './client.ts';
import {
  PASSWORD_SECRET,
  type PasswordEntry,
  type PasswordSecret,
  PasswordSecretError,
  passwordSecret,
} from './password-secret.ts';

// The event with which Secrets Manager invokes the Lambda, once per step. After a failure it begins again at the first:
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html
const RotationEvent = z.object({
  Step: z.enum(['createSecret', 'setSecret', 'testSecret', 'finishSecret']),
  SecretId: z.string(),
  /** The id of the version that the rotation is to put in force. */
  ClientRequestToken: z.string(),
});
export type RotationEvent = z.infer<typeof RotationEvent>;

type Rotation = {
  client: Pick<DriftwoodClient, 'changePassword'>;
  secret: PasswordSecret;
  versionId: string;
  currentVersionId: string | undefined;
};

const STEPS: Record<RotationEvent['Step'], (rotation: Rotation) => Promise<void>> = {
  createSecret,
  setSecret,
  testSecret,
  finishSecret,
};

export const handler = step({
  name: 'DriftwoodRotatePassword',
  client: () => ({ client: driftwood(), secrets: new SecretsManagerClient({}) }),
  input: RotationEvent,
  run: ({ client, secrets }, event) => rotatePassword(event, client, secrets),
});

/**
 * One step of a rotation. Each may be run again, and running all four again finishes a rotation that was interrupted;
 * see docs/decisions/0016-a-password-is-stored-before-it-is-set.md.
 *
 * @throws PasswordSecretError when the secret is not ready for it; what `changePassword` throws.
 */
export async function rotatePassword(
  { Step, SecretId, ClientRequestToken: versionId }: RotationEvent,
  client: Rotation['client'],
  secrets: SecretsManagerClient,
): Promise<{ status: 'changed' | 'already_done' }> {
  const secret = passwordSecret(SecretId, secrets);
  const { isRotated, labels } = await secret.describe();
  if (!isRotated)
    throw new PasswordSecretError('is not set up to be rotated. Deploy with the setting for it.');
  const own = labels[versionId] ?? [];
  // A version that was put in force may still be labelled as pending.
  if (own.includes('AWSCURRENT')) return { status: 'already_done' };
  if (!own.includes('AWSPENDING'))
    throw new PasswordSecretError(`has no pending version ${versionId}. Begin another rotation.`);
  const currentVersionId = Object.keys(labels).find((id) => labels[id]?.includes('AWSCURRENT'));
  await STEPS[Step]({ client, secret, versionId, currentVersionId });
  return { status: 'changed' };
}

async function createSecret({ secret, versionId }: Rotation): Promise<void> {
  const current = await readCurrent(secret);
  if ((await secret.read({ VersionId: versionId })) !== null) return;
  await secret.storePending(versionId, { ...current, password: await secret.invent() });
}

async function setSecret({ client, secret, versionId }: Rotation): Promise<void> {
  const pending = await readPending(secret, versionId);
  const current = await readCurrent(secret);
  const previous = await readPrevious(secret);
  const failures: unknown[] = [];
  // The current password is tried first, so that a normal rotation sends no wrong one. The pending one is in force when
  // the answer to an earlier change was lost.
  for (const known of [current, pending, ...(previous === null ? [] : [previous])]) {
    try {
      await client.changePassword({ currentPassword: known.password, newPassword: pending.password });
      return;
    } catch (error) {
      if (!mayBeInForceByAnother(error)) throw error;
      failures.push(error);
    }
  }
  throw withAdvice(
    failures[0],
    `None of the passwords in the secret ${PASSWORD_SECRET} could be changed into the pending one. If somebody else changed the password, store the one in force; then rotate again.`,
  );
}

// Driftwood has no call that only checks a password, so the password is changed into itself.
async function testSecret({ client, secret, versionId }: Rotation): Promise<void> {
  const { password } = await readPending(secret, versionId);
  try {
    await client.changePassword({ currentPassword: password, newPassword: password });
  } catch (error) {
    throw withAdvice(
      error,
      `The pending password in the secret ${PASSWORD_SECRET} could not be confirmed, so it stays pending. Rotate again; if that does not help, try the password in the app.`,
    );
  }
}

async function finishSecret({ secret, versionId, currentVersionId }: Rotation): Promise<void> {
  await secret.makeCurrent(versionId, currentVersionId);
}

async function readCurrent(secret: PasswordSecret): Promise<PasswordEntry> {
  const current = await secret.read({ VersionStage: 'AWSCURRENT' });
  if (current === null)
    throw new PasswordSecretError('is empty. Store {"password":"…"} with the one in force.');
  return current;
}

/** Null also when that version holds no password, because a person has stored a correct one since. */
async function readPrevious(secret: PasswordSecret): Promise<PasswordEntry | null> {
  try {
    return await secret.read({ VersionStage: 'AWSPREVIOUS' });
  } catch (error) {
    if (error instanceof PasswordSecretError) return null;
    throw error;
  }
}

async function readPending(secret: PasswordSecret, versionId: string): Promise<PasswordEntry> {
  const pending = await secret.read({ VersionId: versionId });
  if (pending === null)
    throw new PasswordSecretError(`has no value in its pending version ${versionId}. Rotate again.`);
  return pending;
}

/** Whether another password may be in force: this one was refused, or it may have been changed without an answer. */
function mayBeInForceByAnother(error: unknown): boolean {
  return [VendorRejectedError, VendorAuthError, VendorUnavailableError, VendorResponseError].some(
    (kind) => error instanceof kind,
  );
}

function withAdvice(error: unknown, advice: string): unknown {
  return error instanceof VendorRejectedError
    ? new VendorRejectedError(error.call, { code: error.code, advice })
    : error;
}
