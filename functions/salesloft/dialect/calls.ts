import * as z from 'zod/mini';
import type { VendorCall } from '../../shared/errors.ts';
import { enriching, enrichingText } from '../../vendor/enriching.ts';
import { NumberId } from '../../vendor/ids.ts';
import type { Page } from '../../vendor/paging.ts';

/** A user as REST shows them; null is what it does not show. */
export type User = {
  id: number;
  email: string | null;
  name: string | null;
  title: string | null;
  active: boolean | null;
  /** By which cadences name their owner, where they can be listed. */
  guid?: string | null;
  /** By its name, or only by an id that `readRole` looks up; undefined is what the answer does not tell. */
  role?: { id?: string | undefined; name?: string | undefined } | null | undefined;
};

/** A user in a list; undefined is what the list does not tell. */
export type ListedUser = User & {
  group?: { id: number } | null | undefined;
};

export const Metadata = z.object({
  paging: z.object({
    next_page: z.optional(z.nullable(z.int())),
    total_count: enriching('total_count', z.optional(z.nullable(z.int())), undefined),
  }),
});
export type Metadata = z.infer<typeof Metadata>;

export const Group = z.object({
  id: NumberId,
  name: enrichingText('name'),
  parent_id: enriching('parent_id', z.optional(z.nullable(NumberId)), null),
});

export type Invitation = {
  id?: number | string | null | undefined;
  email: string | null;
  created_at: string | null;
};

/** A list of invitations; its position is the page's number, and the id of the last invitation on the page before. */
export type ListInvitations = (operation: string, position: string) => Promise<Page<Invitation, string>>;

/** The calls of SalesLoft's REST API in one of its dialects, with their parsers. `operation` is the client's method, for messages. */
export type SalesloftCalls = {
  /** Null for a user of another team, and for one who has not accepted the invitation yet. */
  readUser(operation: string, vendorUserId: string): Promise<User | null>;
  /** A page of all users, deactivated ones too. */
  listPage(operation: string, page: number): Promise<Page<ListedUser, number>>;
  /** Those who may have the address, before the whole list is read; null where nothing but the list tells. */
  search: ((address: string) => Promise<ListedUser[]>) | null;
  /** The users of some ids; one who is left out may be shown all the same. Null where no list takes ids. */
  listAmong: ((operation: string, ids: readonly string[]) => Promise<ListedUser[]>) | null;
  /** Null where SalesLoft has no such list: then nobody knows who has accepted. */
  listInvitations: ListInvitations | null;
  /** The name of the role that an answer has shown of a user; undefined where it has shown none. */
  readRole(operation: string, user: Pick<User, 'role'>): Promise<string | null | undefined>;
  listGroups(page: number): Promise<Page<z.infer<typeof Group>, number>>;
  /** Null where REST cannot write users. */
  setActive: ((operation: string, vendorUserId: string, active: boolean) => Promise<void>) | null;
  /** The names of the cadences that a user owns; null where they cannot be listed. */
  cadencesOf: ((guid: string) => Promise<string[]>) | null;
};

/** The call that lists a collection, for messages. */
export function pagesOf(operation: string, path: string): VendorCall {
  return { vendor: 'salesloft', operation, method: 'GET', path };
}

/** The number of the next page; null at the end. */
export function nextPage(
  page: number,
  items: readonly unknown[],
  metadata: Metadata | undefined,
): number | null {
  // A missing next_page is not the end: users on later pages would be missed, and invited a second time.
  const { next_page = items.length === 0 ? null : page + 1 } = metadata?.paging ?? {};
  return next_page;
}
