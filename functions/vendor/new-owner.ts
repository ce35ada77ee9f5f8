import * as z from 'zod/mini';
import { decideNewOwner } from '../match/new-owner.ts';
import { APP_TITLES, APPS, type App } from '../shared/apps.ts';
import { InvalidInputError } from '../shared/errors.ts';
import type { FindAccountOwner } from '../tables/account-owner.ts';

/** What is known of who has the new owner's address, when a run begins. */
export const KnownNewOwner = z.object({
  /** The employees who have the address now, by every id that they have had. */
  employeeIds: z.array(z.string()),
  /** Every address that they have had. */
  addresses: z.array(z.string()),
  /** By app, every id under which an account is recorded for them. */
  accountIds: z.partialRecord(z.enum(APPS), z.array(z.string())),
});
export type KnownNewOwner = z.infer<typeof KnownNewOwner>;

/** How a client looks for the new owner's account. */
type AccountLookup<Found> = {
  /** The one account with an address; null when there is none. */
  withAddress: (address: string) => Promise<Found | null>;
  /** Every id by which the account may be recorded. */
  idsOf: (found: Found) => readonly string[];
};

/** Who takes over a leaver's records in an app. A client gets no address, so that none goes by the address alone. */
export type NewOwner = {
  /**
   * The new owner's account; null when the app shows none.
   *
   * @throws InvalidInputError when the account with the address is somebody else's; what the lookup and the table throw.
   */
  find<Found>(lookup: AccountLookup<Found>): Promise<Found | null>;
};

/** What a step is told of who takes over. */
export const NamedNewOwner = z.object({
  reassignTo: z.nullable(z.string()),
  /** Missing in a run that began before this was kept. */
  newOwner: z.optional(z.nullable(KnownNewOwner)),
});

/** Who takes over in an app; null where nobody is named. */
export function newOwnerIn(
  app: App,
  { reassignTo, newOwner }: z.infer<typeof NamedNewOwner>,
  findOwner: FindAccountOwner,
): NewOwner | null {
  if (reassignTo === null) return null;
  const { employeeIds, addresses, accountIds } = newOwner ?? NOBODY_KNOWN;
  const holders = { employeeIds, accountIds: accountIds[app] ?? [] };

  const ownerOf = async (ids: readonly string[]): Promise<string | null> => {
    for (const id of ids) {
      const ownerId = await findOwner(app, id);
      if (ownerId !== null) return ownerId;
    }
    return null;
  };

  /** The recorded account, which may still have an address from before. */
  const findRecorded = async <Found>({ withAddress, idsOf }: AccountLookup<Found>): Promise<Found | null> => {
    if (holders.accountIds.length === 0) return null;
    for (const address of addresses) {
      const found = await withAddress(address);
      if (found !== null && idsOf(found).some((id) => holders.accountIds.includes(id))) return found;
    }
    return null;
  };

  return {
    find: async (lookup) => {
      const named = await lookup.withAddress(reassignTo);
      if (employeeIds.length === 0) return named;
      if (named === null) return findRecorded(lookup);
      const ids = lookup.idsOf(named);
      const ownerId = await ownerOf(ids);
      const verdict = decideNewOwner(holders, { ids, ownerId });
      if (verdict === 'theirs') return named;
      const recorded = await findRecorded(lookup);
      if (recorded !== null || verdict === 'unknown') return recorded ?? named;
      throw new InvalidInputError(
        `${APP_TITLES[app]} account ${ids[0]} has the new owner's address, which is employee ${employeeIds[0]}'s, and is recorded for employee ${ownerId}. Correct the address in ${APP_TITLES[app]}, or name somebody else.`,
      );
    },
  };
}

const NOBODY_KNOWN: KnownNewOwner = { employeeIds: [], addresses: [], accountIds: {} };
