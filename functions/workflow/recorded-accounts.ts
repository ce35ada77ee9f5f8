import type { App } from '../shared/apps.ts';
import type { AccountRow } from '../tables/identity-store.ts';

/** Looks up which account the employee is recorded to have in an app; null when none is recorded. */
export function recordedAccounts(accounts: readonly AccountRow[]): (app: App) => string | null {
  const ids = new Map(accounts.map(({ app, vendorUserId }) => [app, vendorUserId]));
  return (app) => ids.get(app) ?? null;
}
