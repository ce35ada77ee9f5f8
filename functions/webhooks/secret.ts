import {
  GetSecretValueCommand,
  ResourceNotFoundException,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { parseJson } from '../shared/json.ts';

/** A webhook's secret is empty or has another form than documented. The sender is told to try again later. */
export class WebhookSecretError extends Error {
  override readonly name = 'WebhookSecretError';

  constructor(secretName: string) {
    super(
      `The secret ${secretName} does not have the form that docs/deploy.md describes. Store it in that form; events are taken within a minute.`,
    );
  }
}

/** The name of the secret that proves that a webhook comes from its vendor. */
export function webhookSecretName(vendor: string): string {
  return `tenure/${vendor}/webhook`;
}

// A secret that was replaced must not stay valid in a container that lives long.
const KEPT_MS = 60_000;

/**
 * Reads a webhook's secret, at most once a minute even when it is wrong: anybody can send a request.
 *
 * @throws WebhookSecretError; the SDK's errors when Secrets Manager cannot be reached.
 */
export function webhookSecret<T>(
  vendor: string,
  schema: z.ZodMiniType<T>,
  options: { client?: SecretsManagerClient; now?: () => number } = {},
): () => Promise<T> {
  const { client = new SecretsManagerClient({}), now = Date.now } = options;
  const name = webhookSecretName(vendor);
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
    if (held.value === undefined) throw new WebhookSecretError(name);
    return held.value;
  };
}
