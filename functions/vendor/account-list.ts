import { InvalidInputError, type VendorCall } from '../shared/errors.ts';
import type { AccountPage, Cursor, ListedAccount, OwnedRecords } from '../shared/listed-account.ts';
import { assertAllArrived, endlessPaging } from './paging.ts';

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
  /** The call that lists it, for messages. */
  list: VendorCall;
  first: string;
  fetch: (position: string) => Promise<CollectionPage>;
};

/** Lists an app's accounts one page at a time, so that a walk can stop after any page and go on in another process. */
export type ListAccounts = (cursor: Cursor | null) => Promise<AccountPage>;

/**
 * Lists collections one after the other.
 *
 * @throws VendorResponseError when the pages lead back to an earlier one, or end before the total that the app gave;
 *   InvalidInputError for a cursor of another collection; what `fetch` throws.
 */
export function listCollections(collections: readonly [Collection, ...Collection[]]): ListAccounts {
  return async (cursor) => {
    const [firstCollection] = collections;
    const asked = cursor ?? startOf(firstCollection);
    const { collection: name, position } = asked;
    const index = collections.findIndex((collection) => collection.name === name);
    const collection = collections[index];
    if (collection === undefined)
      throw new InvalidInputError(`The walk cannot go on: there is no collection ${name}.`);
    const { accounts = [], owned = [], total = null, next } = await collection.fetch(position);
    const entries = (asked.entries ?? 0) + accounts.length;
    if (next === null) assertAllArrived(collection.list, entries, total);
    const following = collections[index + 1];
    const afterwards = following === undefined ? null : startOf(following);
    return {
      collection: name,
      accounts,
      owned,
      total,
      next: next === null ? afterwards : { ...successorOf(asked, next, collection.list), entries },
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

/**
 * The next cursor. The mark moves on after 1, 2, 4, 8, … pages, so that whatever circle the pages go in is longer than
 * the mark's distance at some time, and leads to it: https://en.wikipedia.org/wiki/Cycle_detection#Brent's_algorithm
 */
function successorOf(asked: Cursor, position: string, list: VendorCall): Cursor {
  const { pages: before = 0 } = asked;
  const pages = before + 1;
  const isPowerOfTwo = (before & (before - 1)) === 0;
  const mark = isPowerOfTwo ? asked.position : asked.mark;
  if (position === mark || position === asked.position) throw endlessPaging(list, pages);
  return { ...asked, position, pages, ...(mark === undefined ? {} : { mark }) };
}
