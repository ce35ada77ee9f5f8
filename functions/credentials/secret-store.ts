import {
  GetSecretValueCommand,
  type GetSecretValueCommandOutput,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { parseJson } from '../shared/json.ts';
import type { Credential } from './credential.ts';

/** One version of a secret. */
export type StoredSecret<Held extends Credential = Credential> = {
  versionId: string;
  /** When the version was stored, in epoch milliseconds. */
  storedAt: number;
  credential: Held;
};

/** A secret that is missing, empty or not of the documented form. */
export class SecretUnreadableError extends Error {
  override readonly name = 'SecretUnreadableError';

  /** @param storable what a person may store in it. */
  constructor(secretName: string, storable: string) {
    super(`The secret ${secretName} does not hold a token. Store ${storable} in it.`);
  }
}

/** What a secret may hold, and how a person is told. */
export type SecretForm<Held extends Credential> = { schema: z.ZodMiniType<Held>; inWords: string };

/** One secret in Secrets Manager. Both methods throw the SDK's errors when the service cannot be reached. */
export type SecretStore<Held extends Credential> = {
  /** The version that is in force. @throws SecretUnreadableError */
  read(): Promise<StoredSecret<Held>>;
  /** A version by its id; null when there is none. @throws SecretUnreadableError */
  readVersion(versionId: string): Promise<StoredSecret<Held> | null>;
};

const Version = z.object({ VersionId: z.string(), CreatedDate: z.date() });

/** The secret of a name; see `SecretStore`. */
export function secretStore<Held extends Credential>(
  secretName: string,
  client: SecretsManagerClient,
  form: SecretForm<Held>,
): SecretStore<Held> {
  const get = async (versionId?: string): Promise<StoredSecret<Held> | null> => {
    const command = new GetSecretValueCommand({ SecretId: secretName, VersionId: versionId });
    const answer = await client.send(command).catch((error: unknown) => {
      if (error instanceof ResourceNotFoundException) return null;
      throw error;
    });
    return answer === null ? null : parseVersion(secretName, answer, form);
  };

  return {
    read: async () => {
      const version = await get();
      // Secrets Manager also answers so for a secret that was created without a value.
      if (version === null) throw new SecretUnreadableError(secretName, form.inWords);
      return version;
    },
    readVersion: get,
  };
}

function parseVersion<Held extends Credential>(
  secretName: string,
  answer: GetSecretValueCommandOutput,
  { schema, inWords }: SecretForm<Held>,
): StoredSecret<Held> {
  const credential = z.safeParse(schema, parseJson(answer.SecretString ?? ''));
  if (!credential.success) throw new SecretUnreadableError(secretName, inWords);
  const { VersionId, CreatedDate } = z.parse(Version, answer);
  return { versionId: VersionId, storedAt: CreatedDate.getTime(), credential: credential.data };
}
