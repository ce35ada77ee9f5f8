import { InvalidInputError } from '../shared/errors.ts';
import type { AccountPage, Cursor, ListedAccount, OwnedRecords } from '../shared/listed-account.ts';
import { EndlessPagingError } from './paging.ts';

export type CollectionPage = {
  accounts?: ListedAccount[];
  owned?: OwnedRecords[];
  /** How many entries the collection has, when the app says so. */
  total?: number | undefined;
  /** The position to ask for next; null at the end. */
  next: string | null;
};

/** One of the lists in which an app keeps its accounts and what they own. */
export type Collection = {
  name: string;
  first: string;
  fetch: (position: string) => Promise<CollectionPage>;
};

/** Lists an app's accounts one page at a time, so that a walk can stop after any page and go on in another process. */
export type ListAccounts = (cursor: Cursor | null) => Promise<AccountPage>;

/**
 * Lists collections one after the other.
 *
 * @throws EndlessPagingError when the app names a page as its own successor; InvalidInputError for a cursor of
 *   another collection; what `fetch` throws.
 */
export function listCollections(collections: readonly [Collection, ...Collection[]]): ListAccounts {
  return async (cursor) => {
    const [firstCollection] = collections;
    const { collection: name, position } = cursor ?? startOf(firstCollection);
    const index = collections.findIndex((collection) => collection.name === name);
    const collection = collections[index];
    if (collection === undefined)
      throw new InvalidInputError(`The walk cannot go on: there is no collection ${name}.`);
    const { accounts = [], owned = [], total = null, next } = await collection.fetch(position);
    if (next === position) throw new EndlessPagingError(1);
    const following = collections[index + 1];
    const afterwards = following === undefined ? null : startOf(following);
    return {
      collection: name,
      accounts,
      owned,
      total,
      next: next === null ? afterwards : { collection: name, position: next },
    };
  };
}

/** Counts a page's records by owner, without those that nobody owns. */
export function countByOwner(
  what: string,
  ownerIds: readonly (string | number | null | undefined)[],
): OwnedRecords[] {
  const counts = new Map<string, number>();
  for (const owner of ownerIds) {
    if (owner === null || owner === undefined) continue;
    counts.set(String(owner), (counts.get(String(owner)) ?? 0) + 1);
  }
  return [...counts].map(([ownerId, count]) => ({ ownerId, what, count }));
}

function startOf({ name, first }: Collection): Cursor {
  return { collection: name, position: first };
}
