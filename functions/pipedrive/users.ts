import { isForbidden, VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { Change, StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { assertTheirs } from '../vendor/assert-theirs.ts';
import { ensure, startingWith } from '../vendor/ensure.ts';
import type { AccountSearch, FoundAccount } from '../vendor/find-account.ts';
import { assertMayShut, type Release, type ToldRole } from '../vendor/protected-account.ts';
import type { ScimPerson } from '../vendor/scim.ts';
import { differingFacts, factsOf, inWords, type ToldFacts, writtenFacts } from '../vendor/told-facts.ts';
import type { PipedriveCalls, User } from './dialect/calls.ts';
import type { AccountWrites } from './dialect/writes.ts';
import type { PipedriveUserReads } from './user-reads.ts';

/** The steps about a user. */
export function pipedriveUsers(
  calls: PipedriveCalls,
  reads: PipedriveUserReads,
  writes: AccountWrites,
  sleep: Sleep,
) {
  const setActive = async (
    operation: string,
    vendorUserId: string,
    active: boolean,
    guard: (user: User) => Promise<void> = async () => {},
  ): Promise<{ result: StepResult; user: User }> => {
    const { status, state: user } = await ensure({
      read: () => calls.readUser(operation, vendorUserId),
      isDone: (user) => user.isActive === active,
      write: async (user) => {
        await guard(user);
        return writes.setActive(operation, user, active).catch((error) => {
          if (active || !user.isAdmin) throw error;
          throw explainedLastAdmin(error, writes.forbidsLastAdmin === true);
        });
      },
      unconfirmed: () => new VendorUnconfirmedError('pipedrive', operation, `user ${vendorUserId}`),
      sleep,
    });
    if (status === 'already_done') return { result: { status }, user };
    const change: Change = active
      ? { what: 'user reactivated', login: 'opened' }
      : { what: 'user deactivated', login: 'shut' };
    return { result: { status, changes: [change] }, user };
  };

  const readOtherRoles = async ({ id }: User): Promise<ToldRole[]> =>
    (await calls.listUsers('deactivateUser'))
      .filter((other) => other.id !== id && other.isActive === true)
      .map(roleOf);

  const bringInLine = async (operation: string, user: User, told: ToldFacts): Promise<StepResult> => {
    const differing = (shown: User) => differingFacts({ name: shown.name, email: shown.email }, told);
    const facts = inWords(differing(user));
    if (facts === null) return { status: 'already_done' };
    const { updateUser } = writes;
    if (typeof updateUser !== 'function')
      return {
        status: 'not_needed',
        followUps: [`Change the ${facts} of Pipedrive user ${user.id} by hand; ${updateUser.missing}.`],
        unwritten: factsOf(differing(user)),
      };
    const { state } = await ensure<User>({
      read: startingWith(user, () => calls.readUser(operation, String(user.id))),
      isDone: (shown) => inWords(differing(shown)) === null,
      isEnough: (shown) => differing(shown).email === undefined,
      write: (shown) => updateUser(operation, shown, differing(shown)),
      unconfirmed: () => new VendorUnconfirmedError('pipedrive', operation, `user ${user.id}`),
      sleep,
    });
    return writtenFacts(`Pipedrive user ${user.id}`, told, { before: user, after: state });
  };

  return {
    /** What Pipedrive shows of a user now; null when there is none with this id. */
    readUser: async (vendorUserId: string) => {
      const user = await calls.readUserIfExists('readUser', vendorUserId);
      return user === null ? null : { email: user.email, isActive: user.isActive !== false };
    },

    /** The recorded user and all who have one of the addresses, deactivated ones too. */
    findUser: async (search: AccountSearch): Promise<FoundAccount<{ vendorUserId: string }>[]> =>
      (await reads.search(search)).map((user) => ({
        account: { vendorUserId: String(user.id) },
        address: user.email,
        externalId: null,
        name: user.name,
        isOpen: user.isActive !== false,
      })),

    /**
     * Creates the user unless there is one; Pipedrive sends the invitation by itself.
     *
     * @throws IdentityConflictError when the one that there is has another name.
     */
    createUser: async (person: ScimPerson): Promise<StepResult> => {
      let wasThere = false;
      const { status, state } = await ensure({
        read: () => reads.findByEmail('createUser', person.email),
        isDone: (user) => user !== null,
        write: async () => {
          wasThere = !(await writes.createUser(person));
        },
        unconfirmed: () => new VendorUnconfirmedError('pipedrive', 'createUser', 'the new user'),
        sleep,
      });
      if (state !== null) assertTheirs('pipedrive', person, state);
      const account = state === null ? null : { vendorUserId: String(state.id) };
      return status === 'already_done' || wasThere
        ? { status: 'already_done', account }
        : { status, account, changes: [{ what: 'user created', login: 'opened' }] };
    },

    /**
     * Lets a deactivated user log in again, and then brings name and address in line with HR.
     *
     * @throws as `deactivateUser` and `updateUser`
     */
    reactivateUser: async (vendorUserId: string, told: ToldFacts): Promise<StepResult> => {
      const { result, user } = await setActive('reactivateUser', vendorUserId, true);
      const { status, changes = [], followUps = [] } = await bringInLine('reactivateUser', user, told);
      return {
        status: status === 'changed' ? status : result.status,
        changes: [...(result.changes ?? []), ...changes],
        followUps,
      };
    },

    /**
     * Brings a user's name and address in line with HR. What cannot be written is a follow-up.
     *
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such user, or the address is taken.
     */
    updateUser: async (vendorUserId: string, told: ToldFacts): Promise<StepResult> =>
      bringInLine('updateUser', await calls.readUser('updateUser', vendorUserId), told),

    /**
     * Deactivates the user. Their records stay theirs.
     *
     * @param release what a person has released of what protects the user; nothing protects them where it is left out.
     * @throws ProtectedAccountError where nobody has.
     * @throws AccountNotManagedError in SCIM mode, when SCIM does not list the user's address.
     */
    deactivateUser: async (vendorUserId: string, release: Release = {}): Promise<StepResult> => {
      const guard = (user: User) =>
        assertMayShut('pipedrive', vendorUserId, release, {
          // https://developers.pipedrive.com/docs/api/v1/Users#getCurrentUser
          readTokenUser: async () => String((await calls.readUser('deactivateUser', 'me')).id),
          readRole: async () => roleOf(user),
          readOtherRoles: () => readOtherRoles(user),
        });
      return (await setActive('deactivateUser', vendorUserId, false, guard)).result;
    },
  };
}

function roleOf({ isAdmin }: { isAdmin?: boolean | null | undefined }): ToldRole {
  return isAdmin === true ? 'admin' : null;
}

function explainedLastAdmin(error: unknown, isProtected: boolean): unknown {
  const advice =
    'The user is an admin, and Pipedrive keeps its last one. Make somebody else an admin, then play the event again.';
  if (error instanceof VendorRejectedError) return new VendorRejectedError(error.call, { advice });
  if (isProtected && isForbidden(error))
    return new VendorRejectedError(error.call, {
      advice: `${advice} Where there is another admin, the token may not change users.`,
    });
  return error;
}
