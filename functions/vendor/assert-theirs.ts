import { compareNames } from '../match/names.ts';
import type { App } from '../shared/apps.ts';
import { IdentityConflictError } from '../shared/errors.ts';

/**
 * Looks whether an account that was not there when the person was looked for, and is there when theirs is to be made,
 * can be theirs: an attempt before this one may have made it, or somebody else's hire with the same address.
 *
 * @throws IdentityConflictError when the app shows another name.
 */
export function assertTheirs(
  app: App,
  person: { employeeId?: string | undefined; firstName: string; lastName: string },
  account: { id: string | number; name: string | null },
): void {
  if (compareNames(person, account.name) !== 'different') return;
  const { employeeId } = person;
  throw new IdentityConflictError(app, String(account.id), null, {
    reason: 'other_name',
    ...(employeeId === undefined ? {} : { employeeId }),
  });
}
