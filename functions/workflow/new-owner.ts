import { isAddressAmong } from '../shared/email.ts';
import { type IdentityStore, idsOf, type Profile } from '../tables/identity-store.ts';
import type { KnownNewOwner } from '../vendor/new-owner.ts';

/**
 * The address of whoever takes over a leaver's records: whom the event names, or else the manager in the profile.
 * Nobody takes over from themselves, so whoever is their own manager has none.
 */
export function newOwnerOf(
  profile: Pick<Profile, 'managerEmail' | 'addresses'> | null,
  leaver: { employee: { email: string }; reassignTo?: string | null | undefined },
): string | null {
  const owner = leaver.reassignTo ?? profile?.managerEmail ?? null;
  const own = [leaver.employee.email, ...(profile?.addresses ?? [])];
  return isAddressAmong(owner, own) ? null : owner;
}

/**
 * What is known of who has the new owner's address, by which each app tells whose the account with it is; null where
 * nobody is named.
 *
 * @throws the store's errors.
 */
export async function knownNewOwner(
  store: Pick<IdentityStore, 'findByAddress' | 'readProfile' | 'readAccounts'>,
  reassignTo: string | null,
): Promise<KnownNewOwner | null> {
  if (reassignTo === null) return null;
  const known: KnownNewOwner = { employeeIds: [], addresses: [], accountIds: {} };
  for (const employeeId of await store.findByAddress(reassignTo)) {
    const profile = await store.readProfile(employeeId);
    known.employeeIds.push(employeeId, ...(profile?.previousEmployeeIds ?? []));
    known.addresses.push(...(profile?.addresses ?? []));
    for (const account of await store.readAccounts(employeeId))
      known.accountIds[account.app] = [...(known.accountIds[account.app] ?? []), ...idsOf(account)];
  }
  return known;
}

/** How it is known who takes over; `toldReassignTo` is whom the event names. */
export type OwnerSource = {
  reassignTo?: string | null | undefined;
  toldReassignTo?: string | null | undefined;
};

/** Where the new owner comes from, in a sentence for whoever has to correct it; empty where there is none. */
export function ownerSource({ reassignTo, toldReassignTo }: OwnerSource): string {
  if (reassignTo == null || toldReassignTo === undefined) return '';
  return toldReassignTo === null
    ? 'The new owner is the manager known from the hire.'
    : 'The new owner is whom the event names in reassignTo.';
}
