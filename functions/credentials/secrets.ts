import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { App } from '../shared/apps.ts';
import { oncePerPlace } from '../shared/once-per-place.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import type { OAuthEndpoints } from './credential.ts';
import { type Leases, leasesFromEnvironment } from './lease.ts';
import { type StoredSecret, secretStore } from './secret-store.ts';
import { tokenRenewal } from './token-renewal.ts';

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

/** The token of one vendor surface, kept for as long as the container lives or the token does. */
export function secretCredential(
  { vendor, oauth }: { vendor: App; oauth?: OAuthEndpoints },
  secretName: string,
  options: CredentialOptions = {},
): CredentialSource {
  const { now = Date.now, sleep = realSleep } = options;
  const store = secretStore(secretName, options.secrets ?? secretsManager(), now);
  const renewal = tokenRenewal({
    vendor,
    clientAuthentication: oauth?.clientAuthentication ?? 'http basic',
    secretName,
    store,
    leases: () => options.leases ?? leasesFromEnvironment(now),
    fetch: options.fetch ?? fetch,
    now,
    sleep,
  });
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

  const renewAhead = async (): Promise<StoredSecret> => {
    const renewed = await renewal.renew();
    if (renewal.isDue(renewed)) renewAgainAt = now() + PAUSE_MS;
    return renewed;
  };

  return {
    secretName,
    token: async () => {
      const before = current ?? keep(store.read());
      const held = await before;
      if (!renewal.isDue(held) || now() < renewAgainAt) return tokenOf(held);
      return tokenOf(await replace(before, renewAhead));
    },
    tokenAfterRefusal: async (stale) => {
      const before = current;
      const held = await before;
      if (held !== undefined && tokenOf(held).value !== stale.value) return tokenOf(held);
      return tokenOf(await replace(before, () => renewal.renew(stale.value)));
    },
  };
}

function tokenOf({ credential }: StoredSecret): Token {
  return 'token' in credential
    ? { value: credential.token, kind: 'static' }
    : { value: credential.accessToken, kind: 'oauth' };
}
