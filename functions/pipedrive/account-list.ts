import type { ListedAccount } from '../shared/listed-account.ts';
import { type Collection, type ListAccounts, listCollections } from '../vendor/account-list.ts';
import { type PipedriveLists, pagesOf } from './answers.ts';
import { recordCollections } from './records.ts';
import { readRoleNames } from './roles.ts';
import { ListedUser } from './user-reads.ts';

const FIRST_POSITION = '0';

/** Lists all users, and after them the records that they own, a page at a time. */
export function pipedriveAccountList(lists: PipedriveLists): ListAccounts {
  return listCollections([userCollection(lists), ...recordCollections(lists)]);
}

function userCollection(lists: PipedriveLists): Collection {
  const roleNamesAt = onceAWalk(() => readRoleNames(lists, 'listAccounts'));
  return {
    name: 'users',
    list: pagesOf('listAccounts', '/users'),
    first: FIRST_POSITION,
    fetch: async (position) => {
      const roleNames = await roleNamesAt(position);
      // Deactivated users are listed too: https://developers.pipedrive.com/docs/api/v1/Users#getUsers
      const list = { operation: 'listAccounts', path: '/users', item: ListedUser };
      const { items, next } = await lists.readAt(list, position);
      return { accounts: items.map((user) => listedAccount(user, roleNames)), next };
    },
  };
}

/** Reads at the first page of each walk, and at a later one only when a walk goes on in another process. */
function onceAWalk<T>(read: () => Promise<T>): (position: string) => Promise<T> {
  let known: { value: T } | undefined;
  return async (position) => {
    // A failure is not kept: the next attempt reads again.
    if (known === undefined || position === FIRST_POSITION) known = { value: await read() };
    return known.value;
  };
}

function listedAccount(user: ListedUser, roleNames: ReadonlyMap<number, string>): ListedAccount {
  const { id, email, active_flag, role_id, created, last_login } = user;
  // Pipedrive shows no invitations; who has accepted one has logged in.
  const isInvited = active_flag === true && last_login === null && created !== null;
  return {
    id: String(id),
    email,
    isOpen: active_flag !== false,
    ...(isInvited ? { invitedAt: created } : {}),
    // Where the list leaves the role out, nothing is known about it.
    ...(role_id === undefined ? {} : { role: role_id === null ? null : (roleNames.get(role_id) ?? null) }),
  };
}
