import type { ListedAccount } from '../shared/listed-account.ts';
import { type ListAccounts, listCollections } from '../vendor/account-list.ts';
import { type DrataCalls, type Personnel, pagesOf } from './dialect/calls.ts';

/** Lists all personnel records, inactive ones too, a page at a time. */
export function drataAccountList(calls: DrataCalls): ListAccounts {
  return listCollections([
    {
      name: 'personnel',
      list: pagesOf('listAccounts', '/personnel'),
      first: calls.firstPosition,
      fetch: async (position) => {
        const { data, ...page } = await calls.listAt('listAccounts', position);
        return { accounts: data.map(listedAccount), ...page };
      },
    },
  ]);
}

function listedAccount({ id, email, isActive, role, managerId }: Personnel): ListedAccount {
  return {
    id,
    email,
    isOpen: isActive !== false,
    managerId,
    ...(role === undefined ? {} : { role }),
  };
}
