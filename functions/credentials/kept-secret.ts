import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { parseJson } from '../shared/json.ts';

// A secret that was replaced must not stay valid in a container that lives long.
const KEPT_MS = 60_000;

/**
 * Reads a secret, at most once a minute even when it is wrong. Undefined where it is empty, or has another form.
 *
 * @throws the SDK's errors when Secrets Manager cannot be reached.
 */
export function keptSecret<T>(
  name: string,
  schema: z.ZodMiniType<T>,
  options: { client?: SecretsManagerClient; now?: () => number } = {},
): () => Promise<T | undefined> {
  const { client = new SecretsManagerClient({}), now = Date.now } = options;
  let held: { value: T | undefined; until: number } | undefined;
  const read = async (): Promise<T | undefined> => {
    const answer = await client
      .send(new GetSecretValueCommand({ SecretId: name }))
      .catch((error: unknown) => {
        // Secrets Manager also answers so for a secret that was created without a value.
        if (error instanceof ResourceNotFoundException) return null;
        throw error;
      });
    return z.safeParse(schema, parseJson(answer?.SecretString ?? '')).data;
  };
  return async () => {
    if (held === undefined || now() >= held.until) held = { value: await read(), until: now() + KEPT_MS };
    return held.value;
  };
}
