import * as z from 'zod/mini';
import { sameEmail } from '../shared/email.ts';
import { IdentityConflictError, VendorRejectedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';
import { assertTheirs } from './assert-theirs.ts';
import { enriching, enrichingText } from './enriching.ts';
import { ensure } from './ensure.ts';
import type { VendorHttp } from './http.ts';
import { exactMatch } from './match.ts';
import { assertAllArrived, collect, type Page, walk } from './paging.ts';
import type { Surface } from './surface.ts';
import { textOrNothing } from './text-or-nothing.ts';

// SCIM 2.0: https://www.rfc-editor.org/rfc/rfc7643 (schema) and https://www.rfc-editor.org/rfc/rfc7644 (protocol)

/** A user. `active` is undefined, and the other facts are null, when the server does not say. */
export type ScimUser = {
  id: string;
  /** Empty when the server shows none, which it must not. */
  userName: string;
  active: boolean | undefined;
  /** HR's number, where the user was created with it. */
  externalId: string | null;
  /** The whole name. */
  name: string | null;
  /** All addresses, of which userName is one as a rule; empty when the server shows none. */
  emails: ScimEmail[];
};
type ScimEmail = z.infer<typeof EmailAnswer>;

/** What is new about a user; what is left out stays. */
export type ScimFacts = { name?: ScimName; email?: string };
export type ScimName = { firstName: string; lastName: string };

/** A group, without its members. */
export type ScimGroup = { id: string; displayName: string };

/** Somebody for whom an account is created. */
export const ScimPerson = z.object({
  employeeId: z.string(),
  email: z.string(),
  firstName: z.string(),
  lastName: z.string(),
});
export type ScimPerson = z.infer<typeof ScimPerson>;

/** What a creation came to; the id is null where the answer does not tell it. */
type Created = { wasThere: boolean; id: string | null };

export type ScimClient = {
  /**
   * All users with exactly this userName, active or not. Some servers compare its case, so it is best given as the
   * app shows it.
   */
  listByUserName(userName: string): Promise<ScimUser[]>;
  /** The user with exactly this userName, active or not. @throws AmbiguousUserError */
  findUser(email: string): Promise<ScimUser | null>;
  /** A page of all users, active or not. @param startIndex from 1. */
  listUsers(operation: string, startIndex: number): Promise<Page<ScimUser, number>>;
  /** Null when there is no user with this id. */
  getUser(id: string): Promise<ScimUser | null>;
  /** A user whom the server has just shown. @throws VendorRejectedError when there is no such user. */
  readUser(operation: string, id: string): Promise<ScimUser>;
  /**
   * Creates the user, or returns the one that exists. It never invites twice: it looks before the POST, and again when
   * the answer to the POST was lost.
   *
   * @throws VendorRejectedError when the server says that the address is taken, but does not list it;
   *   IdentityConflictError when the one that exists has somebody else's number or another name.
   */
  ensureUser(person: ScimPerson): Promise<{ status: 'changed' | 'already_done'; user: ScimUser }>;
  /** Sets `active` without a read. @throws VendorRejectedError when there is no such user. */
  setActive(operation: string, id: string, active: boolean): Promise<void>;
  /**
   * Sets `active` and reads it back.
   *
   * @param more.guard asked just before the write.
   * @param more.isGone asked where the server shows no such user, and then says whether that is done too. Without it, the
   *   user has to be there.
   * @throws VendorUnconfirmedError; VendorRejectedError for an unknown user; what `guard` and `isGone` throw.
   */
  ensureActive(
    id: string,
    active: boolean,
    more?: { guard?: () => Promise<void>; isGone?: (() => Promise<boolean>) | undefined },
  ): Promise<'changed' | 'already_done'>;
  /** Writes name and address, without a read. @throws VendorRejectedError when there is no such user. */
  setFacts(
    operation: string,
    user: Pick<ScimUser, 'id' | 'userName' | 'emails'>,
    facts: ScimFacts,
  ): Promise<void>;
  /** All groups. */
  listGroups(operation: string): Promise<ScimGroup[]>;
  /** Adds a user to a group, without a read before or after. @throws VendorRejectedError */
  addMember(operation: string, groupId: string, vendorUserId: string): Promise<void>;
};

// Some servers send "True" and "False".
const ScimBoolean = z.union([
  z.boolean(),
  z.pipe(
    z.string().check(z.regex(/^(true|false)$/i)),
    z.transform((text: string) => text.toLowerCase() === 'true'),
  ),
]);

// Attribute names are case-insensitive (RFC 7643, section 2.1), so answers are read with lower-case names.
const lowerCaseNames = z.pipe(z.unknown(), z.transform(withLowerCaseNames));

// Null and an empty text say nothing.
const Active = z.pipe(
  z.optional(z.nullable(z.union([ScimBoolean, z.literal('')]))),
  z.transform((active: boolean | '' | null | undefined) =>
    typeof active === 'boolean' ? active : undefined,
  ),
);

const Id = z.union([z.string(), z.int()]);

const NameAnswer = z.pipe(
  lowerCaseNames,
  z.object({ formatted: textOrNothing, givenname: textOrNothing, familyname: textOrNothing }),
);
const EmailAnswer = z.pipe(
  lowerCaseNames,
  z.looseObject({ value: z.string(), primary: z.optional(z.nullable(ScimBoolean)) }),
);

const userAnswer = (needed: {
  username: z.ZodMiniType<string | null>;
  active: z.ZodMiniType<boolean | undefined>;
}) =>
  z.pipe(
    lowerCaseNames,
    z.pipe(
      z.object({
        id: Id,
        ...needed,
        externalid: enrichingText('externalId'),
        name: enriching('name', z.optional(z.nullable(NameAnswer)), null),
        displayname: enrichingText('displayName'),
        emails: enriching('emails', z.optional(z.nullable(z.array(EmailAnswer))), null),
      }),
      z.transform(
        (user): ScimUser => ({
          id: String(user.id),
          userName: user.username ?? '',
          active: user.active,
          externalId: user.externalid,
          name: wholeName(user.name ?? null) ?? user.displayname,
          emails: user.emails ?? [],
        }),
      ),
    ),
  );

const activeInList = enriching('active', Active, undefined);
/** One user, who was asked for by id. */
const UserAnswer = userAnswer({ username: enrichingText('userName'), active: Active });
/** A user of those that a search has found: whoever has no readable name may be the one looked for. */
const FoundUser = userAnswer({ username: z.string(), active: activeInList });
const ListedUser = userAnswer({ username: enrichingText('userName'), active: activeInList });

const GroupAnswer = z.pipe(
  lowerCaseNames,
  z.pipe(
    z.object({ id: Id, displayname: enrichingText('displayName') }),
    z.transform(({ id, displayname }): ScimGroup => ({ id: String(id), displayName: displayname ?? '' })),
  ),
);

const listAnswer = <T>(item: z.ZodMiniType<T>) =>
  z.pipe(
    lowerCaseNames,
    z.object({
      totalresults: enriching('totalResults', z.optional(z.nullable(z.int())), undefined),
      // Absent when nothing matches (RFC 7644, section 3.4.2).
      resources: z.optional(z.nullable(z.array(item))),
    }),
  );

const PAGE_SIZE = 100;

/**
 * A SCIM 2.0 client over one vendor's surface.
 *
 * @param options.pageSize users asked for per page; servers may send fewer.
 */
export function scimClient(
  surface: Surface,
  http: VendorHttp,
  options: {
    sleep: Sleep;
    pageSize?: number | undefined;
    /** The body of a PATCH that sets these values, each by its path; the standard's unless given. */
    patchBody?: ((values: Record<string, unknown>) => object) | undefined;
  },
): ScimClient {
  const { vendor } = surface;
  const pageSize = options.pageSize ?? PAGE_SIZE;

  const readPage = async <T>(
    operation: string,
    path: string,
    item: z.ZodMiniType<T>,
    startIndex: number,
    filter?: string,
  ): Promise<Page<T, number>> => {
    // https://www.rfc-editor.org/rfc/rfc7644#section-3.4.2
    const { resources, totalresults: total } = await http.request({
      operation,
      method: 'GET',
      path,
      query: { ...(filter === undefined ? {} : { filter }), startIndex, count: pageSize },
      answer: listAnswer(item),
    });
    const items = resources ?? [];
    // Pages may be shorter than `count` and `itemsPerPage` may be 0, so only what arrived counts.
    const next = startIndex + items.length;
    const isLast = items.length === 0 || next > (total ?? Number.POSITIVE_INFINITY);
    return { items, total: total ?? undefined, next: isLast ? null : next };
  };

  const readAll = async <T extends { id: string }>(
    operation: string,
    path: string,
    item: z.ZodMiniType<T>,
    filter?: string,
  ): Promise<T[]> => {
    const list = { vendor, operation, method: 'GET', path };
    const arrived = new Map<string, T>();
    const readNext = async (startIndex: number): Promise<Page<T, number>> => {
      const page = await readPage(operation, path, item, startIndex, filter);
      const items = page.items.filter(({ id }) => !arrived.has(id));
      for (const one of items) arrived.set(one.id, one);
      if (items.length > 0) return { ...page, items };
      // A page without a new user ends the walk: some servers ignore `startIndex`, and give all that they have.
      assertAllArrived(list, arrived.size, page.total);
      return { items, next: null };
    };
    return collect(walk(list, 1, readNext));
  };

  const listByUserName = async (userName: string): Promise<ScimUser[]> => {
    // A filter value is a JSON string (RFC 7644, section 3.4.2.2), which escapes quotes and backslashes.
    const filter = `userName eq ${JSON.stringify(userName)}`;
    const users = await readAll('findUser', '/Users', FoundUser, filter);
    // Some servers ignore a filter.
    return users.filter((user) => sameEmail(user.userName, userName));
  };

  const findUser = async (email: string): Promise<ScimUser | null> =>
    exactMatch(vendor, email, await listByUserName(email), ({ id, userName }) => ({ id, email: userName }));

  // https://www.rfc-editor.org/rfc/rfc7644#section-3.4.1
  const read = (operation: string, id: string) =>
    ({
      operation,
      method: 'GET',
      path: `/Users/${encodeURIComponent(id)}`,
      answer: UserAnswer,
      isThere: true,
    }) as const;

  /** Returns the id, where the answer tells it. */
  const createUser = async (person: ScimPerson): Promise<string | null> => {
    // https://www.rfc-editor.org/rfc/rfc7644#section-3.3
    const answer = await http.request({
      operation: 'createUser',
      method: 'POST',
      path: '/Users',
      body: {
        schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName: person.email,
        externalId: person.employeeId,
        name: { givenName: person.firstName, familyName: person.lastName },
        displayName: `${person.firstName} ${person.lastName}`,
        emails: [{ value: person.email, type: 'work', primary: true }],
        active: true,
      },
      answer: z.unknown(),
    });
    const created = z.safeParse(z.pipe(lowerCaseNames, z.object({ id: Id })), answer);
    return created.success ? String(created.data.id) : null;
  };

  const createOrAdopt = async (person: ScimPerson): Promise<Created> => {
    try {
      return { wasThere: false, id: await createUser(person) };
    } catch (error) {
      if (!(error instanceof VendorRejectedError) || error.call.status !== 409) throw error;
      if ((await findUser(person.email)) !== null) return { wasThere: true, id: null };
      throw new VendorRejectedError(error.call, {
        code: error.code,
        advice:
          'The address is taken, but no user with it is listed: the user was probably deleted before. Restore the user in the app.',
      });
    }
  };

  const { patchBody = standardPatch } = options;
  const patch = (path: string, body: object) => ({
    // https://www.rfc-editor.org/rfc/rfc7644#section-3.5.2; answers 200 with the resource or 204 without.
    ...{ method: 'PATCH' as const, path, body, isThere: true, answer: z.unknown() },
  });

  const replace = async (operation: string, id: string, values: Record<string, unknown>): Promise<void> => {
    await http.request({ operation, ...patch(`/Users/${encodeURIComponent(id)}`, patchBody(values)) });
  };

  const setActive = (operation: string, id: string, active: boolean) => replace(operation, id, { active });

  return {
    listByUserName,
    findUser,
    listUsers: (operation, startIndex) => readPage(operation, '/Users', ListedUser, startIndex),
    getUser: (id) => http.requestIfExists(read('getUser', id)),
    readUser: (operation, id) => http.request(read(operation, id)),
    setActive,
    setFacts: (operation, user, { name, email }) =>
      replace(operation, user.id, {
        ...(name === undefined ? {} : namePaths(name)),
        ...(email === undefined ? {} : { userName: email, emails: withAddress(user, email) }),
      }),
    ensureUser: async (person) => {
      let created: Created = { wasThere: false, id: null };
      const getCreated = async (id: string) => {
        const user = await http.requestIfExists(read('createUser', id));
        return user !== null && sameEmail(user.userName, person.email) ? user : null;
      };
      const { status, state } = await ensure({
        // A server that compares case may keep the address in another spelling than it was given.
        read: async () =>
          (await findUser(person.email)) ?? (created.id === null ? null : await getCreated(created.id)),
        isDone: (user) => user !== null,
        write: async () => {
          created = await createOrAdopt(person);
        },
        unconfirmed: () => new VendorUnconfirmedError(vendor, 'createUser', 'the new user'),
        sleep: options.sleep,
      });
      if (state === null) throw new VendorUnconfirmedError(vendor, 'createUser', 'the new user');
      const { employeeId } = person;
      if (state.externalId !== null && state.externalId.trim() !== employeeId)
        throw new IdentityConflictError(vendor, state.id, null, { employeeId, reason: 'other_external_id' });
      assertTheirs(vendor, person, state);
      return { status: created.wasThere ? 'already_done' : status, user: state };
    },
    ensureActive: async (id, active, { guard, isGone } = {}) => {
      const operation = active ? 'reactivateUser' : 'deactivateUser';
      const { status } = await ensure<ScimUser | 'gone' | null>({
        read: async () => {
          if (isGone === undefined) return http.request(read(operation, id));
          const user = await http.requestIfExists(read(operation, id));
          // A user who is not gone and does not show is written to all the same: the write uses the id.
          return user ?? ((await isGone()) ? 'gone' : null);
        },
        isDone: (user) => user === 'gone' || user?.active === active,
        write: async () => {
          await guard?.();
          await setActive(operation, id, active);
        },
        unconfirmed: () => new VendorUnconfirmedError(vendor, operation, `user ${id}`),
        sleep: options.sleep,
      });
      return status;
    },
    listGroups: (operation) => readAll(operation, '/Groups', GroupAnswer),
    addMember: async (operation, groupId, vendorUserId) => {
      const operations = [{ op: 'add', path: 'members', value: [{ value: vendorUserId }] }];
      await http.request({
        operation,
        ...patch(`/Groups/${encodeURIComponent(groupId)}`, patchOf(operations)),
      });
    },
  };
}

/** A `readFailure` for SCIM surfaces: carries the error's `scimType` (RFC 7644, section 3.12). */
export function readScimRejection({ status, json }: { status: number; json: unknown }) {
  if (status !== 400 && status !== 409) return undefined;
  const error = z.safeParse(
    z.pipe(lowerCaseNames, z.object({ scimtype: z.string().check(z.regex(/^\w{1,40}$/)) })),
    json,
  );
  return { kind: 'rejected' as const, code: error.success ? error.data.scimtype : undefined };
}

function standardPatch(values: Record<string, unknown>): object {
  return patchOf(Object.entries(values).map(([path, value]) => ({ op: 'replace', path, value })));
}

function patchOf(operations: readonly object[]): object {
  return { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: operations };
}

// A name whose parts are shown may keep an old `formatted`.
function wholeName(name: z.infer<typeof NameAnswer> | null): string | null {
  if (name === null) return null;
  const { formatted, givenname, familyname } = name;
  if (givenname !== null && familyname !== null) return `${givenname} ${familyname}`;
  return formatted ?? givenname ?? familyname;
}

function namePaths({ firstName, lastName }: ScimName) {
  return {
    'name.givenName': firstName,
    'name.familyName': lastName,
    displayName: `${firstName} ${lastName}`,
  };
}

/** All addresses, with a new one in the place of the userName or else of the primary one. */
function withAddress({ userName, emails }: Pick<ScimUser, 'userName' | 'emails'>, email: string) {
  const old =
    emails.find(({ value }) => sameEmail(value, userName)) ?? emails.find(({ primary }) => primary === true);
  if (old === undefined) return [...emails, { value: email, type: 'work', primary: true }];
  return emails.map((one) => (one === old ? { ...one, value: email } : one));
}

function withLowerCaseNames(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name.toLowerCase(), inner]));
}
