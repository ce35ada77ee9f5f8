import type { ListedAccount } from '../shared/listed-account.ts';
import { type CollectionPage, type ListAccounts, listCollections } from '../vendor/account-list.ts';
import { type driftwoodUserSearch, pagesOf } from './user-search.ts';
import { isOpen, isUnaccepted, type User } from './users.ts';

/** Lists all users a page at a time, deactivated ones too. */
export function driftwoodAccountList(
  listPage: ReturnType<typeof driftwoodUserSearch>['listPage'],
): ListAccounts {
  const fetch = async (position: string): Promise<CollectionPage> => {
    const { items, total, next } = await listPage('listAccounts', Number(position));
    return { accounts: items.map(listedAccount), total, next: next === null ? null : String(next) };
  };

  return listCollections([{ name: 'users', list: pagesOf('listAccounts'), first: '0', fetch }]);
}

function listedAccount(user: User): ListedAccount {
  const { id, email, role, created_at } = user;
  const isInvited = isUnaccepted(user) && created_at !== null;
  return {
    id,
    email,
    isOpen: isOpen(user),
    ...(role === undefined ? {} : { role }),
    ...(isInvited ? { invitedAt: created_at } : {}),
  };
}
