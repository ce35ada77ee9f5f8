import type { App } from '../../functions/shared/apps.ts';
import type { Cursor, ListedAccount } from '../../functions/shared/listed-account.ts';
import type { ListAccounts } from '../../functions/vendor/account-list.ts';
import { clientOf } from '../runtime/app-client.ts';

/** All accounts of an app, as it lists them. @throws what the client throws */
async function* listedAccounts(app: App): AsyncGenerator<ListedAccount> {
  const { listAccounts } = (await clientOf(app))();
  let cursor: Cursor | null = null;
  do {
    const page: Awaited<ReturnType<ListAccounts>> = await listAccounts(cursor);
    yield* page.accounts;
    cursor = page.next;
  } while (cursor !== null);
}

/** The addresses of accounts that are nobody's, which only their apps know. @throws what the clients throw */
export async function addressesOf<T extends { app: App; vendorUserId: string | null }>(
  accounts: readonly T[],
): Promise<Map<T, string>> {
  const addresses = new Map<T, string>();
  for (const [app, ofApp] of Map.groupBy(accounts, (account) => account.app)) {
    const wanted = new Map(ofApp.map((account) => [account.vendorUserId, account]));
    for await (const { id, reference, email } of listedAccounts(app)) {
      const account = wanted.get(id ?? reference ?? null);
      if (account !== undefined && email !== null) addresses.set(account, email);
      if (addresses.size >= accounts.length) return addresses;
    }
  }
  return addresses;
}
