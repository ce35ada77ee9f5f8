import { isAddressAmong, sameEmail, spellingsOf } from '../shared/email.ts';
import type { AccountSearch } from '../vendor/find-account.ts';
import { exactMatch } from '../vendor/match.ts';
import type { FoundUser, ListedUser, PipedriveCalls, User } from './dialect/calls.ts';

export type PipedriveUserReads = ReturnType<typeof pipedriveUserReads>;

/** Finds users, over REST in either mode. `operation` is the client's method, for messages. */
export function pipedriveUserReads(calls: PipedriveCalls) {
  /** Everybody with exactly this address. The search gives partial matches too. */
  const listByEmail = async (operation: string, email: string): Promise<FoundUser[]> => {
    const found = new Map<number, FoundUser>();
    for (const term of spellingsOf(email))
      for (const user of await calls.findUsers(operation, term))
        if (sameEmail(user.email ?? '', email)) found.set(user.id, user);
    return [...found.values()];
  };

  return {
    /** The user with exactly this address. @throws AmbiguousUserError */
    findByEmail: async (operation: string, email: string): Promise<FoundUser | null> =>
      exactMatch('pipedrive', email, await listByEmail(operation, email), (user) => ({
        id: user.id,
        email: user.email,
      })),

    /** The recorded user and all who have one of the addresses, deactivated ones too. */
    search: async ({
      vendorUserId,
      addresses,
      isThorough = false,
      isNew = false,
    }: AccountSearch): Promise<(User | ListedUser)[]> => {
      // The search misses whoever is written in a way that nobody thinks of, such as with an invisible character.
      const all = isThorough || isNew ? await calls.listUsers('findUser') : [];
      const listed = all.filter(
        ({ id, email }) => String(id) === vendorUserId || isAddressAmong(email, addresses),
      );
      const found = new Map<number, User | ListedUser>(listed.map((user) => [user.id, user]));
      // Only an id may become a part of the path.
      const isId = vendorUserId !== null && /^\d+$/.test(vendorUserId);
      if (isId && !found.has(Number(vendorUserId))) {
        const recorded = await calls.readUserIfExists('findUser', vendorUserId);
        if (recorded !== null) found.set(recorded.id, recorded);
      }
      // Whoever the list shows, the search would show again; and it is asked once more before somebody is created.
      if (listed.length > 0 || isNew) return [...found.values()];
      for (const address of addresses)
        for (const { id } of await listByEmail('findUser', address)) {
          // The search does not say whether a user is active.
          if (!found.has(id)) found.set(id, await calls.readUser('findUser', String(id)));
        }
      return [...found.values()];
    },
  };
}
