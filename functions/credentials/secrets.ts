import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { App } from '../shared/apps.ts';
import { oncePerPlace } from '../shared/once-per-place.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { type OAuthEndpoints, ONLY_STATIC } from './credential.ts';
import type { Leases } from './lease.ts';
import { type StoredSecret, secretStore } from './secret-store.ts';
import type { TokenRenewal, tokenRenewal } from './token-renewal.ts';

/** The token of a request, and its kind: some vendors expect an OAuth token in another header than a static one. */
export type Token = { value: string; kind: 'static' | 'oauth' };

/** Where a client gets its token from. */
export type CredentialSource = {
  /** The secret's name, for messages. */
  readonly secretName: string;
  /** The token, read once per container, and again when an OAuth token is about to expire. */
  token(): Promise<Token>;
  /** The token to try after the vendor refused `stale`: read again, and refreshed where it is an OAuth token. */
  tokenAfterRefusal(stale: Token): Promise<Token>;
};

export type CredentialOptions = {
  secrets?: SecretsManagerClient;
  leases?: Leases;
  fetch?: typeof fetch;
  /** The current time in epoch milliseconds. */
  now?: () => number;
  sleep?: Sleep;
};

const secretsManager = oncePerPlace(() => new SecretsManagerClient({}));

// How long to wait after a failed renewal before the next one, while the old token is still valid.
const PAUSE_MS = 15_000;

/** What of a surface says how it gets its tokens. */
type Renewing = { vendor: App; oauth?: OAuthEndpoints; tokenRenewal?: typeof tokenRenewal };

/** The token of one vendor surface, kept for as long as the container lives or the token does. */
export function secretCredential(
  { vendor, oauth, tokenRenewal: renewalOf }: Renewing,
  secretName: string,
  options: CredentialOptions = {},
): CredentialSource {
  const { now = Date.now, sleep = realSleep, secrets = secretsManager(), leases } = options;
  const ask = options.fetch ?? fetch;
  const renewal = renewalOf?.({ vendor, oauth, secretName, secrets, leases, fetch: ask, now, sleep });
  const { read } = renewal ?? secretStore(secretName, secrets, ONLY_STATIC);
  let current: Promise<StoredSecret> | undefined;
  let renewAgainAt = 0;

  const keep = (loading: Promise<StoredSecret>): Promise<StoredSecret> => {
    current = loading;
    // A failed read must not be kept for the container's life.
    loading.catch(() => {
      if (current === loading) current = undefined;
    });
    return loading;
  };

  /** Loads a new secret once, however many calls find out at the same time that `before` no longer works. */
  const replace = (before: Promise<StoredSecret> | undefined, load: () => Promise<StoredSecret>) =>
    current !== undefined && current !== before ? current : keep(load());

  const renewAhead = async (renewal: TokenRenewal): Promise<StoredSecret> => {
    const renewed = await renewal.renew();
    if (renewal.isDue(renewed)) renewAgainAt = now() + PAUSE_MS;
    return renewed;
  };

  return {
    secretName,
    token: async () => {
      const before = current ?? keep(read());
      const held = await before;
      if (!renewal?.isDue(held) || now() < renewAgainAt) return tokenOf(held);
      return tokenOf(await replace(before, () => renewAhead(renewal)));
    },
    tokenAfterRefusal: async (stale) => {
      const before = current;
      const held = await before;
      if (held !== undefined && tokenOf(held).value !== stale.value) return tokenOf(held);
      return tokenOf(await replace(before, () => renewal?.renew(stale.value) ?? read()));
    },
  };
}

function tokenOf({ credential }: StoredSecret): Token {
  return 'token' in credential
    ? { value: credential.token, kind: 'static' }
    : { value: credential.accessToken, kind: 'oauth' };
}
