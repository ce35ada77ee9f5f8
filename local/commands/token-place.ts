import { accessSync, constants } from 'node:fs';
import { dirname } from 'node:path';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { parseJson } from '../../functions/shared/json.ts';
import { keepSecret, readSecretsEntry } from '../runtime/secrets-file.ts';
import { UsageError } from '../runtime/usage-error.ts';

/** Where tokens are stored, and where the application's id and secret may be stored already. */
export type TokenPlace = {
  title: string;
  /** Its path; missing where it is no file. */
  file?: string;
  read: () => Promise<unknown>;
  keep: (text: string) => Promise<void>;
};

/** An entry of a secrets file. Its `read` throws a UsageError when the file cannot be read or written. */
export function secretsFilePlace(name: string, file: string): TokenPlace {
  return {
    title: file,
    file,
    read: async () => {
      try {
        // Tokens that cannot be stored are lost, and the person would have to agree again.
        accessSync(dirname(file), constants.W_OK);
        return readSecretsEntry(file, name);
      } catch (error) {
        throw new UsageError(error instanceof Error ? error.message : String(error));
      }
    },
    keep: async (text) => keepSecret(file, name, text),
  };
}

/** A secret in the Secrets Manager of the AWS account that the environment is for. */
export function secretsManagerPlace(name: string): TokenPlace {
  const client = new SecretsManagerClient({});
  return {
    title: 'Secrets Manager',
    read: async () => {
      const answer = await client
        .send(new GetSecretValueCommand({ SecretId: name }))
        .catch((error: unknown) => {
          // A deployment has created the secret, and nobody has stored a value yet.
          if (error instanceof ResourceNotFoundException) return null;
          throw error;
        });
      return parseJson(answer?.SecretString ?? '');
    },
    keep: async (text) => {
      await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
    },
  };
}
