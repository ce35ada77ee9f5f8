import * as z from 'zod/mini';
import { sameEmail } from '../shared/email.ts';
import { AccountNotManagedError, isForGood, VendorUnconfirmedError } from '../shared/errors.ts';
import type { Change, StepResult } from '../shared/outcome.ts';
import { realSleep } from '../shared/sleep.ts';
import { dialectOf } from '../vendor/dialect.ts';
import { ensure } from '../vendor/ensure.ts';
import { type ClientOptions, isMissing, vendorHttp } from '../vendor/http.ts';
import { collect, type Page, walk } from '../vendor/paging.ts';
import { assertMayShut, type Release, type ToldRole } from '../vendor/protected-account.ts';
import { sameText } from '../vendor/same-text.ts';
import { type ScimPerson, scimClient } from '../vendor/scim.ts';
import {
  bringInLine,
  differingFromShown,
  handWork,
  inOne,
  type ScimTold,
  type ShownAccount,
} from '../vendor/scim-facts.ts';
import { inWords } from '../vendor/told-facts.ts';
import { salesloftAccountList } from './account-list.ts';
import { salesloftRestSurface } from './app.ts';
import { pagesOf, type User } from './dialect/calls.ts';
import { guideCalls } from './guide/calls.ts';
import { pendingInvitations } from './invitations.ts';
import { liveCalls } from './live/calls.ts';
import { salesloftRest, salesloftScim } from './surfaces.ts';
import { salesloftUserSearch, shownAccount } from './user-search.ts';

// API reference: https://developers.salesloft.com/docs/api
// REST reads users, and SCIM writes them. A user has the same id on both. guide/ has the calls as the guide describes
// them, live/ as SalesLoft answers today.

/** A SalesLoft user as the steps pass it on. */
export const SalesloftAccount = z.object({ vendorUserId: z.string() });

/** One node of the tree of groups. */
export type SalesloftGroup = { id: string; name: string; parentId: string | null };

/** The state of an account, from both surfaces. */
type AccountState = {
  /** As REST shows them, or SCIM where REST does not show the user. */
  email: string | null;
  name: string | null;
  /** The invitation has not been accepted yet. */
  isInvited: boolean;
  /** The person can log in, or could after accepting the invitation. */
  isActive: boolean;
  isLockedOut: boolean;
  /** By which the user's cadences name them; null where REST does not show it. */
  guid: string | null;
  /** What REST shows. */
  user: User | null;
};

const DEFAULT_PAGE_SIZE = 100;
// A state's output holds at most 256 kB, and each follow-up stands in it twice.
const MOST_NAMED = 200;

export type SalesloftClient = ReturnType<typeof salesloft>;

/**
 * The SalesLoft client. Each method is one step, and each that writes may be run again. Besides what is named
 * at a method, all throw the errors of `VendorHttp`.
 */
export function salesloft(options: ClientOptions = {}) {
  const sleep = options.sleep ?? realSleep;
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
  const dialect = options.dialect ?? dialectOf(salesloftRestSurface, options.rest?.baseUrl);
  const rest = vendorHttp(salesloftRest(dialect), { sleep, ...options.rest });
  const calls = dialect === 'live' ? liveCalls(rest, pageSize) : guideCalls(rest, pageSize);
  const { listInvitations } = calls;
  const scim = scimClient(salesloftScim, vendorHttp(salesloftScim, { sleep, ...options.scim }), {
    sleep,
    pageSize,
  });

  const listGroups = async (): Promise<SalesloftGroup[]> => {
    const groups = new Map<number, SalesloftGroup>();
    const fetchPage = async (page: number): Promise<Page<unknown, number>> => {
      const { items, next } = await calls.listGroups(page);
      // The guide shows no paging here: a server that ignores the page would give the same groups for ever.
      const isNew = items.some(({ id }) => !groups.has(id));
      for (const { id, name, parent_id } of items) {
        const parentId = parent_id === null || parent_id === undefined ? null : String(parent_id);
        groups.set(id, { id: String(id), name: name ?? String(id), parentId });
      }
      return { items, next: isNew ? next : null };
    };
    await collect(walk(pagesOf('listGroups', '/groups'), 1, fetchPage));
    return [...groups.values()];
  };

  /** Whether somebody has not accepted the invitation yet; `unknown` where there is no list of invitations. */
  const isPending = async (operation: string, email: string): Promise<boolean | 'unknown'> => {
    if (listInvitations === null) return 'unknown';
    return (await pendingInvitations(calls, operation)).some((invitation) =>
      sameEmail(invitation.email ?? '', email),
    );
  };

  const listUsers = (operation: string) =>
    collect(walk(pagesOf(operation, '/users'), 1, (page: number) => calls.listPage(operation, page)));

  /** A user as REST shows them. A 404 alone is not believed: a gateway answers so too, and a replica may be late. */
  const readUser = async (operation: string, vendorUserId: string): Promise<User | null> => {
    const user = await calls.readUser(operation, vendorUserId);
    if (user !== null) return user;
    const listed = await (calls.listAmong?.(operation, [vendorUserId]) ?? listUsers(operation));
    return listed.find(({ id }) => String(id) === vendorUserId) ?? null;
  };

  /** A user as SCIM shows them, who is there where REST does not show them. */
  const readManaged = (operation: string, vendorUserId: string, user: User | null) =>
    user === null ? scim.readUser(operation, vendorUserId) : scim.getUser(vendorUserId);

  const readAccount = async (operation: string, vendorUserId: string): Promise<AccountState> => {
    const user = await readUser(operation, vendorUserId);
    const guid = user?.guid ?? null;
    if (user?.active === true)
      return { ...user, user, guid, isInvited: false, isActive: true, isLockedOut: false };
    // Whoever is not active over REST may have an invitation that can still be accepted, which only SCIM shows.
    const scimUser = await readManaged(operation, vendorUserId, user);
    const { email, name } = shownAccount(user, scimUser);
    const canAccept = scimUser?.active === true;
    // Unknown is not none: who can accept may have to.
    const isInvited = user === null || (canAccept && (await isPending(operation, email ?? '')) !== false);
    // Where REST shows the user, it has to say so itself.
    const isLockedOut = user === null ? scimUser?.active === false : user.active === false && !canAccept;
    return { email, name, guid, user, isInvited, isActive: isInvited && canAccept, isLockedOut };
  };

  const readShown = async (operation: string, vendorUserId: string) => {
    const user = await readUser(operation, vendorUserId);
    const scimUser = await readManaged(operation, vendorUserId, user);
    return { ...shownAccount(user, scimUser), title: user?.title ?? null };
  };

  const bringUserInLine = (operation: string, vendorUserId: string, told: ScimTold, known: ShownAccount) =>
    bringInLine({
      ...{ vendor: 'salesloft', title: 'SalesLoft', subject: `user ${vendorUserId}` },
      ...{ operation, scim, told, known, sleep },
      // SCIM's own word is not enough: REST is what counts, wherever it shows the user.
      read: () => readShown(operation, vendorUserId),
    });

  /** Whether SCIM shows the user in any way. */
  const isManaged = async (vendorUserId: string, email: string | null): Promise<boolean> => {
    if ((await scim.getUser(vendorUserId)) !== null) return true;
    return email !== null && (await scim.listByUserName(email)).some(({ id }) => id === vendorUserId);
  };

  const setActive = async (
    operation: string,
    vendorUserId: string,
    active: boolean,
    email: string | null,
  ): Promise<void> => {
    try {
      await scim.setActive(operation, vendorUserId, active);
    } catch (error) {
      if (!isMissing(error)) throw error;
      // Whoever was invited in the app is not under SCIM.
      if (calls.setActive !== null) return calls.setActive(operation, vendorUserId, active);
      if (await isManaged(vendorUserId, email)) throw error;
      throw new AccountNotManagedError('salesloft', vendorUserId);
    }
  };

  // The SCIM client's ensureActive is not used, because it reads back over SCIM, and REST is what counts.
  const readTokenUser = async (operation: string): Promise<string | null> => {
    // https://developers.salesloft.com/docs/api/me-index
    const answer = await rest.requestIfExists({
      ...{ operation, method: 'GET', path: '/me' },
      answer: z.object({ data: z.object({ id: z.union([z.string(), z.number()]) }) }),
    });
    return answer === null ? null : String(answer.data.id);
  };

  /** SalesLoft has one role that administers it; a company may name others as it likes. */
  const rankOf = async (operation: string, user: User | null): Promise<ToldRole> => {
    const role = user === null ? undefined : await calls.readRole(operation, user);
    if (role === undefined) return undefined;
    return role?.trim().toLowerCase() === 'admin' ? 'admin' : null;
  };

  const readOtherRanks = async (operation: string, vendorUserId: string): Promise<ToldRole[]> => {
    const others = (await listUsers(operation)).filter(
      ({ id, active }) => String(id) !== vendorUserId && active !== false,
    );
    return Promise.all(others.map((user) => rankOf(operation, user)));
  };

  const ensureActive = (
    operation: string,
    vendorUserId: string,
    active: boolean,
    guard: (account: AccountState) => Promise<void> = async () => {},
  ) =>
    ensure({
      read: () => readAccount(operation, vendorUserId),
      isDone: ({ isActive, isLockedOut }) => (active ? isActive : isLockedOut),
      write: async (account) => {
        await guard(account);
        await setActive(operation, vendorUserId, active, account.email);
      },
      unconfirmed: () => new VendorUnconfirmedError('salesloft', operation, `user ${vendorUserId}`),
      sleep,
    });

  /** What of the user's somebody else has to take over, as far as it can be listed. */
  const ownedFollowUps = async (vendorUserId: string, guid: string | null): Promise<string[]> => {
    const general = `Reassign the cadences and tasks that SalesLoft user ${vendorUserId} owns by hand; they stay with the leaver, and SalesLoft's API cannot move them.`;
    if (calls.cadencesOf === null || guid === null) return [general];
    try {
      const names = await calls.cadencesOf(guid);
      const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : '';
      const list = names.length === 0 ? 'none' : `${names.slice(0, MOST_NAMED).join(', ')}${more}`;
      return [`${general} Cadences: ${list}.`];
    } catch (error) {
      // The leaver is locked out by now; cadences that cannot be read do not turn that into a failure.
      if (!isForGood(error)) throw error;
      return [general];
    }
  };

  const reactivate = async (operation: string, vendorUserId: string, told: ScimTold): Promise<StepResult> => {
    const { status, state } = await ensureActive(operation, vendorUserId, true);
    const pending = state.isInvited || (await isPending(operation, state.email ?? ''));
    const isInvited = pending === true;
    const isUnknown = listInvitations === null && (isInvited || status === 'changed');
    const opened: Change = { what: 'user reactivated', login: 'opened' };
    const result: StepResult = {
      status: isInvited ? 'invited' : status,
      ...(status === 'changed' ? { changes: [opened] } : {}),
      ...(isUnknown ? { followUps: [invitationFollowUp(vendorUserId)] } : {}),
    };
    if (inWords(differingFromShown(state, told)) === null) return result;
    const known = await readShown(operation, vendorUserId);
    return inOne(result, await bringUserInLine(operation, vendorUserId, told, known));
  };

  return {
    /**
     * The recorded user, and all who have one of the addresses; deactivated and invited people too. A second user may
     * have the address of one whom REST lists, as after an invitation, so SCIM is always asked.
     */
    findUser: salesloftUserSearch(calls, scim),

    /**
     * Creates the user unless there is one. SalesLoft sends the invitation by itself, and the status is `invited` until
     * it is accepted. A user who exists and is deactivated is reactivated.
     *
     * @throws VendorUnconfirmedError; AccountNotManagedError when a deactivated user is not under SCIM;
     *   VendorRejectedError also when a user whom SCIM does not list has the address.
     */
    provisionUser: async (person: ScimPerson): Promise<StepResult> => {
      const { status, user } = await scim.ensureUser(person);
      const account = { vendorUserId: user.id };
      if (status === 'already_done')
        return { ...(await reactivate('provisionUser', user.id, toldBy(person))), account };
      const change: Change = { what: 'user provisioned, invitation sent', login: 'opened' };
      return { status: 'invited', account, changes: [change] };
    },

    /**
     * Lets a deactivated user log in again, `invited` for somebody who still has to accept the invitation; and brings
     * name and address in line with HR.
     *
     * @throws VendorUnconfirmedError, AccountNotManagedError; VendorRejectedError also when there is no such user.
     */
    reactivateUser: (vendorUserId: string, told: ScimTold) =>
      reactivate('reactivateUser', vendorUserId, told),

    /**
     * Brings a user's name and address in line with HR. What cannot be written is a follow-up.
     *
     * @param fields what else is new, in words; the title with its text, because REST shows it.
     * @throws VendorUnconfirmedError; VendorRejectedError also when there is no such user, or the address is taken.
     */
    updateUser: async (
      vendorUserId: string,
      told: ScimTold,
      news: { title: string | null; fields: readonly string[] } = { title: null, fields: [] },
    ): Promise<StepResult> => {
      const known = await readShown('updateUser', vendorUserId);
      const result = await bringUserInLine('updateUser', vendorUserId, told, known);
      const fields = news.fields.filter((field) => field !== 'title' || !sameText(known.title, news.title));
      return inOne(result, {
        status: 'not_needed',
        ...handWork({ title: 'SalesLoft', subject: `user ${vendorUserId}`, told, known }, fields),
      });
    },

    /**
     * Deactivates the user and confirms it over REST, or over SCIM for somebody who never accepted the invitation.
     * The user's records stay theirs, so a follow-up asks to reassign them.
     *
     * @throws VendorUnconfirmedError, AccountNotManagedError; VendorRejectedError also when there is no such user.
     */
    deactivateUser: async (vendorUserId: string, release: Release = {}): Promise<StepResult> => {
      const { status, state } = await ensureActive('deactivateUser', vendorUserId, false, ({ user }) =>
        assertMayShut('salesloft', vendorUserId, release, {
          readTokenUser: () => readTokenUser('deactivateUser'),
          readRole: () => rankOf('deactivateUser', user),
          readOtherRoles: () => readOtherRanks('deactivateUser', vendorUserId),
        }),
      );
      const followUps = await ownedFollowUps(vendorUserId, state.guid);
      if (status === 'already_done') return { status, followUps };
      return { status, changes: [{ what: 'user deactivated', login: 'shut' }], followUps };
    },

    /** All groups. They are a tree; a group at the top has null as its parent. */
    listGroups,

    /** All users a page at a time, deactivated ones too, and after them those who have not accepted an invitation yet. */
    listAccounts: salesloftAccountList(calls, scim),
  };
}

function toldBy({ firstName, lastName, email }: ScimPerson): ScimTold {
  return { name: { firstName, lastName }, email };
}

function invitationFollowUp(vendorUserId: string): string {
  return `Look in SalesLoft whether user ${vendorUserId} still has to accept an invitation; its API has no list of invitations, so that is not known.`;
}
