import { sameEmail } from '../shared/email.ts';
import type { Profile } from '../tables/identity-store.ts';

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
  return owner !== null && own.some((address) => sameEmail(address, owner)) ? null : owner;
}
