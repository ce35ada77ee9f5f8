import * as z from 'zod/mini';
import { sameEmail, spellingsOf } from '../shared/email.ts';
import { enriching, enrichingText, enrichingTextIfTold } from '../vendor/enriching.ts';
import type { AccountSearch } from '../vendor/find-account.ts';
import { flagOrNothing } from '../vendor/flag-or-nothing.ts';
import type { VendorHttp } from '../vendor/http.ts';
import { exactMatch } from '../vendor/match.ts';
import { envelope, type PipedriveLists } from './answers.ts';

export const User = z.object({
  id: z.int(),
  name: enrichingText('name'),
  email: enrichingText('email'),
  active_flag: flagOrNothing,
  is_admin: enriching('is_admin', z.optional(z.nullable(z.union([z.number(), z.boolean()]))), null),
});
export const ListedUser = z.extend(User, {
  active_flag: enriching('active_flag', flagOrNothing, null),
  role_id: enriching('role_id', z.optional(z.nullable(z.int())), undefined),
  created: enrichingText('created'),
  last_login: enrichingTextIfTold('last_login'),
});
export type ListedUser = z.infer<typeof ListedUser>;
export type User = z.infer<typeof User>;

const FoundUser = z.pick(User, { id: true, name: true, email: true });
type FoundUser = z.infer<typeof FoundUser>;

export type PipedriveUserReads = ReturnType<typeof pipedriveUserReads>;

/** Reads users, over REST in either mode. `operation` is the client's method, for messages. */
export function pipedriveUserReads(http: VendorHttp, lists: PipedriveLists) {
  // https://developers.pipedrive.com/docs/api/v1/Users#getUser
  const userCall = (operation: string, vendorUserId: string) =>
    ({ operation, method: 'GET', path: `/users/${vendorUserId}`, answer: envelope(User) }) as const;

  const readUserIfExists = async (operation: string, vendorUserId: string): Promise<User | null> =>
    (await http.requestIfExists(userCall(operation, vendorUserId)))?.data ?? null;

  /** Everybody with exactly this address. The search gives partial matches too. */
  const listByEmail = async (operation: string, email: string): Promise<FoundUser[]> => {
    const found = new Map<number, FoundUser>();
    for (const term of spellingsOf(email)) {
      // https://developers.pipedrive.com/docs/api/v1/Users#findUsersByName
      const query = { term, search_by_email: 1 };
      for (const user of await lists.readAll({ operation, path: '/users/find', query, item: FoundUser }))
        if (sameEmail(user.email ?? '', email)) found.set(user.id, user);
    }
    return [...found.values()];
  };

  /** The user with exactly this address. @throws AmbiguousUserError */
  const findByEmail = async (operation: string, email: string): Promise<FoundUser | null> =>
    exactMatch('pipedrive', email, await listByEmail(operation, email), (user) => ({
      id: user.id,
      email: user.email,
    }));

  return {
    findByEmail,
    readUserIfExists,

    /** @throws VendorRejectedError when there is no such user. */
    readUser: async (operation: string, vendorUserId: string): Promise<User> =>
      (await http.request(userCall(operation, vendorUserId))).data,

    /** The recorded user and all who have one of the addresses, deactivated ones too. */
    search: async ({ vendorUserId, addresses, isThorough = false }: AccountSearch): Promise<User[]> => {
      const found = new Map<number, User>();
      // Only an id may become a part of the path.
      const isId = vendorUserId !== null && /^\d+$/.test(vendorUserId);
      const recorded = isId ? await readUserIfExists('findUser', vendorUserId) : null;
      if (recorded !== null) found.set(recorded.id, recorded);
      for (const address of addresses)
        for (const { id } of await listByEmail('findUser', address)) {
          // The search does not say whether a user is active.
          const user = found.get(id) ?? (await readUserIfExists('findUser', String(id)));
          if (user !== null) found.set(id, user);
        }
      if (found.size > 0 || !isThorough) return [...found.values()];
      // The search misses whoever is written in a way that nobody thinks of, such as with an invisible character.
      // https://developers.pipedrive.com/docs/api/v1/Users#getUsers
      const all = await lists.readAll({ operation: 'findUser', path: '/users', item: ListedUser });
      return all.filter(({ email }) => addresses.some((address) => sameEmail(email ?? '', address)));
    },
  };
}
