import * as z from 'zod/mini';

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
export const Cursor = z.object({
  collection: z.string(),
  position: z.string(),
  /** How many pages and entries of the collection came before. */
  pages: z.optional(z.int()),
  entries: z.optional(z.int()),
  /** An earlier position: pages that lead back to it never end. */
  mark: z.optional(z.string()),
});
export type Cursor = z.infer<typeof Cursor>;

export type AccountPage = {
  collection: string;
  accounts: ListedAccount[];
  owned: OwnedRecords[];
  total: number | null;
  /** Null after the last page of the last collection. */
  next: Cursor | null;
};
