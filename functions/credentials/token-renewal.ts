import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { App } from '../shared/apps.ts';
import {
  VendorAuthError,
  VendorRateLimitedError,
  VendorResponseError,
  VendorUnavailableError,
} from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';
import { ANY_CREDENTIAL, type OAuthEndpoints, type RenewableCredential } from './credential.ts';
import { type Lease, type Leases, leasesFromEnvironment } from './lease.ts';
import { type StoredSecret, secretStore } from './secret-store.ts';
import { isRefreshed, successors } from './successors.ts';
import {
  InvalidGrantError,
  renewalRequest,
  requestTokens,
  type TokenRequest,
  type Tokens,
} from './token-endpoint.ts';

// docs/decisions/0008-a-refresh-token-is-spent-under-a-claim.md explains the order of the steps.

/** How long one Lambda may look after a secret's tokens while the others wait. */
export const LEASE_MS = 30_000;

/**
 * How long a worker has a refresh token to itself. Sending it and storing the answer take far less; a worker that has
 * stored nothing by then counts as crashed.
 */
export const CLAIM_MS = 330_000;

/** How long before they expire tokens are renewed: longer than a claim, so that no call fails after a crash. */
export const REFRESH_AHEAD_MS = 360_000;

// A token with less time left than this may expire while a request is under way.
const LEAST_LIFE_MS = 30_000;

// A token this young was refused for a missing right, which a new token would miss too. Secrets Manager also asks for
// ten minutes between two versions of a secret.
const YOUNG_MS = 600_000;

const POLL_MS = 500;
// Long enough for the lease of a crashed worker to run out.
const LONGEST_WAIT_MS = 45_000;

// How long after its claim a refresh token may still be sent.
const LONGEST_DELAY_MS = 20_000;

type StoredOAuth = StoredSecret<RenewableCredential>;

/** The tokens of a secret that may have to be renewed. */
export type TokenRenewal = {
  /** The version that is in force. @throws SecretUnreadableError */
  read(): Promise<StoredSecret>;
  /** Whether a version's access token must be renewed. @param refused a token that the vendor did not accept. */
  isDue(version: StoredSecret, refused?: string): boolean;
  /**
   * The version in force after the token was refreshed, by this worker or another one. When that is not possible
   * right now, the version that is due and still valid.
   *
   * @throws VendorAuthError when a person has to authorize tenure again; VendorUnavailableError and
   *   VendorRateLimitedError when there is no valid token right now; SecretUnreadableError.
   */
  renew(refused?: string): Promise<StoredSecret>;
};

/**
 * Renews the OAuth tokens in one secret, once per expiry, however many Lambdas ask at the same time. A surface has this
 * in `tokenRenewal` where its vendor issues such tokens; the bundles of the others hold nothing of it.
 */
export function tokenRenewal(parts: {
  vendor: App;
  oauth: OAuthEndpoints | undefined;
  secretName: string;
  secrets: SecretsManagerClient;
  /** Those of this deployment when left out. */
  leases: Leases | undefined;
  fetch: typeof fetch;
  now: () => number;
  sleep: Sleep;
}): TokenRenewal {
  const { vendor, secretName, secrets, now, sleep } = parts;
  const clientAuthentication = parts.oauth?.clientAuthentication ?? 'http basic';
  const secret = secretStore(secretName, secrets, ANY_CREDENTIAL);
  const { find, store, succeed } = successors(secretName, secrets, secret, now);
  // Read at the first refresh: static tokens need no coordination table.
  const leases = () => parts.leases ?? leasesFromEnvironment(now);

  const isDue = (version: StoredSecret, refused?: string): boolean => {
    if (!isOAuth(version)) return false;
    const { accessToken } = version.credential;
    if (accessToken === refused) return !(isRefreshed(version) && now() - version.storedAt < YOUNG_MS);
    return lifeLeftMs(version) <= aheadMs(version);
  };

  const isUsable = (version: StoredOAuth, refused: string | undefined): boolean =>
    version.credential.accessToken !== refused && lifeLeftMs(version) > LEAST_LIFE_MS;

  const lifeLeftMs = ({ credential }: StoredOAuth) => Date.parse(credential.expiresAt) - now();

  const renew = async (refused?: string): Promise<StoredSecret> => {
    for (let waitedMs = 0; waitedMs <= LONGEST_WAIT_MS; waitedMs += POLL_MS) {
      const version = await secret.read();
      if (!isOAuth(version) || !isDue(version, refused)) return version;
      const usable = isUsable(version, refused) ? version : null;
      const renewed = await takeTurn(refused).catch((error: unknown) => {
        if (usable !== null && isPassing(error)) return null;
        throw error;
      });
      const result = renewed ?? usable;
      if (result !== null) return result;
      await sleep(POLL_MS);
    }
    throw new VendorUnavailableError(
      { vendor, operation: 'refreshToken', method: 'POST', path: secretName },
      'has to wait: another worker is refreshing the token, or stopped while it did',
    );
  };

  /** Null while another worker has the lease. */
  const takeTurn = async (refused: string | undefined): Promise<StoredSecret | null> => {
    const lease = await leases().acquire(secretName, LEASE_MS);
    if (lease === null) return null;
    try {
      // Read again, because another worker may have had the lease in between.
      const version = await secret.read();
      if (!isOAuth(version) || !isDue(version, refused)) return version;
      return await succeedVersion(version);
    } finally {
      await lease.release();
    }
  };

  /** Null while another worker has claimed the refresh token and stored nothing yet. */
  const succeedVersion = async (version: StoredOAuth): Promise<StoredSecret | null> => {
    const claim = await leases().acquire(`${secretName}#${version.versionId}`, CLAIM_MS);
    // Read after the claim: whoever had the claim before has stored a successor by now, or has crashed.
    const successor = await find(version);
    if (successor !== null) return succeed(version, successor);
    return claim === null ? null : spend(version, claim);
  };

  const spend = async (version: StoredOAuth, claim: Lease): Promise<StoredSecret | null> => {
    // Nothing may be awaited between this check and the request: a worker that was held up until here must have enough
    // of the claim left to receive the answer and store it.
    if (claim.until - now() < CLAIM_MS - LONGEST_DELAY_MS) {
      await claim.release();
      return null;
    }
    const { credential } = version;
    const ask = renewalRequest(vendor, clientAuthentication, credential);
    try {
      const tokens = await requestTokens({ ...parts, operation: 'refreshToken', ask });
      const successor = await store(version, succeeding(credential, tokens));
      const renewed = await succeed(version, successor);
      if (tokens.accessToken === undefined) throw withoutAccessToken();
      return renewed;
    } catch (error) {
      // The vendor refused, so the refresh token is not spent. Without an answer that is unknown, and the claim stays.
      if (isRefusal(error)) await claim.release();
      if (error instanceof InvalidGrantError) return findReplacement(version, error, ask);
      throw error;
    }
  };

  const withoutAccessToken = () =>
    new VendorResponseError(
      { vendor, operation: 'refreshToken', method: 'POST', path: secretName },
      'a refresh token without an access token; it is stored for the next attempt',
    );

  const findReplacement = async (
    version: StoredOAuth,
    { call }: InvalidGrantError,
    { advice }: TokenRequest,
  ): Promise<null> => {
    const current = await secret.read();
    if (current.versionId !== version.versionId) return null;
    throw new VendorAuthError(
      call,
      secretName,
      `The refresh token was revoked, or a worker used it and stopped before it could store the next one. ${advice.grant}`,
    );
  };

  return { read: secret.read, isDue, renew };
}

/** What is stored after a refresh. Without a new access token, the old one is due at once. */
function succeeding(before: RenewableCredential, tokens: Tokens): RenewableCredential {
  const held = {
    accessToken: tokens.accessToken ?? before.accessToken,
    expiresAt: tokens.accessToken === undefined ? before.expiresAt : tokens.expiresAt,
  };
  if (!('refreshToken' in before)) return { ...before, ...held };
  return { ...before, ...held, refreshToken: tokens.refreshToken ?? before.refreshToken };
}

function isOAuth(version: StoredSecret): version is StoredOAuth {
  return 'tokenUrl' in version.credential;
}

function aheadMs({ credential, storedAt }: StoredOAuth): number {
  // A token with a short life would otherwise be due from the beginning.
  return Math.min(REFRESH_AHEAD_MS, (Date.parse(credential.expiresAt) - storedAt) / 4);
}

function isPassing(error: unknown): boolean {
  return error instanceof VendorUnavailableError || error instanceof VendorRateLimitedError;
}

function isRefusal(error: unknown): boolean {
  if (error instanceof InvalidGrantError || error instanceof VendorAuthError) return true;
  return error instanceof VendorRateLimitedError;
}
