import * as z from 'zod/mini';
import { tokenRenewal } from '../credentials/token-renewal.ts';
import { isAddressAmong, spellingsOf } from '../shared/email.ts';
import { type VendorCall, VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { ListedAccount } from '../shared/listed-account.ts';
import type { Change, LeftOver, StepResult } from '../shared/outcome.ts';
import { realSleep } from '../shared/sleep.ts';
import { type CollectionPage, listCollections } from '../vendor/account-list.ts';
import { assertTheirs } from '../vendor/assert-theirs.ts';
import { enriching, enrichingText, enrichingTextIfTold } from '../vendor/enriching.ts';
import { ensure } from '../vendor/ensure.ts';
import type { AccountSearch, FoundAccount } from '../vendor/find-account.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { TextId } from '../vendor/ids.ts';
import { exactMatch } from '../vendor/match.ts';
import { collect, type Page, walk } from '../vendor/paging.ts';
import { assertMayShut, type Release } from '../vendor/protected-account.ts';
import type { Answer, Failure, Surface } from '../vendor/surface.ts';
import { textOrNothing } from '../vendor/text-or-nothing.ts';
import { differingFacts, factsOf, inWords, type ToldFacts } from '../vendor/told-facts.ts';
import { driftwoodRestSurface } from './app.ts';

// API reference: https://docs.driftwoodapp.com/api/users/

export const driftwoodRest: Surface = {
  ...driftwoodRestSurface,
  tokenRenewal,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  readFailure,
};

/**
 * A Driftwood user as the steps pass it on. The address is spelled as in Driftwood; it is needed because a user can
 * be read only through a search.
 */
export const DriftwoodAccount = z.object({ vendorUserId: z.string(), email: z.string() });
type DriftwoodAccount = z.infer<typeof DriftwoodAccount>;

/** Somebody to be invited. */
export const DriftwoodJoiner = z.object({ email: z.string(), firstName: z.string(), lastName: z.string() });
type DriftwoodJoiner = z.infer<typeof DriftwoodJoiner>;

const User = z.object({
  id: TextId,
  email: enriching('email', z.string(), ''),
  name: enrichingText('name'),
  /** Undefined where it is not known whether the user is active: nothing is confirmed by that. */
  deactivated_at: enriching<string | null | undefined>('deactivated_at', textOrNothing, undefined),
  role: enrichingTextIfTold('role'),
  must_change_password: enriching('must_change_password', z.optional(z.nullable(z.boolean())), null),
  created_at: enrichingText('created_at'),
});
type User = z.infer<typeof User>;

const Envelope = z.object({ ok: z.literal(true), result: z.unknown() });
const UserHolder = z.object({
  users: z.optional(z.unknown()),
  items: z.optional(z.unknown()),
  data: z.optional(z.unknown()),
  total: z.optional(z.unknown()),
});
export const UserPage = z.pipe(
  z.pipe(z.unknown(), z.transform(toUserPage)),
  z.object({ users: z.array(User), total: enriching('total', z.optional(z.nullable(z.int())), undefined) }),
);

const Refusal = z.object({ ok: z.literal(false) });
// A code appears in messages, so a text that may be a sentence or an address is not read as one.
const RefusalCode = z.object({ error: z.object({ code: z.string().check(z.regex(/^[\w.-]{1,60}$/)) }) });
const NO_SUCH_USER = 'user.not_found';
const AUTH_CODE = /^(auth\.|token\.|unauthorized$|forbidden$)/;
const RESET_PASSWORD_PATH = '/users-reset-password';
const RESET_TOKEN_CODE = /^token\./;
const STATUSES_THAT_DECIDE = [401, 403, 408, 429];

const DEFAULT_PAGE_SIZE = 100;

const pagesOf = (operation: string): VendorCall => ({
  ...{ vendor: 'driftwood', operation, method: 'POST', path: '/users-list' },
});

export type DriftwoodClient = ReturnType<typeof driftwood>;

/**
 * The Driftwood CRM client. Each method is one step, and each that writes may be run again. Besides what is
 * named at a method, all throw the errors of `VendorHttp`.
 */
export function driftwood(options: ClientOptions = {}) {
  const sleep = options.sleep ?? realSleep;
  const http = vendorHttp(driftwoodRest, { sleep, ...options.rest });
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;

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

  const listAccountPage = async (position: string): Promise<CollectionPage> => {
    const { items, total, next } = await listPage('listAccounts', Number(position));
    return { accounts: items.map(listedAccount), total, next: next === null ? null : String(next) };
  };

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
    listAccounts: listCollections([
      { name: 'users', list: pagesOf('listAccounts'), first: '0', fetch: listAccountPage },
    ]),
  };
}

// https://docs.driftwoodapp.com/making-requests and https://docs.driftwoodapp.com/rate-limits/
function readFailure({ status, json }: Answer, path: string): Failure | undefined {
  if (status >= 500 || !z.safeParse(Refusal, json).success) return undefined;
  const code = z.safeParse(RefusalCode, json).data?.error.code;
  if (code === 'rate_limit.exceeded') return { kind: 'rate_limited' };
  if (STATUSES_THAT_DECIDE.includes(status)) return undefined;
  // In this call, the token is the one from the mail.
  if (path === RESET_PASSWORD_PATH && code !== undefined && RESET_TOKEN_CODE.test(code))
    return { kind: 'rejected', code };
  if (code !== undefined && AUTH_CODE.test(code)) return { kind: 'auth' };
  return { kind: code === NO_SUCH_USER ? 'missing' : 'rejected', code };
}

// The guide does not show this answer. It may have an envelope or not, and be an array of users or an object with one.
function toUserPage(answer: unknown): unknown {
  const envelope = z.safeParse(Envelope, answer);
  const result = envelope.success ? envelope.data.result : answer;
  if (Array.isArray(result)) return { users: result };
  const holder = z.safeParse(UserHolder, result);
  if (!holder.success) return undefined;
  const { users, items, data, total } = holder.data;
  return { users: users ?? items ?? data, total };
}

function exactUser(email: string, candidates: readonly User[]): User | null {
  return exactMatch('driftwood', email, candidates, (user) => user);
}

function isWanted({ id, email }: User, { vendorUserId, addresses }: AccountSearch): boolean {
  return id === vendorUserId || isAddressAmong(email, addresses);
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

async function findById(vendorUserId: string, users: AsyncIterable<User>): Promise<User | null> {
  for await (const user of users) if (user.id === vendorUserId) return user;
  return null;
}

function isOpen({ deactivated_at }: User): boolean {
  return deactivated_at === null || deactivated_at === undefined;
}

/** A user who must change the password has not accepted the invitation yet. */
function isUnaccepted({ must_change_password }: User): boolean {
  return must_change_password === true;
}

function statusOf(status: StepResult['status'], user: User | null): StepResult['status'] {
  return user !== null && isOpen(user) && isUnaccepted(user) ? 'invited' : status;
}

function listedAccount(user: User): ListedAccount {
  const { id, email, role, created_at } = user;
  const isInvited = isUnaccepted(user) && created_at !== null;
  return {
    id,
    email,
    isOpen: isOpen(user),
    ...(role === undefined ? {} : { role }),
    ...(isInvited ? { invitedAt: created_at } : {}),
  };
}

function accountOf({ id, email }: User): DriftwoodAccount {
  return { vendorUserId: id, email };
}
