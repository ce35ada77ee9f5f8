import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { readBody, type VendorApp, type VendorContext } from './vendor-app.ts';

// SCIM 2.0 as real servers implement it: https://www.rfc-editor.org/rfc/rfc7644

/** A user as SCIM shows it. */
export type ScimRecord = {
  id: string;
  userName: string;
  active: boolean;
  /** The whole name; its first word is the given name. */
  name?: string | undefined;
  externalId?: string | null | undefined;
};

/** New values of a user; what is left out stays. */
export type ScimChanges = { userName?: string; name?: string };

/** The vendor's own users behind its SCIM surface. */
export type ScimStore = {
  list: () => ScimRecord[];
  /** Creates a user; `taken` when the address cannot be used, even if no listed user has it. */
  create: (user: {
    userName: string;
    name: string;
    active: boolean;
    externalId: string | null;
  }) => ScimRecord | 'taken';
  /** Changes name and address; `taken` as for `create`. Left out where the vendor lets nobody change them. */
  change?: (id: string, changes: ScimChanges) => 'taken' | undefined;
  /** Whether the server compares userName with case; RFC 7643, section 4.1, says that it does not. */
  comparesCase?: () => boolean;
  setActive: (id: string, active: boolean) => void;
  /** Why the vendor does not let `active` become this; undefined when it does. */
  refusal?: (id: string, active: boolean) => string | undefined;
  /** What a DELETE does to the user. */
  remove: (id: string) => void;
};

/** How a server differs from the standard. */
export type ScimDialect = {
  /** A PATCH answers 204 and no body, or 200 and the user. */
  patchAnswer: 200 | 204;
  /** Booleans are sent as "True" and "False". */
  booleansAsText?: boolean;
  /** Pages are never longer than this, whatever `count` says. */
  longestPage: number;
  /** `Resources` is left out when nothing matches. */
  omitsEmptyResources?: boolean;
  /** `itemsPerPage` is always 0. */
  itemsPerPageIsZero?: boolean;
  /** A PATCH takes a user, in which `isActive` stands for `active`, and ignores everything else. */
  patchTakesUser?: boolean;
  /** The status of an answer to a POST; 201 unless given. */
  createAnswer?: 200;
};

const SCIM_JSON = 'application/scim+json';
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User';
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error';

const Text = z.string().check(z.minLength(1));

const NewUser = z.object({
  userName: Text,
  externalId: z._default(z.nullable(z.string()), null),
  name: z.optional(z.object({ givenName: z.optional(z.string()), familyName: z.optional(z.string()) })),
  active: z._default(z.boolean(), true),
});

/** What a PATCH may set, by the path in lower case. */
const Replaceable = z.object({
  active: z.optional(z.boolean()),
  username: z.optional(Text),
  'name.givenname': z.optional(Text),
  'name.familyname': z.optional(Text),
  displayname: z.optional(Text),
  emails: z.optional(z.array(z.object({ value: Text }))),
});
type Replaceable = z.infer<typeof Replaceable>;

const Patch = z.object({
  Operations: z
    .array(z.object({ op: z.string(), path: z.optional(z.string()), value: z.unknown() }))
    .check(z.minLength(1)),
});

/** Adds the SCIM `Users` endpoints over a vendor's own users. */
export function scimRoutes(app: VendorApp, store: ScimStore, dialect: ScimDialect): void {
  const find = (context: VendorContext) => store.list().find(({ id }) => id === context.req.param('id'));
  const represent = ({ id, userName, active, name, externalId }: ScimRecord) => ({
    schemas: [USER],
    id,
    userName,
    ...(externalId ? { externalId } : {}),
    displayName: name,
    active: dialect.booleansAsText ? (active ? 'True' : 'False') : active,
    meta: { resourceType: 'User' },
  });

  app.get('/Users', (context) => {
    const filter = context.req.query('filter');
    const wanted = filter === undefined ? undefined : readFilter(filter);
    if (wanted === null)
      return refuseScim(context, 400, 'only userName eq "…" is supported', 'invalidFilter');
    const spelled = (text: string) => (store.comparesCase?.() ? text : text.toLowerCase());
    const matching = store
      .list()
      .filter(({ userName }) => wanted === undefined || spelled(userName) === spelled(wanted));
    return answerPage(context, matching.map(represent), dialect);
  });

  app.get('/Users/:id', (context) => {
    const user = find(context);
    return user === undefined
      ? refuseScim(context, 404, 'no such user')
      : answer(context, 200, represent(user));
  });

  app.post('/Users', async (context) => {
    const user = z.safeParse(NewUser, await readBody(context));
    if (!user.success) return refuseScim(context, 400, 'userName is required', 'invalidValue');
    const { userName, active, name, externalId } = user.data;
    const created = store.create({
      ...{ userName, active, externalId },
      name: [name?.givenName, name?.familyName].filter(Boolean).join(' '),
    });
    if (created === 'taken') return refuseScim(context, 409, 'userName is taken', 'uniqueness');
    return answer(context, dialect.createAnswer ?? 201, represent(created));
  });

  app.put('/Users/:id', async (context) => {
    const user = find(context);
    if (user === undefined) return refuseScim(context, 404, 'no such user');
    const replacement = z.safeParse(NewUser, await readBody(context));
    if (!replacement.success) return refuseScim(context, 400, 'userName is required', 'invalidValue');
    const refusal = store.refusal?.(user.id, replacement.data.active);
    if (refusal !== undefined) return refuseScim(context, 400, refusal, 'mutability');
    store.setActive(user.id, replacement.data.active);
    return answer(context, 200, represent({ ...user, active: replacement.data.active }));
  });

  app.patch('/Users/:id', async (context) => {
    const user = find(context);
    if (user === undefined) return refuseScim(context, 404, 'no such user');
    const body = await readBody(context);
    const values = dialect.patchTakesUser ? readUser(body) : readPatch(body);
    if (values === undefined)
      return refuseScim(context, 400, 'only known attributes can be replaced', 'invalidValue');
    const { active = user.active } = values;
    const changes = changesOf(user, values);
    const refusal = store.refusal?.(user.id, active);
    if (refusal !== undefined) return refuseScim(context, 400, refusal, 'mutability');
    if (Object.keys(changes).length > 0) {
      if (store.change === undefined) return refuseScim(context, 400, 'only active can change', 'mutability');
      if (store.change(user.id, changes) === 'taken')
        return refuseScim(context, 409, 'userName is taken', 'uniqueness');
    }
    store.setActive(user.id, active);
    return dialect.patchAnswer === 204
      ? context.body(null, 204)
      : answer(context, 200, represent(find(context) ?? user));
  });

  app.delete('/Users/:id', (context) => {
    const user = find(context);
    if (user === undefined) return refuseScim(context, 404, 'no such user');
    const refusal = store.refusal?.(user.id, false);
    if (refusal !== undefined) return refuseScim(context, 400, refusal, 'mutability');
    store.remove(user.id);
    return context.body(null, 204);
  });
}

/** A SCIM error; its `status` is a string (RFC 7644, section 3.12). */
export function refuseScim(
  context: VendorContext,
  status: 400 | 401 | 403 | 404 | 409 | 429,
  detail: string,
  scimType?: string,
): Response {
  return answer(context, status, {
    schemas: [ERROR],
    status: String(status),
    detail,
    ...(scimType ? { scimType } : {}),
  });
}

/** An id as SCIM servers make them: it cannot be guessed, and it never changes. */
export function opaqueId(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/** A page of a list, as long as the request and the dialect allow. */
export function answerPage(context: VendorContext, items: readonly object[], dialect: ScimDialect): Response {
  const startIndex = Math.max(1, Number(context.req.query('startIndex') ?? 1));
  const count = Math.min(Number(context.req.query('count') ?? dialect.longestPage), dialect.longestPage);
  const page = items.slice(startIndex - 1, startIndex - 1 + count);
  const resources = page.length === 0 && dialect.omitsEmptyResources ? {} : { Resources: page };
  return answer(context, 200, {
    schemas: [LIST],
    totalResults: items.length,
    startIndex,
    itemsPerPage: dialect.itemsPerPageIsZero ? 0 : page.length,
    ...resources,
  });
}

export function answer(
  context: VendorContext,
  status: 200 | 201 | 400 | 401 | 403 | 404 | 409 | 429,
  body: object,
): Response {
  return context.body(JSON.stringify(body), status, { 'content-type': SCIM_JSON });
}

// Attribute names and operators are case-insensitive; the value is a JSON string.
function readFilter(filter: string): string | null {
  const value = filter.match(/^userName\s+eq\s+(".*")$/i)?.[1];
  if (value === undefined) return null;
  try {
    return String(JSON.parse(value));
  } catch {
    return null;
  }
}

// A value stands under its path, or without one among the attributes of an object (RFC 7644, section 3.5.2.3).
function readPatch(body: unknown): Replaceable | undefined {
  const patch = z.safeParse(Patch, body);
  if (!patch.success) return undefined;
  const { Operations: operations } = patch.data;
  if (operations.some(({ op }) => op.toLowerCase() !== 'replace')) return undefined;
  const values = operations.map(({ path, value }) => flatten(path === undefined ? value : { [path]: value }));
  return z.safeParse(z.strictObject(Replaceable.shape), Object.assign({}, ...values)).data;
}

function readUser(body: unknown): Replaceable | undefined {
  const { isactive: active, ...values } = flatten(body);
  return z.safeParse(Replaceable, { ...values, active }).data;
}

/** The attributes by their paths in lower case, those of `name` by one path each. */
function flatten(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) =>
      name.toLowerCase() === 'name'
        ? Object.entries(flatten(inner)).map(([part, text]) => [`name.${part}`, text])
        : [[name.toLowerCase(), inner]],
    ),
  );
}

function changesOf({ name = '' }: ScimRecord, values: Replaceable): ScimChanges {
  const [givenName = '', ...familyNames] = name.split(' ');
  const parts = [values['name.givenname'] ?? givenName, values['name.familyname'] ?? familyNames.join(' ')];
  const newName = values.displayname ?? parts.join(' ').trim();
  const userName = values.username ?? values.emails?.[0]?.value;
  return {
    ...(newName === name ? {} : { name: newName }),
    ...(userName === undefined ? {} : { userName }),
  };
}
