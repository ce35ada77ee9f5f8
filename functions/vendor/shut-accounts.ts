import { APP_TITLES, type App } from '../shared/apps.ts';
import type { StepResult } from '../shared/outcome.ts';
import { NO_ACCOUNT } from '../shared/step.ts';
import { ProtectedAccountError } from './protected-account.ts';

/**
 * Shuts a leaver's account, and then the other open ones that are theirs.
 *
 * @param account the account that is recorded, or will be; null where the leaver has none.
 * @param shut shuts one account.
 * @param app the app whose steps hand over the records of the first account, and of no other; null where none do.
 * @throws what `shut` throws; accounts that are shut by then stay so.
 */
export async function shutAccounts<Account extends { vendorUserId: string }>(
  { account, others }: { account: Account | null; others: readonly Account[] },
  shut: (account: Account) => Promise<StepResult>,
  app: App | null = null,
): Promise<StepResult> {
  if (account === null) return NO_ACCOUNT;
  let result = await shut(account).catch(asHeld);
  for (const other of others) {
    const { status, changes = [], followUps = [], held = [] } = await shut(other).catch(asHeld);
    result = {
      ...result,
      status: result.status === 'changed' ? result.status : status,
      changes: [
        ...(result.changes ?? []),
        ...changes.map((change) => ({
          ...change,
          what: `${change.what} (second account ${other.vendorUserId})`,
        })),
      ],
      followUps: [...(result.followUps ?? []), ...followUps, ...ownedFollowUps(app, other)],
      held: [...(result.held ?? []), ...held],
    };
  }
  return (result.held ?? []).length > 0 ? { ...result, status: 'held' } : result;
}

function asHeld(error: unknown): StepResult {
  if (!(error instanceof ProtectedAccountError)) throw error;
  return { status: 'held', held: [...error.reasons] };
}

function ownedFollowUps(app: App | null, { vendorUserId }: { vendorUserId: string }): string[] {
  if (app === null) return [];
  return [
    `Reassign what the leaver's second ${APP_TITLES[app]} account ${vendorUserId} owns by hand; tenure hands over the records of the first one only.`,
  ];
}
