import type { VendorCall } from '../../shared/errors.ts';
import type { Page } from '../../vendor/paging.ts';
import type { AccountWrites } from './writes.ts';

/** A user, as far as the dialect shows one; null is what it does not show. */
export type User = {
  id: number;
  name: string | null;
  email: string | null;
  isActive: boolean | null;
  isAdmin: boolean;
};

export type FoundUser = Pick<User, 'id' | 'name' | 'email'>;

export type ListedUser = Omit<User, 'isAdmin'> & {
  /** Left out where a list does not tell. */
  isAdmin?: boolean;
  /** Null without a role; left out where nothing is known about it. */
  roleId?: number | null;
  /** Since when an invitation waits to be accepted; left out when none does. */
  invitedAt?: string;
};

export type Role = { id: number; name: string };

/** A deal, an activity or a contact. */
export type OwnedRecord = {
  id: number;
  ownerId: number | null;
  /** Whether somebody has to take it over from a leaver. */
  isOpen: boolean;
};

/** The open records of one kind. */
export type RecordCalls = {
  path: string;
  /** The position of the first page. */
  first: string;
  /** A page of one user's records; of everybody's when null. Some of them may be others', or not open. */
  listAt(operation: string, ownerId: string | null, position: string): Promise<Page<OwnedRecord, string>>;
  readIfExists(operation: string, id: number): Promise<OwnedRecord | null>;
  /** Returns null when the record is gone. */
  giveTo(operation: string, id: number, newOwnerId: number): Promise<unknown>;
};

export type RecordKind = 'deals' | 'activities' | 'contacts';

/** What reports call the records that a leaver owns and somebody must take over. */
export const IN_WORDS: Record<RecordKind, string> = {
  deals: 'open deals',
  activities: 'open activities',
  contacts: 'contacts',
};

/**
 * The calls of Pipedrive's REST API in one of its dialects, with their parsers. `operation` is the client's method, for
 * messages.
 */
export type PipedriveCalls = {
  /** @throws VendorRejectedError when there is no such user. */
  readUser(operation: string, id: string): Promise<User>;
  readUserIfExists(operation: string, id: string): Promise<User | null>;
  /** Everybody whose address contains the term. */
  findUsers(operation: string, term: string): Promise<FoundUser[]>;
  /** All users, deactivated ones too. */
  listUsers(operation: string): Promise<ListedUser[]>;
  /** The same a page at a time. */
  listUsersAt(operation: string, position: string): Promise<Page<ListedUser, string>>;
  firstUsers: string;

  listRoles(operation: string): Promise<Role[]>;
  /** The roles that a user has now. */
  listRoleIds(operation: string, userId: string): Promise<number[]>;
  /** The names of what a user may do; null when the user is gone. */
  listPermissions(operation: string, userId: string): Promise<string[] | null>;

  records: Record<RecordKind, RecordCalls>;
  /** Open deals that are archived, which no other list shows; null where there are none of the kind. */
  archivedDeals: Pick<RecordCalls, 'path' | 'first' | 'listAt'> | null;

  writes: AccountWrites;
};

/** The call that lists a collection, for messages. */
export function pagesOf(operation: string, path: string): VendorCall {
  return { vendor: 'pipedrive', operation, method: 'GET', path };
}
