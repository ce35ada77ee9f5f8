import type { ListedAccount } from '../shared/listed-account.ts';
import { type ListAccounts, listCollections } from '../vendor/account-list.ts';
import { FIRST_POSITION, pagesOf } from './pages.ts';
import type { DrataPersonnelReads, Personnel } from './personnel-reads.ts';

/** Lists all personnel records, inactive ones too, a page at a time. */
export function drataAccountList(reads: DrataPersonnelReads): ListAccounts {
  return listCollections([
    {
      name: 'personnel',
      list: pagesOf('listAccounts', '/personnel'),
      first: FIRST_POSITION,
      fetch: async (position) => {
        const { data, ...page } = await reads.listAt('listAccounts', position);
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
