import * as z from 'zod/mini';
import { InvalidInputError } from './errors.ts';
import { EndlessPagingError } from './paging.ts';

/** An account as its app lists it. */
export const ListedAccount = z.object({
  /** As the identity table has it; null for an entry that only belongs to an account, such as a pending invitation. */
  id: z.nullable(z.string()),
  /** What tells an entry without an id from the others, for a person; left out where there is an id, or nothing. */
  reference: z.optional(z.string()),
  email: z.nullable(z.string()),
  /** Whether somebody can log in, or could by accepting the invitation. */
  isOpen: z.boolean(),
  /** The role's name, null without one; left out where the list does not tell. */
  role: z.optional(z.nullable(z.string())),
  /** The account of the person's manager; left out where the list does not tell. */
  managerId: z.optional(z.nullable(z.string())),
  /** The group that the account is in; left out where the list does not tell. */
  groupId: z.optional(z.nullable(z.string())),
  /** Since when an invitation waits to be accepted, as the app writes it; left out when none does. */
  invitedAt: z.optional(z.string()),
});
export type ListedAccount = z.infer<typeof ListedAccount>;

/** How many records of a kind an account owns; one entry an owner on each page. */
export const OwnedRecords = z.object({ ownerId: z.string(), what: z.string(), count: z.int() });
export type OwnedRecords = z.infer<typeof OwnedRecords>;

/** Where a walk over an app's collections stands. */
export const Cursor = z.object({ collection: z.string(), position: z.string() });
export type Cursor = z.infer<typeof Cursor>;

export type CollectionPage = {
  accounts?: ListedAccount[];
  owned?: OwnedRecords[];
  /** How many entries the collection has, where the app tells. */
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

export type AccountPage = {
  collection: string;
  accounts: ListedAccount[];
  owned: OwnedRecords[];
  total: number | null;
  /** Null after the last page of the last collection. */
  next: Cursor | null;
};

/** One page of an app's accounts at a time, so that a walk may stop after any of them and go on elsewhere. */
export type ListAccounts = (cursor: Cursor | null) => Promise<AccountPage>;

/**
 * Lists collections one after the other.
 *
 * @throws EndlessPagingError when the app names a page as its own successor; InvalidInputError for a cursor that is
 *   none of these collections'; whatever `fetch` throws.
 */
export function listCollections(collections: readonly [Collection, ...Collection[]]): ListAccounts {
  return async (cursor) => {
    const [firstCollection] = collections;
    const { collection: name, position } = cursor ?? startOf(firstCollection);
    const index = collections.findIndex((collection) => collection.name === name);
    const collection = collections[index];
    if (collection === undefined)
      throw new InvalidInputError(`There is no collection ${name} to go on with.`);
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

/** Counts a page's records by owner; records that nobody owns are left out. */
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
