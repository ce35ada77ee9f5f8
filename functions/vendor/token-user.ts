import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { SecretUnreadableError, secretStore } from '../credentials/secret-store.ts';
import { isApproved } from '../gate/reasons.ts';
import { APP_TITLES } from '../shared/apps.ts';
import { sameEmail } from '../shared/email.ts';
import { oncePerPlace } from '../shared/once-per-place.ts';
import type { StepResult } from '../shared/outcome.ts';
import { addressesOf, Person } from './find-account.ts';
import { ProtectedAccountError } from './protected-account.ts';
import { type SurfaceDescription, secretName } from './surface.ts';

const secretsManager = oncePerPlace(() => new SecretsManagerClient({}));

/** What tells a leaver from the user behind a token. */
export const MaybeTokenUser = z.object({
  person: Person,
  /** What a person has released. */
  approved: z._default(z.array(z.string()), []),
});

/**
 * Shuts an account unless it is that of the user whom an app's secret names in `user`, by id or address: many apps do
 * not say whose a token is, and without that user every run fails.
 *
 * @throws ProtectedAccountError; what `shut` and Secrets Manager throw.
 */
export function unlessTokenUser<Account extends { vendorUserId: string }>(
  surfaces: readonly SurfaceDescription[],
  { person, approved }: z.infer<typeof MaybeTokenUser>,
  shut: (account: Account) => Promise<StepResult>,
): (account: Account) => Promise<StepResult> {
  return async (account) => {
    const users = await usersOf(surfaces);
    const known = [...Object.values(account).filter(isId).map(String), ...addressesOf(person)];
    const isUser = users.some((user) => known.some((one) => one === user || sameEmail(one, user)));
    const [app] = surfaces.map(({ vendor }) => vendor);
    if (!isUser || app === undefined || isApproved(approved, { kind: 'token_user', app }))
      return shut(account);
    const detail = `${APP_TITLES[app]} account ${account.vendorUserId} is the user whom tenure's own secret names: without it, every run fails.`;
    throw new ProtectedAccountError([{ kind: 'token_user', app, detail }]);
  };
}

async function usersOf(surfaces: readonly SurfaceDescription[]): Promise<string[]> {
  const used = surfaces.filter(
    ({ usedWith }) => usedWith === undefined || process.env[usedWith.variable] === usedWith.value,
  );
  const users = await Promise.all(used.map(userOf));
  return users.filter((user) => user !== undefined);
}

/** Whom a surface's secret names; the call itself says so where there is none to read. */
async function userOf(surface: SurfaceDescription): Promise<string | undefined> {
  try {
    const { credential } = await secretStore(secretName(surface), secretsManager(), Date.now).read();
    return credential.user;
  } catch (error) {
    if (error instanceof SecretUnreadableError) return undefined;
    throw error;
  }
}

function isId(value: unknown): value is string | number {
  return typeof value === 'string' || typeof value === 'number';
}
