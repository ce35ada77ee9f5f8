import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';

/**
 * What a secret may hold. OAuth credentials become a second form of it: whoever needs a token goes through
 * `CredentialSource`, so refreshing is a matter of this file alone.
 */
const Credential = z.object({ token: z.string().check(z.minLength(1)) });

/** Where a client gets its token from. */
export type CredentialSource = {
  /** The secret's name, to tell a person which one to mend. */
  readonly secretName: string;
  /** The token; read from Secrets Manager once per container. */
  token(): Promise<string>;
  /** Reads the secret once more after `stale` was not accepted; returns what is there now. */
  tokenAfterRefusal(stale: string): Promise<string>;
};

/** A secret that is missing, empty or not of the documented form. */
export class SecretUnreadableError extends Error {
  override readonly name = 'SecretUnreadableError';

  constructor(secretName: string) {
    super(`The secret ${secretName} does not hold a token. Store {"token":"…"} in it.`);
  }
}

/** The token of one vendor surface, kept for as long as the container lives. */
export function secretCredential(
  secretName: string,
  client = new SecretsManagerClient({}),
): CredentialSource {
  let current: Promise<string> | undefined;
  const load = (): Promise<string> => {
    const loading = readToken(client, secretName);
    current = loading;
    // A failed read must not be remembered for the container's life.
    loading.catch(() => {
      if (current === loading) current = undefined;
    });
    return loading;
  };
  return {
    secretName,
    token: () => current ?? load(),
    tokenAfterRefusal: async (stale) => {
      const before = current;
      const held = await before;
      if (held !== undefined && held !== stale) return held;
      // Many calls are refused at once, and one of them reads for all.
      return current !== undefined && current !== before ? current : load();
    },
  };
}

async function readToken(client: SecretsManagerClient, secretName: string): Promise<string> {
  // A secret that was created without a value is not found either.
  const answer = await client
    .send(new GetSecretValueCommand({ SecretId: secretName }))
    .catch((error: unknown) => {
      if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
      throw error;
    });
  const credential = z.safeParse(Credential, parseJson(answer?.SecretString ?? ''));
  if (!credential.success) throw new SecretUnreadableError(secretName);
  return credential.data.token;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
