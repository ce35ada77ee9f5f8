import {
  DescribeSecretCommand,
  GetRandomPasswordCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { parseJson } from '../shared/json.ts';

/** The secret with the password of the user whose token `tenure/driftwood/rest` holds. */
export const PASSWORD_SECRET = 'tenure/driftwood/password';

// Other fields of the secret, such as the address to log in with, are kept.
const PasswordEntry = z.looseObject({ password: z.string().check(z.minLength(1)) });
export type PasswordEntry = z.infer<typeof PasswordEntry>;

const Description = z.object({
  // Missing until a rotation was set up for the first time.
  RotationEnabled: z.optional(z.boolean()),
  VersionIdsToStages: z._default(z.record(z.string(), z.array(z.string())), {}),
});
const RandomPassword = z.object({ RandomPassword: z.string().check(z.minLength(1)) });

/** The secret cannot be rotated in its present state; the message says what a person has to do. */
export class PasswordSecretError extends Error {
  override readonly name = 'PasswordSecretError';

  constructor(problem: string) {
    super(`The secret ${PASSWORD_SECRET} ${problem}`);
  }
}

/** One version of the secret, by its id or by its label. */
type Version = { VersionId: string } | { VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS' };

export type PasswordSecret = ReturnType<typeof passwordSecret>;

/** The versions of the password. Every method throws the SDK's errors when the service cannot be reached. */
export function passwordSecret(secretId: string, client: SecretsManagerClient) {
  return {
    /** Whether the secret is rotated, and the labels of each version that has any, by its id. */
    describe: async () => {
      const answer = await client.send(new DescribeSecretCommand({ SecretId: secretId }));
      const { RotationEnabled, VersionIdsToStages } = z.parse(Description, answer);
      return { isRotated: RotationEnabled === true, labels: VersionIdsToStages };
    },

    /** A version's value; null when there is no such version, or it has no value yet. @throws PasswordSecretError */
    read: async (version: Version): Promise<PasswordEntry | null> => {
      const command = new GetSecretValueCommand({ SecretId: secretId, ...version });
      const answer = await client.send(command).catch((error: unknown) => {
        if (error instanceof ResourceNotFoundException) return null;
        throw error;
      });
      if (answer === null) return null;
      const entry = z.safeParse(PasswordEntry, parseJson(answer.SecretString ?? ''));
      if (entry.success) return entry.data;
      throw new PasswordSecretError('does not hold {"password":"…"}. Store the password in force.');
    },

    /** Stores the value of the version that a rotation creates. A value that is stored already stays. */
    storePending: async (versionId: string, entry: PasswordEntry): Promise<void> => {
      const put = new PutSecretValueCommand({
        SecretId: secretId,
        ClientRequestToken: versionId,
        SecretString: JSON.stringify(entry),
        VersionStages: ['AWSPENDING'],
      });
      await client.send(put).catch((error: unknown) => {
        if (!(error instanceof ResourceExistsException)) throw error;
      });
    },

    /** Puts a version in force in place of another one. */
    makeCurrent: async (versionId: string, inPlaceOf: string | undefined): Promise<void> => {
      await client.send(
        new UpdateSecretVersionStageCommand({
          SecretId: secretId,
          VersionStage: 'AWSCURRENT',
          MoveToVersionId: versionId,
          RemoveFromVersionId: inPlaceOf,
        }),
      );
    },

    /** A new password: 32 characters of all kinds, except two that JSON writes with a backslash. */
    invent: async (): Promise<string> => {
      const command = new GetRandomPasswordCommand({ PasswordLength: 32, ExcludeCharacters: '"\\' });
      return z.parse(RandomPassword, await client.send(command)).RandomPassword;
    },
  };
}
