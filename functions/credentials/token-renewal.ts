import type { App } from '../shared/apps.ts';
import { VendorAuthError, VendorRateLimitedError, VendorUnavailableError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';
import type { ClientAuthentication, OAuthCredential } from './credential.ts';
import type { Lease, Leases } from './lease.ts';
import { isRefreshed, type SecretStore, type StoredSecret } from './secret-store.ts';
import { authorizeCommand, InvalidGrantError, requestTokens } from './token-endpoint.ts';

// docs/decisions/0008-a-refresh-token-is-spent-under-a-claim.md says why it is done in this order.

/** How long one Lambda has the turn to look after a secret's tokens. */
export const LEASE_MS = 30_000;

/**
 * How long nobody else spends the refresh token that somebody has set out to spend. Sending it, the answer and
 * storing that take far less; whoever has not stored anything by then counts as crashed.
 */
export const CLAIM_MS = 330_000;

/** Tokens are renewed this long before they expire; longer than a claim, so that a crash costs nobody a call. */
export const REFRESH_AHEAD_MS = 360_000;

// A token that expires while the request is under way is as good as none.
const LEAST_LIFE_MS = 30_000;

// A token this young was refused for what it may not do, and the next one may do no more. Secrets Manager also
// asks for ten minutes between two versions of a secret.
const YOUNG_MS = 600_000;

const POLL_MS = 500;
// Long enough to see a crashed holder's lease run out and take it over.
const LONGEST_WAIT_MS = 45_000;

// How long after claiming a refresh token may still be sent.
const LONGEST_DELAY_MS = 20_000;

type StoredOAuth = StoredSecret<OAuthCredential>;

export type TokenRenewal = {
  /** Whether a version's access token is to be renewed; `refused` is a token that the vendor did not accept. */
  isDue(version: StoredSecret, refused?: string): boolean;
  /**
   * The version in force once its token is not due any more: by being refreshed here, or by somebody else. One
   * that is due and still valid when that is not possible right now.
   *
   * @throws VendorAuthError when a person has to authorize tenure anew; VendorUnavailableError and
   *   VendorRateLimitedError when there is no valid token for now; SecretUnreadableError.
   */
  renew(refused?: string): Promise<StoredSecret>;
};

/** Renews the OAuth tokens in one secret, at most once per expiry however many Lambdas ask for it at once. */
export function tokenRenewal(parts: {
  vendor: App;
  clientAuthentication: ClientAuthentication;
  secretName: string;
  store: SecretStore;
  /** Asked for at the first refresh; static tokens need no coordination table. */
  leases: () => Leases;
  fetch: typeof fetch;
  now: () => number;
  sleep: Sleep;
}): TokenRenewal {
  const { vendor, secretName, store, leases, now, sleep } = parts;

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
      const version = await store.read();
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
      'has to wait for another worker, which is refreshing the token or stopped while it did',
    );
  };

  /** Null when it is somebody else's turn. */
  const takeTurn = async (refused: string | undefined): Promise<StoredSecret | null> => {
    const lease = await leases().acquire(secretName, LEASE_MS);
    if (lease === null) return null;
    try {
      // Read again, because somebody may have had the turn in between.
      const version = await store.read();
      if (!isOAuth(version) || !isDue(version, refused)) return version;
      return await succeedVersion(version);
    } finally {
      await lease.release();
    }
  };

  /** Null when somebody else has set out to spend the refresh token, and nothing has come of it so far. */
  const succeedVersion = async (version: StoredOAuth): Promise<StoredSecret | null> => {
    const claim = await leases().acquire(`${secretName}#${version.versionId}`, CLAIM_MS);
    // Looked for after claiming: whoever had the claim before has stored a successor by now, or has crashed.
    const successor = await store.readSuccessor(version);
    if (successor !== null) return store.succeed(version, successor);
    return claim === null ? null : spend(version, claim);
  };

  const spend = async (version: StoredOAuth, claim: Lease): Promise<StoredSecret | null> => {
    // Nothing may be awaited between this and the request: whoever was held up until here has to leave enough of
    // the claim for the answer to come in and to be stored.
    if (claim.until - now() < CLAIM_MS - LONGEST_DELAY_MS) {
      await claim.release();
      return null;
    }
    try {
      const tokens = await requestTokens({
        ...parts,
        operation: 'refreshToken',
        client: version.credential,
        grant: { grant_type: 'refresh_token', refresh_token: version.credential.refreshToken },
      });
      const { clientId, clientSecret, tokenUrl } = version.credential;
      const refreshToken = tokens.refreshToken ?? version.credential.refreshToken;
      const credential = { clientId, clientSecret, tokenUrl, ...tokens, refreshToken };
      return await store.succeed(version, await store.storeSuccessor(version, credential));
    } catch (error) {
      // The refresh token was not taken. Without an answer that is unknown, and the claim stays.
      if (isRefusal(error)) await claim.release();
      if (error instanceof InvalidGrantError) return findReplacement(version, error);
      throw error;
    }
  };

  const findReplacement = async (version: StoredOAuth, { call }: InvalidGrantError): Promise<null> => {
    const current = await store.read();
    if (current.versionId !== version.versionId) return null;
    throw new VendorAuthError(
      call,
      secretName,
      `The refresh token was revoked, or spent by a worker that stopped before it could store the next one. Run ${authorizeCommand(vendor)}.`,
    );
  };

  return { isDue, renew };
}

function isOAuth(version: StoredSecret): version is StoredOAuth {
  return 'refreshToken' in version.credential;
}

function aheadMs({ credential, storedAt }: StoredOAuth): number {
  // A token that lives shortly would otherwise be due from its first moment on.
  return Math.min(REFRESH_AHEAD_MS, (Date.parse(credential.expiresAt) - storedAt) / 4);
}

function isPassing(error: unknown): boolean {
  return error instanceof VendorUnavailableError || error instanceof VendorRateLimitedError;
}

function isRefusal(error: unknown): boolean {
  if (error instanceof InvalidGrantError || error instanceof VendorAuthError) return true;
  return error instanceof VendorRateLimitedError;
}
