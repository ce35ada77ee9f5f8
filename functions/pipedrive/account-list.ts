import type { ListedAccount } from '../shared/listed-account.ts';
import {
  type Collection,
  type CollectionPage,
  countByOwner,
  type ListAccounts,
  listCollections,
} from '../vendor/account-list.ts';
import {
  IN_WORDS,
  type ListedUser,
  type PipedriveCalls,
  pagesOf,
  type RecordCalls,
} from './dialect/calls.ts';
import { readRoleNames } from './roles.ts';

/** Lists all users, and after them the records that they own, a page at a time. */
export function pipedriveAccountList(calls: PipedriveCalls): ListAccounts {
  return listCollections([userCollection(calls), ...recordCollections(calls)]);
}

function userCollection(calls: PipedriveCalls): Collection {
  const { firstUsers } = calls;
  const roleNamesAt = onceAWalk(firstUsers, () => readRoleNames(calls, 'listAccounts'));
  return {
    name: 'users',
    list: pagesOf('listAccounts', '/users'),
    first: firstUsers,
    fetch: async (position) => {
      const roleNames = await roleNamesAt(position);
      const { items, next } = await calls.listUsersAt('listAccounts', position);
      return { accounts: items.map((user) => listedAccount(user, roleNames)), next };
    },
  };
}

/** Reads at the first page of each walk, and at a later one only when a walk goes on in another process. */
function onceAWalk<T>(first: string, read: () => Promise<T>): (position: string) => Promise<T> {
  let known: { value: T } | undefined;
  return async (position) => {
    // A failure is not kept: the next attempt reads again.
    if (known === undefined || position === first) known = { value: await read() };
    return known.value;
  };
}

function listedAccount(user: ListedUser, roleNames: ReadonlyMap<number, string>): ListedAccount {
  const { id, email, isActive, roleId, invitedAt } = user;
  return {
    id: String(id),
    email,
    isOpen: isActive !== false,
    ...(invitedAt === undefined ? {} : { invitedAt }),
    // Where the list leaves the role out, nothing is known about it.
    ...(roleId === undefined ? {} : { role: roleId === null ? null : (roleNames.get(roleId) ?? null) }),
  };
}

/** The open deals, the open activities and the contacts, counted by owner; archived deals where they are apart. */
function recordCollections({ records, archivedDeals }: PipedriveCalls): Collection[] {
  const { deals, activities, contacts } = records;
  return [
    collectionOf(IN_WORDS.deals, deals),
    ...(archivedDeals === null ? [] : [collectionOf('archived open deals', archivedDeals)]),
    collectionOf(IN_WORDS.activities, activities),
    collectionOf(IN_WORDS.contacts, contacts),
  ];
}

function collectionOf(
  what: string,
  { path, first, listAt }: Pick<RecordCalls, 'path' | 'first' | 'listAt'>,
): Collection {
  return {
    name: what,
    list: pagesOf('listAccounts', path),
    first,
    fetch: async (position): Promise<CollectionPage> => {
      const { items, next } = await listAt('listAccounts', null, position);
      const open = items.filter(({ isOpen }) => isOpen);
      return {
        owned: countByOwner(
          what,
          open.map(({ ownerId }) => ownerId),
        ),
        next,
      };
    },
  };
}
