import * as z from 'zod/mini';
import { InvalidInputError, VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import { realSleep } from '../shared/sleep.ts';
import { type CollectionPage, countByOwner, listCollections } from '../vendor/account-list.ts';
import { ensure } from '../vendor/ensure.ts';
import { type ClientOptions, vendorHttp } from '../vendor/http.ts';
import { exactMatch } from '../vendor/match.ts';
import { collect, type Page, walk } from '../vendor/paging.ts';
import { reassignRecords } from '../vendor/reassign.ts';
import { readScimRejection, type ScimPerson, scimClient } from '../vendor/scim.ts';
import type { Answer, Failure, Surface } from '../vendor/surface.ts';
import { pipedriveRestSurface, pipedriveScimSurface } from './app.ts';
import { modeFromEnvironment, type PipedriveMode } from './mode.ts';
import { type AccountWrites, scimWrites } from './scim-writes.ts';

// API reference: https://developers.pipedrive.com/docs/api/v1

export const pipedriveRest: Surface = {
  ...pipedriveRestSurface,
  // A personal token also works as a query parameter, but URLs end up in logs.
  authorization: (token, kind): Record<string, string> =>
    kind === 'oauth' ? { authorization: `Bearer ${token}` } : { 'x-api-token': token },
  readFailure,
};

export const pipedriveScim: Surface = {
  ...pipedriveScimSurface,
  authorization: (token) => ({ authorization: `Bearer ${token}` }),
  readFailure: (answer) => readFailure(answer) ?? readScimRejection(answer),
};

/** A Pipedrive user as the steps pass it on. */
export const PipedriveAccount = z.object({ vendorUserId: z.int() });

const User = z.object({
  id: z.int(),
  email: z.optional(z.nullable(z.string())),
  active_flag: z.boolean(),
  is_admin: z.optional(z.union([z.number(), z.boolean()])),
  role_id: z.optional(z.nullable(z.int())),
  created: z.optional(z.nullable(z.string())),
  last_login: z.optional(z.nullable(z.string())),
});
// The search does not say whether a user is active.
const FoundUser = z.object({ id: z.int(), email: z.optional(z.nullable(z.string())) });
const Role = z.object({ id: z.int(), name: z.string() });
const Permissions = z.nullable(z.record(z.string(), z.unknown()));
const RoleAssignment = z.object({ role_id: z.int(), active_flag: z.optional(z.boolean()) });
// The owner is an id, or on some records an object that describes the user.
const Owner = z.union([z.int(), z.object({ id: z.int() })]);
const OwnedRecord = z
  .object({
    id: z.int(),
    user_id: z.optional(z.nullable(Owner)),
    owner_id: z.optional(z.nullable(Owner)),
    status: z.optional(z.string()),
    done: z.optional(z.union([z.boolean(), z.number()])),
  })
  .check(
    z.refine((record) => record.user_id !== undefined || record.owner_id !== undefined, {
      path: ['user_id'],
    }),
  );
type OwnedRecord = z.infer<typeof OwnedRecord>;

const envelope = <T>(data: z.ZodMiniType<T>) => z.object({ success: z.literal(true), data });

const listEnvelope = <T>(item: z.ZodMiniType<T>) =>
  z.object({
    success: z.literal(true),
    data: z.nullable(z.array(item)),
    additional_data: z.optional(
      z.nullable(
        z.object({
          pagination: z.optional(
            z.object({
              more_items_in_collection: z.optional(z.boolean()),
              next_start: z.optional(z.nullable(z.int())),
            }),
          ),
        }),
      ),
    ),
  });

/** Records that a leaver owns and somebody must take over. */
const RECORDS = {
  deals: {
    what: 'open deals',
    path: '/deals',
    query: { status: 'open' },
    isOpen: (record: OwnedRecord) => record.status === undefined || record.status === 'open',
  },
  activities: {
    what: 'open activities',
    path: '/activities',
    query: { done: 0 },
    isOpen: (record: OwnedRecord) => record.done === undefined || record.done === false || record.done === 0,
  },
  contacts: { what: 'contacts', path: '/persons', query: {}, isOpen: () => true },
};

const DEFAULT_PAGE_SIZE = 100;
// The most that Pipedrive gives at once: https://pipedrive.readme.io/docs/core-api-concepts-pagination
const LONGEST_PAGE = 500;

export type PipedriveClient = ReturnType<typeof pipedrive>;

/**
 * The Pipedrive client. Each method is one step, and each that writes may be run again. Besides what is named
 * at a method, all throw the errors of `VendorHttp`.
 */
export function pipedrive(options: ClientOptions & { mode?: PipedriveMode } = {}) {
  const http = vendorHttp(pipedriveRest, options.rest);
  const sleep = options.sleep ?? realSleep;
  const pageSize = options.pageSize ?? DEFAULT_PAGE_SIZE;

  const listPage = async <T>(
    operation: string,
    path: string,
    query: Record<string, string | number>,
    item: z.ZodMiniType<T>,
  ): Promise<Page<T, number>> => {
    // https://pipedrive.readme.io/docs/core-api-concepts-pagination
    const answer = await http.request({
      operation,
      method: 'GET',
      path,
      query,
      answer: listEnvelope(item),
    });
    const pagination = answer.additional_data?.pagination;
    const next = pagination?.more_items_in_collection === true ? (pagination.next_start ?? null) : null;
    return { items: answer.data ?? [], next };
  };

  const list = <T>(
    operation: string,
    path: string,
    query: Record<string, string | number>,
    item: z.ZodMiniType<T>,
  ) =>
    collect(
      walk(0, (start: number) => listPage(operation, path, { ...query, start, limit: pageSize }, item)),
    );

  const findByEmail = async (operation: string, email: string) => {
    // https://developers.pipedrive.com/docs/api/v1/Users#findUsersByName
    const found = await list(operation, '/users/find', { term: email, search_by_email: 1 }, FoundUser);
    return exactMatch('pipedrive', email, found, ({ id, email: address }) => ({ id, email: address }));
  };

  // https://developers.pipedrive.com/docs/api/v1/Users#getUser
  const userCall = (operation: string, vendorUserId: number | string) =>
    ({ operation, method: 'GET', path: `/users/${vendorUserId}`, answer: envelope(User) }) as const;

  const readUser = async (operation: string, vendorUserId: number) =>
    (await http.request(userCall(operation, vendorUserId))).data;

  const restWrites: AccountWrites = {
    createUser: async ({ email, firstName, lastName }) => {
      // https://developers.pipedrive.com/docs/api/v1/Users#addUser
      await http.request({
        operation: 'createUser',
        method: 'POST',
        path: '/users',
        body: { name: `${firstName} ${lastName}`, email, active_flag: true },
        answer: envelope(z.unknown()),
      });
      return true;
    },
    setActive: (operation, { id }, active) =>
      // A PUT that changes only what it is given: https://developers.pipedrive.com/docs/api/v1/Users#updateUser
      http.request({
        operation,
        method: 'PUT',
        path: `/users/${id}`,
        body: { active_flag: active },
        answer: envelope(z.unknown()),
      }),
    assignRole: (vendorUserId, role) =>
      // https://developers.pipedrive.com/docs/api/v1/Roles#addRoleAssignment
      http.request({
        operation: 'assignRole',
        method: 'POST',
        path: `/roles/${role.id}/assignments`,
        body: { user_id: vendorUserId },
        answer: envelope(z.unknown()),
      }),
  };

  const connectScim = () =>
    scimClient(pipedriveScim, vendorHttp(pipedriveScim, options.scim), { sleep, pageSize });
  const mode = options.mode ?? modeFromEnvironment();
  const writes = mode === 'scim' ? scimWrites(connectScim(), readUser) : restWrites;

  const ensureActive = async (
    operation: string,
    vendorUserId: number,
    active: boolean,
  ): Promise<StepResult> => {
    const { status } = await ensure({
      read: () => readUser(operation, vendorUserId),
      isDone: (user) => user.active_flag === active,
      write: (user) =>
        writes.setActive(operation, user, active).catch((error) => explainLastAdmin(error, user, active)),
      unconfirmed: () => new VendorUnconfirmedError('pipedrive', operation, `user ${vendorUserId}`),
      sleep,
    });
    if (status === 'already_done') return { status };
    return { status, changes: [{ what: active ? 'user reactivated' : 'user deactivated' }] };
  };

  const findNewOwner = async (operation: string, email: string | null, leaverId: number): Promise<number> => {
    if (email === null)
      throw new InvalidInputError(
        `Pipedrive: user ${leaverId} may own records, and nobody is named to take them over. Give reassignTo.`,
      );
    const owner = await findByEmail(operation, email);
    if (owner === null)
      throw new InvalidInputError(
        'Pipedrive has no user with the address given as reassignTo. Name somebody who has one.',
      );
    const { active_flag } = await readUser(operation, owner.id);
    if (!active_flag)
      throw new InvalidInputError(
        `Pipedrive user ${owner.id}, given as reassignTo, is deactivated. Name somebody who is active.`,
      );
    if (owner.id === leaverId)
      throw new InvalidInputError(
        `Pipedrive user ${owner.id}, given as reassignTo, is the leaver. Name somebody else.`,
      );
    return owner.id;
  };

  const reassign = (
    kind: keyof typeof RECORDS,
    operation: string,
    leaverId: number,
    newOwnerEmail: string | null,
  ) => {
    const { what, path, query, isOpen } = RECORDS[kind];
    return reassignRecords({
      vendor: 'pipedrive',
      operation,
      what,
      listOwned: async () => {
        const records = await list(operation, path, { ...query, user_id: leaverId }, OwnedRecord);
        // Filtered once more: a filter that the server does not know must not move other people's records.
        return records.filter((record) => ownerId(record) === leaverId && isOpen(record)).map(({ id }) => id);
      },
      findNewOwner: () => findNewOwner(operation, newOwnerEmail, leaverId),
      move: (id, user_id) =>
        http.requestIfExists({
          operation,
          method: 'PATCH',
          path: `${path}/${id}`,
          body: { user_id },
          answer: envelope(z.unknown()),
        }),
    });
  };

  const findUser = async (person: { email: string; vendorUserId: string | null }): Promise<StepResult> => {
    const stored = await findStored(person.vendorUserId);
    const user = stored ?? (await findByEmail('findUser', person.email));
    return user === null
      ? { status: 'not_found', account: null }
      : { status: 'found', account: { vendorUserId: user.id } };
  };

  const longestPage = options.pageSize ?? LONGEST_PAGE;

  const listRoleAssignments = (operation: string, vendorUserId: number | string) =>
    // https://developers.pipedrive.com/docs/api/v1/Users#getUserRoleAssignments
    list(operation, `/users/${vendorUserId}/roleAssignments`, {}, RoleAssignment);

  let roleNames: Promise<Map<number, string>> | undefined;
  const readRoleNames = async (operation: string) =>
    // https://developers.pipedrive.com/docs/api/v1/Roles#getRoles
    new Map((await list(operation, '/roles', {}, Role)).map(({ id, name }) => [id, name]));

  // Deactivated users are listed too: https://developers.pipedrive.com/docs/api/v1/Users#getUsers
  const listUsers = async (position: string): Promise<CollectionPage> => {
    const start = Number(position);
    if (start === 0) roleNames = undefined;
    roleNames ??= readRoleNames('listAccounts');
    const names = await roleNames;
    const { items, next } = await listPage('listAccounts', '/users', { start, limit: longestPage }, User);
    const accounts = items.map(({ id, email, active_flag, role_id, created, last_login }) => ({
      id: String(id),
      email: email ?? null,
      isOpen: active_flag,
      // Pipedrive shows no invitations; who has accepted one has logged in.
      ...(active_flag && last_login === null && typeof created === 'string' ? { invitedAt: created } : {}),
      // Where the list leaves the role out, nothing is known about it.
      ...(role_id === undefined ? {} : { role: role_id === null ? null : (names.get(role_id) ?? null) }),
    }));
    return { accounts, next: positionOf(next) };
  };

  const openRecords = Object.values(RECORDS).map(({ what, path, query, isOpen }) => ({
    name: what,
    first: '0',
    fetch: async (position: string): Promise<CollectionPage> => {
      const page = { ...query, start: Number(position), limit: longestPage };
      const { items, next } = await listPage('listAccounts', path, page, OwnedRecord);
      return { owned: countByOwner(what, items.filter(isOpen).map(ownerId)), next: positionOf(next) };
    },
  }));

  const findStored = async (vendorUserId: string | null) => {
    if (vendorUserId === null || !/^\d+$/.test(vendorUserId)) return null;
    return (await http.requestIfExists(userCall('findUser', vendorUserId)))?.data ?? null;
  };

  return {
    /** What Pipedrive shows of a user now; null when there is none of that id. */
    readUser: async (vendorUserId: number) => {
      const answer = await http.requestIfExists(userCall('readUser', vendorUserId));
      if (answer === null) return null;
      const { email, active_flag } = answer.data;
      return { email: email || null, isActive: active_flag };
    },

    /** The names of all roles, by their ids. */
    listRoleNames: () => readRoleNames('readGrants'),

    /**
     * The roles that a user has, as ids, and the permission flags that follow from them; both empty for a user who is
     * gone.
     */
    readGrants: async (vendorUserId: string): Promise<{ roleIds: number[]; permissions: string[] }> => {
      // https://developers.pipedrive.com/docs/api/v1/Users#getUserPermissions
      const answer = await http.requestIfExists({
        operation: 'readGrants',
        method: 'GET',
        path: `/users/${encodeURIComponent(vendorUserId)}/permissions`,
        answer: envelope(Permissions),
      });
      if (answer === null) return { roleIds: [], permissions: [] };
      const assignments = await listRoleAssignments('readGrants', encodeURIComponent(vendorUserId));
      const inForce = assignments.filter(({ active_flag }) => active_flag !== false);
      const granted = Object.entries(answer.data ?? {}).filter(([, isGranted]) => isGranted === true);
      return {
        roleIds: inForce.map(({ role_id }) => role_id),
        permissions: granted.map(([name]) => name).sort(),
      };
    },

    /** By the recorded id first, by exact email second. @throws AmbiguousUserError */
    findUser,

    /** Creates the user unless there is one; Pipedrive sends the invitation by itself. */
    createUser: async (person: ScimPerson): Promise<StepResult> => {
      let wasThere = false;
      const { status, state } = await ensure({
        read: () => findByEmail('createUser', person.email),
        isDone: (user) => user !== null,
        write: async () => {
          wasThere = !(await writes.createUser(person));
        },
        unconfirmed: () => new VendorUnconfirmedError('pipedrive', 'createUser', 'the new user'),
        sleep,
      });
      const account = state === null ? null : { vendorUserId: state.id };
      return status === 'already_done' || wasThere
        ? { status: 'already_done', account }
        : { status, account, changes: [{ what: 'user created' }] };
    },

    /** Gives a deactivated user the login back. @throws as `deactivateUser` */
    reactivateUser: (vendorUserId: number) => ensureActive('reactivateUser', vendorUserId, true),

    /**
     * Gives the user the role with exactly this name; Pipedrive creates users without any.
     *
     * @throws InvalidInputError when there is not exactly one such role; AccountNotManagedError as `deactivateUser`.
     */
    assignRole: async (vendorUserId: number, roleName: string | null): Promise<StepResult> => {
      if (roleName === null)
        return {
          status: 'not_needed',
          followUps: [`Give Pipedrive user ${vendorUserId} a role; the event names none.`],
        };
      // https://developers.pipedrive.com/docs/api/v1/Roles#getRoles
      const roles = (await list('assignRole', '/roles', {}, Role)).filter(({ name }) => name === roleName);
      const [role] = roles;
      if (role === undefined || roles.length > 1) {
        throw new InvalidInputError(
          `Pipedrive has ${roles.length} roles named exactly "${roleName}". Correct the role in the event, or the roles in Pipedrive.`,
        );
      }
      const { status } = await ensure({
        read: () => listRoleAssignments('assignRole', vendorUserId),
        isDone: (assignments) =>
          assignments.some(({ role_id, active_flag }) => role_id === role.id && active_flag !== false),
        write: () => writes.assignRole(vendorUserId, role),
        unconfirmed: () =>
          new VendorUnconfirmedError('pipedrive', 'assignRole', `the roles of user ${vendorUserId}`),
        sleep,
      });
      return status === 'already_done'
        ? { status }
        : { status, changes: [{ what: `role ${roleName} assigned` }] };
    },

    /**
     * Deactivates the user. Nothing is reassigned by it.
     *
     * @throws AccountNotManagedError in SCIM mode, when SCIM does not list the user's address.
     */
    deactivateUser: (vendorUserId: number) => ensureActive('deactivateUser', vendorUserId, false),

    /** All users a page at a time, and after them whose the open deals, the open activities and the contacts are. */
    listAccounts: listCollections([{ name: 'users', first: '0', fetch: listUsers }, ...openRecords]),

    /**
     * Looks whether the leaver's records have somebody to go to, before anything is written.
     *
     * @throws InvalidInputError when nobody is named, or the one named is unknown, deactivated or the leaver.
     */
    checkNewOwner: async (
      leaver: { email: string; vendorUserId: string | null },
      newOwnerEmail: string | null,
    ): Promise<StepResult> => {
      const { account } = await findUser(leaver);
      if (account === null || account === undefined) return { status: 'not_needed' };
      await findNewOwner('checkNewOwner', newOwnerEmail, Number(account.vendorUserId));
      return { status: 'found' };
    },

    reassignDeals: (leaverId: number, newOwnerEmail: string | null) =>
      reassign('deals', 'reassignDeals', leaverId, newOwnerEmail),
    reassignActivities: (leaverId: number, newOwnerEmail: string | null) =>
      reassign('activities', 'reassignActivities', leaverId, newOwnerEmail),
    reassignContacts: (leaverId: number, newOwnerEmail: string | null) =>
      reassign('contacts', 'reassignContacts', leaverId, newOwnerEmail),
  };
}

// https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
function readFailure({ status, headers, isEmpty, json }: Answer): Failure | undefined {
  const dailyLeft = headers.get('x-daily-requests-left');
  if (status === 429 && dailyLeft !== null && Number(dailyLeft) <= 0) return { kind: 'daily_limit' };
  // Who hammers on gets a 403 page from the edge, in HTML; a missing permission is a 403 in JSON.
  if (status === 403 && json === undefined && !isEmpty) return { kind: 'rate_limited' };
  if (status < 300 && z.safeParse(z.object({ success: z.literal(false) }), json).success)
    return { kind: 'rejected' };
  return undefined;
}

function explainLastAdmin(error: unknown, user: z.infer<typeof User>, active: boolean): never {
  const mayBeLastAdmin = !active && error instanceof VendorRejectedError && Number(user.is_admin ?? 0) === 1;
  if (!mayBeLastAdmin) throw error;
  throw new VendorRejectedError(error.call, {
    advice:
      'The user is an admin, and Pipedrive keeps its last one. Make somebody else an admin, then play the event again.',
  });
}

function positionOf(next: number | null): string | null {
  return next === null ? null : String(next);
}

function ownerId({ user_id, owner_id }: OwnedRecord): number | undefined {
  const owner = user_id ?? owner_id ?? undefined;
  return typeof owner === 'object' ? owner.id : owner;
}
