import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type * as z from 'zod/mini';
import { keptSecret } from '../credentials/kept-secret.ts';

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
  const name = webhookSecretName(vendor);
  const read = keptSecret(name, schema, options);
  return async () => {
    const value = await read();
    if (value === undefined) throw new WebhookSecretError(name);
    return value;
  };
}
