import { isAddressAmong, spellingsOf } from '../shared/email.ts';
import type { VendorCall } from '../shared/errors.ts';
import type { AccountSearch } from '../vendor/find-account.ts';
import type { VendorHttp } from '../vendor/http.ts';
import { exactMatch } from '../vendor/match.ts';
import { collect, type Page, walk } from '../vendor/paging.ts';
import { type DriftwoodAccount, type User, UserPage } from './users.ts';

/** The call that lists users, for messages. */
export const pagesOf = (operation: string): VendorCall => ({
  ...{ vendor: 'driftwood', operation, method: 'POST', path: '/users-list' },
});

/** Lists, reads and finds users. It throws the errors of `VendorHttp`. */
export function driftwoodUserSearch(http: VendorHttp, pageSize: number) {
  const listPage = async (
    operation: string,
    offset: number,
    search?: string,
  ): Promise<Page<User, number>> => {
    // https://docs.driftwoodapp.com/api/users/ (users-list)
    const { users, total } = await http.request({
      operation,
      method: 'POST',
      path: '/users-list',
      onlyReads: true,
      body: { search, limit: pageSize, offset },
      answer: UserPage,
    });
    // The server may lower `limit` and leave out the total, so a short page is not the end.
    const next = offset + users.length;
    const isLast = users.length === 0 || next >= (total ?? Number.POSITIVE_INFINITY);
    return { items: users, total: total ?? undefined, next: isLast ? null : next };
  };

  const listUsers = (operation: string, search?: string) =>
    walk(pagesOf(operation), 0, (offset: number) => listPage(operation, offset, search));

  const listByEmail = async (operation: string, email: string): Promise<User[]> => {
    const found = new Map<string, User>();
    for (const spelling of spellingsOf(email))
      for await (const user of listUsers(operation, spelling)) found.set(user.id, user);
    return [...found.values()];
  };

  /** The search misses whoever has another address by now. */
  const readUser = async (operation: string, { vendorUserId, email }: DriftwoodAccount) =>
    (await findById(vendorUserId, listUsers(operation, email))) ??
    (await findById(vendorUserId, listUsers(operation)));

  const findByEmail = async (operation: string, email: string) =>
    exactUser(email, await listByEmail(operation, email));

  /** The recorded user and all who have one of the addresses. A search also shows parts of addresses and names. */
  const searchUsers = async ({
    vendorUserId,
    addresses,
    isThorough = false,
    isNew = false,
  }: AccountSearch): Promise<User[]> => {
    const found = new Map<string, User>();
    const keep = (users: readonly User[]) => {
      for (const user of users) if (isWanted(user, { vendorUserId, addresses })) found.set(user.id, user);
    };
    // The search misses whoever is written in a way that nobody thinks of, such as with an invisible character.
    if (isThorough || isNew) keep(await collect(listUsers('findUser')));
    // Whoever the list shows, the search would show again; and it is asked once more before somebody is invited.
    if (found.size > 0 || isNew) return [...found.values()];
    for (const address of addresses) keep(await listByEmail('findUser', address));
    // A user whose address was changed in Driftwood does not appear in the search for the old address.
    if (vendorUserId !== null && !found.has(vendorUserId) && !isThorough) {
      const recorded = await findById(vendorUserId, listUsers('findUser'));
      if (recorded !== null) found.set(vendorUserId, recorded);
    }
    return [...found.values()];
  };

  return { listPage, listUsers, readUser, findByEmail, searchUsers };
}

function exactUser(email: string, candidates: readonly User[]): User | null {
  return exactMatch('driftwood', email, candidates, (user) => user);
}

function isWanted({ id, email }: User, { vendorUserId, addresses }: AccountSearch): boolean {
  return id === vendorUserId || isAddressAmong(email, addresses);
}

async function findById(vendorUserId: string, users: AsyncIterable<User>): Promise<User | null> {
  for await (const user of users) if (user.id === vendorUserId) return user;
  return null;
}
