import * as z from 'zod/mini';
import { VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { Change, LeftOver, StepResult } from '../shared/outcome.ts';
import { realSleep } from '../shared/sleep.ts';
import { assertTheirs } from '../vendor/assert-theirs.ts';
import { ensure } from '../vendor/ensure.ts';
import type { AccountSearch, FoundAccount } from '../vendor/find-account.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { collect } from '../vendor/paging.ts';
import { assertMayShut, type Release } from '../vendor/protected-account.ts';
import { differingFacts, factsOf, inWords, type ToldFacts } from '../vendor/told-facts.ts';
import { driftwoodAccountList } from './account-list.ts';
import { driftwoodRest, NO_SUCH_USER, RESET_PASSWORD_PATH } from './surface.ts';
import { driftwoodUserSearch } from './user-search.ts';
import { accountOf, type DriftwoodAccount, isOpen, isUnaccepted, type User } from './users.ts';

// API reference: https://docs.driftwoodapp.com/api/users/

/** Somebody to be invited. */
export const DriftwoodJoiner = z.object({ email: z.string(), firstName: z.string(), lastName: z.string() });
type DriftwoodJoiner = z.infer<typeof DriftwoodJoiner>;

const DEFAULT_PAGE_SIZE = 100;

export type DriftwoodClient = ReturnType<typeof driftwood>;

/**
 * The Driftwood CRM client. Each method is one step, and each that writes may be run again. Besides what is
 * named at a method, all throw the errors of `VendorHttp`.
 */
export function driftwood(options: ClientOptions = {}) {
  const sleep = options.sleep ?? realSleep;
  const http = vendorHttp(driftwoodRest, { sleep, ...options.rest });
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;

  const { listPage, listUsers, readUser, findByEmail, searchUsers } = driftwoodUserSearch(http, pageSize);

  const setActive = async (
    operation: string,
    account: DriftwoodAccount,
    active: boolean,
    guard: (user: User | null) => Promise<void> = async () => {},
  ): Promise<{ result: StepResult; user: User | null }> => {
    const { vendorUserId } = account;
    let wasOpen = false;
    const { status, state: user } = await ensure<User | null | 'hidden'>({
      read: async () => {
        const user = await readUser(operation, account);
        // Nobody says whether the list shows deactivated users.
        return user === null && wasOpen && !active ? 'hidden' : user;
      },
      // Who does not show may be deactivated, so the write, which uses the id, is sent.
      isDone: (user) =>
        user === 'hidden' || (user !== null && (active ? user.deactivated_at === null : !isOpen(user))),
      write: async (user) => {
        if (user === 'hidden') return;
        wasOpen = user !== null && isOpen(user);
        await guard(user);
        // Without `active` this activates: https://docs.driftwoodapp.com/api/users/ (users-set-active)
        await http.request({
          operation,
          method: 'POST',
          path: '/users-set-active',
          body: { user_id: vendorUserId, active },
          isThere: true,
          answer: z.unknown(),
        });
      },
      unconfirmed: () => new VendorUnconfirmedError('driftwood', operation, `user ${vendorUserId}`),
      sleep,
    });
    const shown = user === 'hidden' ? null : user;
    if (status === 'already_done') return { result: { status }, user: shown };
    const change: Change = active
      ? { what: 'user activated', login: 'opened' }
      : { what: 'user deactivated', login: 'shut' };
    return { result: { status, changes: [change] }, user: shown };
  };

  /**
   * Invites the person unless there is a user with this address, deactivated or not. An invited user is active
   * at once, and `invited` until the first password is set.
   *
   * @throws AmbiguousUserError; IdentityConflictError when the user that there is has another name;
   *   VendorUnconfirmedError when the new user does not show.
   */
  const inviteUser = async (person: DriftwoodJoiner): Promise<StepResult> => {
    const { status, state } = await ensure({
      read: () => findByEmail('inviteUser', person.email),
      isDone: (user) => user !== null,
      write: () =>
        // https://docs.driftwoodapp.com/api/users/ (users-invite)
        http.request({
          operation: 'inviteUser',
          method: 'POST',
          path: '/users-invite',
          body: { email: person.email, name: `${person.firstName} ${person.lastName}` },
          answer: z.unknown(),
        }),
      unconfirmed: () => new VendorUnconfirmedError('driftwood', 'inviteUser', 'the invited user'),
      sleep,
    });
    if (state !== null) assertTheirs('driftwood', person, state);
    const account = state === null ? null : accountOf(state);
    return status === 'already_done'
      ? { status: statusOf(status, state), account }
      : { status: 'invited', account, changes: [{ what: 'user invited', login: 'opened' }] };
  };

  return {
    /**
     * The recorded user and all who have one of the addresses, deactivated ones too. Nobody says whether the list shows
     * those: who comes back and does not show is taken for deactivated.
     */
    findUser: async (search: AccountSearch): Promise<FoundAccount<DriftwoodAccount>[]> => {
      const users = await searchUsers(search);
      const { comesBack = false, vendorUserId, addresses } = search;
      if (users.length === 0 && comesBack && vendorUserId !== null) {
        const account = { vendorUserId, email: addresses[0] ?? '' };
        return [{ account, address: null, externalId: null, name: null, isOpen: false }];
      }
      return users.map((user) => ({
        account: accountOf(user),
        address: user.email || null,
        externalId: null,
        name: user.name,
        role: user.role ?? null,
        isOpen: isOpen(user),
      }));
    },

    inviteUser,

    /**
     * Lets the user log in, `invited` for somebody who still has to accept the invitation. A name or an address that is not
     * HR's is a follow-up: no call changes them.
     *
     * @param newcomer whom to invite where there is no such user any more; null where nobody is to be invited.
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such user; as `inviteUser`.
     */
    activateUser: async (
      account: DriftwoodAccount,
      told: ToldFacts,
      newcomer: DriftwoodJoiner | null = null,
    ): Promise<StepResult> => {
      try {
        const { result, user } = await setActive('activateUser', account, true);
        return {
          ...result,
          status: statusOf(result.status, user),
          // Of somebody who did not show before, the spelling was not known.
          ...(user === null || user.email === account.email ? {} : { account: accountOf(user) }),
          ...factsLeft(account, user, told),
        };
      } catch (error) {
        const isGone = error instanceof VendorRejectedError && error.code === NO_SUCH_USER;
        if (newcomer === null || !isGone) throw error;
        return inviteUser(newcomer);
      }
    },

    /** Says what of the user's name and address a person has to change: no call does. */
    updateUser: async (account: DriftwoodAccount, told: ToldFacts): Promise<StepResult> => {
      const user = await readUser('updateUser', account);
      return { status: 'not_needed', ...factsLeft(account, user, told) };
    },

    /**
     * Deactivates the user. Nothing is deleted.
     *
     * @param release what a person has released of what protects the user; nothing protects them where it is left out.
     * @throws VendorUnconfirmedError; VendorRejectedError when there is no such user; ProtectedAccountError where nobody
     *   has released them.
     */
    deactivateUser: async (account: DriftwoodAccount, release: Release = {}): Promise<StepResult> => {
      const { vendorUserId } = account;
      const guard = (user: User | null) =>
        assertMayShut('driftwood', vendorUserId, release, {
          readRole: async () => user?.role,
          readOtherRoles: async () =>
            (await collect(listUsers('deactivateUser')))
              .filter((other) => other.id !== vendorUserId && isOpen(other) && !isUnaccepted(other))
              .map(({ role }) => role),
        });
      return (await setActive('deactivateUser', account, false, guard)).result;
    },

    /**
     * Has Driftwood mail the person a link to set a password, unless Driftwood shows that they have one. When the answer
     * is lost, the next attempt may send another mail.
     *
     * @throws VendorUnconfirmedError when the user does not show.
     */
    requestPasswordReset: async (account: DriftwoodAccount): Promise<StepResult> => {
      const operation = 'requestPasswordReset';
      const user = await readUser(operation, account);
      if (user === null)
        throw new VendorUnconfirmedError('driftwood', operation, `user ${account.vendorUserId}`);
      // When Driftwood does not say, a second mail is better than no password.
      if (user.must_change_password === false) return { status: 'already_done' };
      // The answer is the same whether there is such an address or not:
      // https://docs.driftwoodapp.com/api/users/ (users-forgot-password)
      await http.request({
        operation,
        method: 'POST',
        path: '/users-forgot-password',
        body: { email: user.email },
        answer: z.unknown(),
      });
      return { status: 'changed', changes: [{ what: 'password mail requested' }] };
    },

    /**
     * Sets a password with the token of a reset mail, which can be used once.
     *
     * @throws VendorRejectedError when the token or the password is refused. After VendorUnavailableError and
     *   VendorResponseError the password may have been set.
     */
    resetPassword: async ({ token, newPassword }: { token: string; newPassword: string }): Promise<void> => {
      // https://docs.driftwoodapp.com/api/users/ (users-reset-password)
      await http.request({
        operation: 'resetPassword',
        method: 'POST',
        path: RESET_PASSWORD_PATH,
        body: { token, new_password: newPassword },
        answer: z.unknown(),
      });
    },

    /**
     * Changes the password of the user to whom the REST token belongs.
     *
     * @throws VendorRejectedError when one of the passwords is refused. After VendorUnavailableError and
     *   VendorResponseError the password may have been changed.
     */
    changePassword: async (change: { currentPassword: string; newPassword: string }): Promise<void> => {
      // https://docs.driftwoodapp.com/api/users/ (users-change-password)
      await http.request({
        operation: 'changePassword',
        method: 'POST',
        path: '/users-change-password',
        body: { current_password: change.currentPassword, new_password: change.newPassword },
        answer: z.unknown(),
      });
    },

    /** All users a page at a time, deactivated ones too. */
    listAccounts: driftwoodAccountList(listPage),
  };
}

/** @param user null when Driftwood does not show the user, and so not what is new. */
function factsLeft({ vendorUserId }: DriftwoodAccount, user: User | null, told: ToldFacts): LeftOver {
  const differing = differingFacts({ name: user?.name ?? null, email: user?.email ?? null }, told);
  const facts = inWords(differing);
  if (facts === null) return {};
  return {
    followUps: [`Change the ${facts} of Driftwood CRM user ${vendorUserId} by hand; its API cannot.`],
    unwritten: factsOf(differing),
  };
}

function statusOf(status: StepResult['status'], user: User | null): StepResult['status'] {
  return user !== null && isOpen(user) && isUnaccepted(user) ? 'invited' : status;
}
