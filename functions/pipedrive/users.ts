import { VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { ensure } from '../vendor/ensure.ts';
import type { ScimPerson } from '../vendor/scim.ts';
import type { AccountWrites } from './account-writes.ts';
import type { PipedriveUserReads, User } from './user-reads.ts';

/** The steps about a user. */
export function pipedriveUsers(reads: PipedriveUserReads, writes: AccountWrites, sleep: Sleep) {
  const ensureActive = async (
    operation: string,
    vendorUserId: string,
    active: boolean,
  ): Promise<StepResult> => {
    const { status } = await ensure({
      read: () => reads.readUser(operation, vendorUserId),
      isDone: (user) => user.active_flag === active,
      write: (user) =>
        writes.setActive(operation, user, active).catch((error) => explainLastAdmin(error, user, active)),
      unconfirmed: () => new VendorUnconfirmedError('pipedrive', operation, `user ${vendorUserId}`),
      sleep,
    });
    if (status === 'already_done') return { status };
    return { status, changes: [{ what: active ? 'user reactivated' : 'user deactivated' }] };
  };

  return {
    /** What Pipedrive shows of a user now; null when there is none with this id. */
    readUser: async (vendorUserId: string) => {
      const user = await reads.readUserIfExists('readUser', vendorUserId);
      return user === null ? null : { email: user.email, isActive: user.active_flag };
    },

    /** By the recorded id first, by exact email second. @throws AmbiguousUserError */
    findUser: async (person: { email: string; vendorUserId: string | null }): Promise<StepResult> => {
      const user = await reads.findPerson(person);
      return user === null
        ? { status: 'not_found', account: null }
        : { status: 'found', account: { vendorUserId: String(user.id) } };
    },

    /** Creates the user unless there is one; Pipedrive sends the invitation by itself. */
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
      const account = state === null ? null : { vendorUserId: String(state.id) };
      return status === 'already_done' || wasThere
        ? { status: 'already_done', account }
        : { status, account, changes: [{ what: 'user created' }] };
    },

    /** Lets a deactivated user log in again. @throws as `deactivateUser` */
    reactivateUser: (vendorUserId: string) => ensureActive('reactivateUser', vendorUserId, true),

    /**
     * Deactivates the user. Their records stay theirs.
     *
     * @throws AccountNotManagedError in SCIM mode, when SCIM does not list the user's address.
     */
    deactivateUser: (vendorUserId: string) => ensureActive('deactivateUser', vendorUserId, false),
  };
}

function explainLastAdmin(error: unknown, user: User, active: boolean): never {
  const mayBeLastAdmin = !active && error instanceof VendorRejectedError && Number(user.is_admin ?? 0) === 1;
  if (!mayBeLastAdmin) throw error;
  throw new VendorRejectedError(error.call, {
    advice:
      'The user is an admin, and Pipedrive keeps its last one. Make somebody else an admin, then play the event again.',
  });
}
