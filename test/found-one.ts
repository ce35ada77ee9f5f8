import type { App } from '../functions/shared/apps.ts';
import type { StepResult } from '../functions/shared/outcome.ts';
import { type AccountSearch, type FoundAccount, findAccount } from '../functions/vendor/find-account.ts';

/** What a find step says of a leaver of whom nothing but the address and the recorded account is known. */
export function foundOne<Account extends { vendorUserId: string }>(
  app: App,
  search: (search: AccountSearch) => Promise<readonly FoundAccount<Account>[]>,
  email: string,
  vendorUserId: string | null = null,
): Promise<StepResult> {
  const person = {
    workflow: 'offboarding' as const,
    employeeId: 'E-9999',
    previousEmployeeIds: [],
    name: null,
    email,
    profileEmail: null,
    earlierAddresses: [],
    contradictedBy: null,
  };
  return findAccount({
    input: { app, person, vendorUserId, reinstates: false },
    owners: { findOwner: async () => null, findByAddress: async () => [], findFormerHolders: async () => [] },
    // Whatever number the app has of the person, it is not this one's.
    search: async (wanted) => (await search(wanted)).map((account) => ({ ...account, externalId: null })),
  });
}
