import type { App } from '../shared/apps.ts';
import { sameEmail } from '../shared/email.ts';
import { AmbiguousUserError } from '../shared/errors.ts';

/**
 * The one candidate with exactly this address, or null. Vendors also find parts of an address, so the first hit may be
 * the wrong person.
 *
 * @throws AmbiguousUserError when several candidates have exactly this address.
 */
export function exactMatch<T>(
  vendor: App,
  email: string,
  candidates: readonly T[],
  read: (candidate: T) => { id: string | number; email: string | null | undefined },
): T | null {
  const matches = candidates.filter((candidate) => sameEmail(read(candidate).email ?? '', email));
  if (matches.length > 1)
    throw new AmbiguousUserError(
      vendor,
      matches.map((match) => read(match).id),
    );
  return matches[0] ?? null;
}
