import * as z from 'zod/mini';
import { sameEmail } from '../shared/email.ts';
import {
  AmbiguousUserError,
  type VendorCall,
  VendorRejectedError,
  VendorUnconfirmedError,
} from '../shared/errors.ts';
import type { ListedAccount } from '../shared/listed-account.ts';
import type { Change, StepResult } from '../shared/outcome.ts';
import { realSleep } from '../shared/sleep.ts';
import { type CollectionPage, listCollections } from '../vendor/account-list.ts';
import { enriching, enrichingText } from '../vendor/enriching.ts';
import { ensure } from '../vendor/ensure.ts';
import type { AccountSearch, FoundAccount } from '../vendor/find-account.ts';
import { flagOrNothing } from '../vendor/flag-or-nothing.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { collect, type Page, walk } from '../vendor/paging.ts';
import { sameText } from '../vendor/same-text.ts';
import { readScimRejection, type ScimPerson, type ScimUser, scimClient } from '../vendor/scim.ts';
import {
  bringInLine,
  differingFromShown,
  handWork,
  inOne,
  type ScimTold,
  type ShownAccount,
} from '../vendor/scim-facts.ts';
import type { Surface } from '../vendor/surface.ts';
import { inWords } from '../vendor/told-facts.ts';
import { salesloftRestSurface, salesloftScimSurface } from './app.ts';

// API reference: https://developers.salesloft.com/docs/api
// REST reads users and cannot write them; SCIM writes them. A user has the same id on both.

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

export const salesloftRest: Surface = { ...salesloftRestSurface, authorization: bearer };

export const salesloftScim: Surface = {
  ...salesloftScimSurface,
  authorization: bearer,
  readFailure: readScimRejection,
};

/** A SalesLoft user as the steps pass it on. */
export const SalesloftAccount = z.object({ vendorUserId: z.string() });

const User = z.object({
  id: z.int(),
  email: enrichingText('email'),
  name: enrichingText('name'),
  title: enrichingText('title'),
  active: flagOrNothing,
});
const ListedUser = z.extend(User, {
  active: enriching('active', flagOrNothing, null),
  role: enriching('role', z.optional(z.nullable(z.object({ name: z.string() }))), undefined),
  group: enriching('group', z.optional(z.nullable(z.object({ id: z.int() }))), undefined),
});

type User = z.infer<typeof User>;
type ListedUser = z.infer<typeof ListedUser>;
type Found = FoundAccount<z.infer<typeof SalesloftAccount>>;

const UserAnswer = z.object({ data: User });

const Metadata = z.object({
  paging: z.object({
    next_page: z.optional(z.nullable(z.int())),
    total_count: enriching('total_count', z.optional(z.nullable(z.int())), undefined),
  }),
});
const UserList = z.object({ data: z.array(ListedUser), metadata: Metadata });
const Invitation = z.object({
  id: enriching('id', z.optional(z.nullable(z.union([z.int(), z.string()]))), null),
  email: enrichingText('email'),
  created_at: enrichingText('created_at'),
});
const GroupList = z.object({
  data: z.array(
    z.object({
      id: z.int(),
      name: enrichingText('name'),
      parent_id: enriching('parent_id', z.optional(z.nullable(z.int())), null),
    }),
  ),
  metadata: z.optional(Metadata),
});
const PendingList = z.object({
  data: z.array(Invitation),
  metadata: z.optional(Metadata),
});

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
};

const DEFAULT_PAGE_SIZE = 100;

const pagesOf = (operation: string, path: string): VendorCall => ({
  ...{ vendor: 'salesloft', operation, method: 'GET', path },
});

export type SalesloftClient = ReturnType<typeof salesloft>;

/**
 * The SalesLoft client. Each method is one step, and each that writes may be run again. Besides what is named
 * at a method, all throw the errors of `VendorHttp`.
 */
export function salesloft(options: ClientOptions = {}) {
  const sleep = options.sleep ?? realSleep;
  const rest = vendorHttp(salesloftRest, { sleep, ...options.rest });
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;
  const scim = scimClient(salesloftScim, vendorHttp(salesloftScim, { sleep, ...options.scim }), {
    sleep,
    pageSize,
  });

  /** Null for a user of another team, and for one who has not accepted the invitation yet. */
  const readUser = async (operation: string, vendorUserId: string) => {
    // https://developers.salesloft.com/docs/api/users-show
    const answer = await rest.requestIfExists({
      operation,
      method: 'GET',
      path: `/users/${encodeURIComponent(vendorUserId)}`,
      answer: UserAnswer,
    });
    return answer?.data ?? null;
  };

  const listPage = async (operation: string, page: number): Promise<Page<ListedUser, number>> => {
    // https://developers.salesloft.com/docs/api/users-index
    const { data, metadata } = await rest.request({
      operation,
      method: 'GET',
      path: '/users',
      // Deactivated users are left out unless asked for.
      query: { page, per_page: pageSize, include_paging_counts: true, include_deactivated: true },
      answer: UserList,
    });
    const total = metadata.paging.total_count ?? undefined;
    return { items: data, total, next: nextPage(page, data, metadata) };
  };

  const listWithAddress = async (addresses: readonly string[]): Promise<ListedUser[]> => {
    const users = await collect(
      walk(pagesOf('findUser', '/users'), 1, (page: number) => listPage('findUser', page)),
    );
    return users.filter(({ email }) => addresses.some((address) => sameEmail(address, email ?? '')));
  };

  // The position is the page's number, and the id of the last invitation on the page before.
  const listInvitations = async (
    operation: string,
    position: string,
  ): Promise<Page<z.infer<typeof Invitation>, string>> => {
    const [page = '1', lastBefore] = position.split(' ');
    // "List Pending Invitations": https://developers.salesloft.com/docs/api
    const answer = await rest.requestIfExists({
      operation,
      method: 'GET',
      path: '/pending_email_accounts',
      query: { page, per_page: pageSize },
      answer: PendingList,
    });
    if (answer === null) return { items: [], next: null };
    const { data, metadata } = answer;
    const last = data.at(-1)?.id ?? '';
    // The guide shows no paging here: a server that ignores the page would give the same invitations again.
    if (last !== '' && String(last) === lastBefore) return { items: [], next: null };
    const next = nextPage(Number(page), data, metadata);
    return { items: data, next: next === null ? null : `${next} ${last}` };
  };

  const listGroups = async (): Promise<SalesloftGroup[]> => {
    const groups = new Map<number, SalesloftGroup>();
    const fetchPage = async (page: number): Promise<Page<unknown, number>> => {
      // "List Groups": https://developers.salesloft.com/docs/api
      const { data, metadata } = await rest.request({
        operation: 'listGroups',
        method: 'GET',
        path: '/groups',
        query: { page, per_page: pageSize },
        answer: GroupList,
      });
      // The guide shows no paging here: a server that ignores the page would give the same groups for ever.
      const isNew = data.some(({ id }) => !groups.has(id));
      for (const { id, name, parent_id } of data) {
        const parentId = parent_id === null || parent_id === undefined ? null : String(parent_id);
        groups.set(id, { id: String(id), name: name ?? String(id), parentId });
      }
      return { items: data, next: isNew ? nextPage(page, data, metadata) : null };
    };
    await collect(walk(pagesOf('listGroups', '/groups'), 1, fetchPage));
    return [...groups.values()];
  };

  const listUserPage = async (position: string): Promise<CollectionPage> => {
    const { items, total, next } = await listPage('listAccounts', Number(position));
    const accounts = items.map(({ id, email, active, role, group }) => ({
      id: String(id),
      email,
      isOpen: active !== false,
      ...(group === undefined ? {} : { groupId: group === null ? null : String(group.id) }),
      ...(role === undefined ? {} : { role: role?.name ?? null }),
    }));
    return { accounts, total, next: next === null ? null : String(next) };
  };

  /** Whether an invitation is useless, because the person was deactivated: it stays listed, and only SCIM shows it. */
  const isShut = async (email: string): Promise<boolean> => {
    try {
      const user = await scim.findUser(email);
      return user?.active === false;
    } catch (error) {
      // Two users with the same address must not stop the whole list.
      if (error instanceof AmbiguousUserError) return false;
      throw error;
    }
  };

  const listInvitationPage = async (position: string): Promise<CollectionPage> => {
    const { items, next } = await listInvitations('listAccounts', position);
    const accounts: ListedAccount[] = [];
    for (const { id, email, created_at } of items) {
      if (email === null) continue;
      accounts.push({
        // The entry has the id of the invitation, not of the user.
        id: null,
        ...((id ?? null) === null ? {} : { reference: `invitation:${id}` }),
        email,
        isOpen: !(await isShut(email)),
        ...(created_at === null ? {} : { invitedAt: created_at }),
      });
    }
    return { accounts, next };
  };

  const listPending = (operation: string) =>
    collect(
      walk(pagesOf(operation, '/pending_email_accounts'), '1', (position: string) =>
        listInvitations(operation, position),
      ),
    );

  /** Whether somebody has not accepted the invitation yet. */
  const isPending = async (operation: string, email: string): Promise<boolean> =>
    (await listPending(operation)).some((invitation) => sameEmail(invitation.email ?? '', email));

  /** Those of an address who are under SCIM, which shows invited people too. */
  const findManaged = async (address: string, isListed: boolean): Promise<ScimUser[]> => {
    const users = await scim.listByUserName(address);
    if (users.length > 0 || isListed) return users;
    // A server that compares case finds somebody by the spelling that the app has, and REST lists it here.
    for (const { email } of await listPending('findUser'))
      if (email !== null && email !== address && sameEmail(email, address))
        users.push(...(await scim.listByUserName(email)));
    return users;
  };

  const findUser = async ({
    vendorUserId,
    addresses,
    isThorough = false,
  }: AccountSearch): Promise<Found[]> => {
    const listed = new Map<string, User>();
    const managed = new Map<string, ScimUser>();
    for (const user of await listWithAddress(addresses)) listed.set(String(user.id), user);
    if (vendorUserId !== null && /^\d+$/.test(vendorUserId) && !listed.has(vendorUserId)) {
      const recorded = await readUser('findUser', vendorUserId);
      if (recorded !== null) listed.set(vendorUserId, recorded);
    }
    for (const address of addresses) {
      const isListed = [...listed.values()].some(({ email }) => sameEmail(email ?? '', address));
      for (const user of await findManaged(address, isListed && !isThorough)) managed.set(user.id, user);
    }
    const known = new Set([...listed.keys(), ...(vendorUserId === null ? [] : [vendorUserId])]);
    for (const id of known) {
      if (managed.has(id) || !/^\d+$/.test(id)) continue;
      const user = await scim.getUser(id);
      if (user !== null) managed.set(id, user);
    }
    return [...new Set([...listed.keys(), ...managed.keys()])].map((id) =>
      foundAccount(id, listed.get(id) ?? null, managed.get(id) ?? null),
    );
  };

  const readAccount = async (operation: string, vendorUserId: string): Promise<AccountState> => {
    const user = await readUser(operation, vendorUserId);
    if (user?.active === true) return { ...user, isInvited: false, isActive: true, isLockedOut: false };
    // Whoever is not active over REST may have an invitation that can still be accepted, which only SCIM shows.
    const scimUser = await scim.getUser(vendorUserId);
    if (user === null && scimUser === null) throw unknownUser(operation, vendorUserId);
    const { email, name } = shownAccount(user, scimUser);
    const canAccept = scimUser?.active === true;
    const isInvited = user === null || (canAccept && (await isPending(operation, email ?? '')));
    // Where REST shows the user, it has to say so itself.
    const isLockedOut = user === null ? scimUser?.active === false : user.active === false && !canAccept;
    return { email, name, isInvited, isActive: isInvited && canAccept, isLockedOut };
  };

  const readShown = async (operation: string, vendorUserId: string) => {
    const user = await readUser(operation, vendorUserId);
    const scimUser = await scim.getUser(vendorUserId);
    if (user === null && scimUser === null) throw unknownUser(operation, vendorUserId);
    return { ...shownAccount(user, scimUser), title: user?.title ?? null };
  };

  const bringUserInLine = (operation: string, vendorUserId: string, told: ScimTold, known: ShownAccount) =>
    bringInLine({
      ...{ vendor: 'salesloft', title: 'SalesLoft', subject: `user ${vendorUserId}` },
      ...{ operation, scim, told, known, sleep },
      // SCIM's own word is not enough: REST is what counts, wherever it shows the user.
      read: () => readShown(operation, vendorUserId),
    });

  // The SCIM client's ensureActive is not used, because it reads back over SCIM, and REST is what counts.
  const ensureActive = (operation: string, vendorUserId: string, active: boolean) =>
    ensure({
      read: () => readAccount(operation, vendorUserId),
      isDone: ({ isActive, isLockedOut }) => (active ? isActive : isLockedOut),
      write: () => scim.setActive(operation, vendorUserId, active),
      unconfirmed: () => new VendorUnconfirmedError('salesloft', operation, `user ${vendorUserId}`),
      sleep,
    });

  const reactivate = async (operation: string, vendorUserId: string, told: ScimTold): Promise<StepResult> => {
    const { status, state } = await ensureActive(operation, vendorUserId, true);
    const isInvited = state.isInvited || (await isPending(operation, state.email ?? ''));
    const opened: Change = { what: 'user reactivated', login: 'opened' };
    const result: StepResult = {
      status: isInvited ? 'invited' : status,
      ...(status === 'changed' ? { changes: [opened] } : {}),
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
    findUser,

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
        followUps: handWork({ title: 'SalesLoft', subject: `user ${vendorUserId}`, told, known }, fields),
      });
    },

    /**
     * Deactivates the user and confirms it over REST, or over SCIM for somebody who never accepted the invitation.
     * The user's records stay theirs, so a follow-up asks to reassign them.
     *
     * @throws VendorUnconfirmedError, AccountNotManagedError; VendorRejectedError also when there is no such user.
     */
    deactivateUser: async (vendorUserId: string): Promise<StepResult> => {
      const { status } = await ensureActive('deactivateUser', vendorUserId, false);
      const followUps = [
        `Reassign the cadences and tasks that SalesLoft user ${vendorUserId} owns by hand; they stay with the leaver, and SalesLoft's API cannot move them.`,
      ];
      if (status === 'already_done') return { status, followUps };
      return { status, changes: [{ what: 'user deactivated', login: 'shut' }], followUps };
    },

    /** All groups. They are a tree; a group at the top has null as its parent. */
    listGroups,

    /** All users a page at a time, deactivated ones too, and after them the invitations nobody has accepted yet. */
    listAccounts: listCollections([
      { name: 'users', list: pagesOf('listAccounts', '/users'), first: '1', fetch: listUserPage },
      {
        name: 'invitations',
        list: pagesOf('listAccounts', '/pending_email_accounts'),
        first: '1',
        fetch: listInvitationPage,
      },
    ]),
  };
}

function foundAccount(id: string, user: User | null, scimUser: ScimUser | null): Found {
  const { email, name } = shownAccount(user, scimUser);
  // Somebody whom REST does not show as active may have an invitation that can still be accepted.
  const canAccept = user === null ? scimUser?.active !== false : scimUser?.active === true;
  return {
    account: { vendorUserId: id },
    ...{ address: email, name, externalId: scimUser?.externalId ?? null },
    facts: { title: user?.title ?? null },
    isOpen: (user !== null && user.active !== false) || canAccept,
  };
}

function shownAccount(user: User | null, scimUser: ScimUser | null): ShownAccount {
  return {
    email: user?.email ?? scimUser?.userName ?? null,
    name: user?.name ?? scimUser?.name ?? null,
    user: scimUser,
  };
}

function toldBy({ firstName, lastName, email }: ScimPerson): ScimTold {
  return { name: { firstName, lastName }, email };
}

function nextPage(page: number, items: readonly unknown[], metadata: z.infer<typeof Metadata> | undefined) {
  // A missing next_page is not the end: users on later pages would be missed, and invited a second time.
  const { next_page = items.length === 0 ? null : page + 1 } = metadata?.paging ?? {};
  return next_page;
}

function unknownUser(operation: string, vendorUserId: string): VendorRejectedError {
  return new VendorRejectedError({
    vendor: 'salesloft',
    operation,
    method: 'GET',
    path: `/Users/${vendorUserId}`,
    status: 404,
  });
}
