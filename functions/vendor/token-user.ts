import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { ANY_CREDENTIAL } from '../credentials/credential.ts';
import { SecretUnreadableError, secretStore } from '../credentials/secret-store.ts';
import { sameEmail } from '../shared/email.ts';
import { oncePerPlace } from '../shared/once-per-place.ts';
import { addressesOf, Person } from './find-account.ts';
import type { Release } from './protected-account.ts';
import { isUsed, type SurfaceDescription, secretName } from './surface.ts';

const secretsManager = oncePerPlace(() => new SecretsManagerClient({}));

/** What tells a leaver from the user behind a token. */
export const MaybeTokenUser = z.object({
  person: Person,
  /** What a person has released. */
  approved: z._default(z.array(z.string()), []),
});

/**
 * What protects a leaver's account besides what the app says: an app's secret may name in `user`, by id or address, whom
 * its token belongs to, because many apps do not say that.
 *
 * @returns for each account what the client's method that shuts it asks for; its `isNamed` throws what Secrets Manager
 *   throws.
 */
export function releaseFor(
  surfaces: readonly SurfaceDescription[],
  { person, approved }: z.infer<typeof MaybeTokenUser>,
): (account: { vendorUserId: string }) => Release {
  return (account) => ({
    approved,
    isNamed: async () => {
      const users = await usersOf(surfaces);
      const known = [...Object.values(account).filter(isId).map(String), ...addressesOf(person)];
      return users.some((user) => known.some((one) => one === user || sameEmail(one, user)));
    },
  });
}

async function usersOf(surfaces: readonly SurfaceDescription[]): Promise<string[]> {
  const used = surfaces.filter((surface) => isUsed(surface));
  const users = await Promise.all(used.map(userOf));
  return users.filter((user) => user !== undefined);
}

/** Whom a surface's secret names; the call itself says so where there is none to read. */
async function userOf(surface: SurfaceDescription): Promise<string | undefined> {
  try {
    const { credential } = await secretStore(secretName(surface), secretsManager(), ANY_CREDENTIAL).read();
    return credential.user;
  } catch (error) {
    if (error instanceof SecretUnreadableError) return undefined;
    throw error;
  }
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
