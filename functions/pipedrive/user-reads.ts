import * as z from 'zod/mini';
import type { VendorHttp } from '../vendor/http.ts';
import { exactMatch } from '../vendor/match.ts';
import { textOrNothing, textOrNothingIfTold } from '../vendor/text-or-nothing.ts';
import { envelope, type PipedriveLists } from './answers.ts';

export const User = z.object({
  id: z.int(),
  email: textOrNothing,
  active_flag: z.boolean(),
  is_admin: z.optional(z.union([z.number(), z.boolean()])),
  role_id: z.optional(z.nullable(z.int())),
  created: textOrNothing,
  last_login: textOrNothingIfTold,
});
export type User = z.infer<typeof User>;

// The search does not say whether a user is active.
const FoundUser = z.object({ id: z.int(), email: textOrNothing });
type FoundUser = z.infer<typeof FoundUser>;

export type PipedriveUserReads = ReturnType<typeof pipedriveUserReads>;

/** Reads users, over REST in either mode. `operation` is the client's method, for messages. */
export function pipedriveUserReads(http: VendorHttp, lists: PipedriveLists) {
  // https://developers.pipedrive.com/docs/api/v1/Users#getUser
  const userCall = (operation: string, vendorUserId: string) =>
    ({ operation, method: 'GET', path: `/users/${vendorUserId}`, answer: envelope(User) }) as const;

  const readUserIfExists = async (operation: string, vendorUserId: string): Promise<User | null> =>
    (await http.requestIfExists(userCall(operation, vendorUserId)))?.data ?? null;

  /** The user with exactly this address. @throws AmbiguousUserError */
  const findByEmail = async (operation: string, email: string): Promise<FoundUser | null> => {
    // https://developers.pipedrive.com/docs/api/v1/Users#findUsersByName
    const query = { term: email, search_by_email: 1 };
    const found = await lists.readAll({ operation, path: '/users/find', query, item: FoundUser });
    return exactMatch('pipedrive', email, found, ({ id, email: address }) => ({ id, email: address }));
  };

  return {
    findByEmail,
    readUserIfExists,

    /** @throws VendorRejectedError when there is no such user. */
    readUser: async (operation: string, vendorUserId: string): Promise<User> =>
      (await http.request(userCall(operation, vendorUserId))).data,

    /** By the recorded id first, by exact email second. @throws AmbiguousUserError */
    findPerson: async (person: { email: string; vendorUserId: string | null }): Promise<FoundUser | null> => {
      const { email, vendorUserId } = person;
      // Only an id may become a part of the path.
      const isId = vendorUserId !== null && /^\d+$/.test(vendorUserId);
      const recorded = isId ? await readUserIfExists('findUser', vendorUserId) : null;
      return recorded ?? findByEmail('findUser', email);
    },
  };
}
