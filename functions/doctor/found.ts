import type { Check } from '../tables/diagnosis-store.ts';
import { ok, unknown } from './diagnosis.ts';

/** Whether deactivated accounts are among those that an app lists first. */
export function deactivatedCheck(
  accounts: readonly unknown[],
  deactivated: number,
  surface: Check['surface'] = 'rest',
): Check {
  if (deactivated > 0) return ok('deactivated', `shows deactivated accounts (${deactivated})`, surface);
  return unknown('deactivated', `none deactivated among the first ${accounts.length}`, surface);
}
