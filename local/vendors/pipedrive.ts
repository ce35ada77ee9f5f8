import { ANN, COLLEAGUES, colleague, MARA, OLOF, PETRA, type Person, STAFF, TOMAS } from './company.ts';
import { accountOf, copiesOf, LEFT } from './planted.ts';
import type { RequestWindow } from './request-window.ts';
import { type ScimGroupStore, scimGroupRoutes } from './scim-group-routes.ts';
import {
  opaqueId,
  refuseScim,
  type ScimDialect,
  type ScimRecord,
  type ScimStore,
  scimRoutes,
} from './scim-routes.ts';
import { bearerToken, type VendorApp, type VendorContext } from './vendor-app.ts';
import { nextId, startVendorServer, type VendorServer, type World } from './vendor-server.ts';

// Pipedrive as its guide describes it: https://developers.pipedrive.com/docs/api/v1

export type PipedriveUser = {
  id: number;
  name: string;
  email: string;
  active_flag: boolean;
  is_admin: 0 | 1;
  /** Instants. A user who has never logged in has not accepted the invitation. */
  created: string;
  last_login: string | null;
};
type OwnedRecord = { id: number; title: string; user_id: number };

export type PipedriveState = {
  users: PipedriveUser[];
  roles: { id: number; name: string }[];
  roleAssignments: { id: number; role_id: number; user_id: number; active_flag: boolean }[];
  deals: (OwnedRecord & { status: 'open' | 'won' | 'lost' })[];
  activities: (OwnedRecord & { done: boolean })[];
  persons: OwnedRecord[];
  /** Addresses that were sent an invitation. */
  invitations: string[];
  /** Whether the token belongs to an admin; others may not write users. */
  tokenIsAdmin: boolean;
  nextId: number;
};

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;
// The edge answers with an HTML page when a caller goes on after so many refusals.
const REFUSALS_BEFORE_403 = 20;
const HOUR_MS = 3_600_000;
const LIMIT = { capacity: 80, windowMs: 2000, perDay: 80_000 };
const SCIM_DIALECT: ScimDialect = {
  patchAnswer: 204,
  longestPage: 20,
  omitsEmptyResources: true,
  itemsPerPageIsZero: true,
};

export function startPipedrive(now?: () => number): Promise<VendorServer<PipedriveState>> {
  return startVendorServer<PipedriveState>(
    {
      vendor: 'pipedrive',
      seed,
      accounts: ({ users }) =>
        users.map(({ id, email, active_flag }) => ({ vendorUserId: String(id), email, isOpen: active_flag })),
      populate: (state, emails) => {
        Object.assign(state, { roleAssignments: [], deals: [], activities: [], persons: [] });
        state.users = copiesOf(state.users, emails, (number) => ({ id: number }));
      },
      discrepancies: {
        roster: [
          { person: colleague(1), changes: { ...LEFT, reassignTo: MARA.email } },
          { person: colleague(6), changes: { role: 'Account Executive' } },
        ],
        plant,
      },
      oauth: {
        authorizePath: '/oauth/authorize',
        tokenPath: '/oauth/token',
        clientAuthentication: 'http basic',
        lifetimeMs: HOUR_MS,
        rotates: true,
      },
      rest: {
        prefix: '/v1',
        limit: LIMIT,
        readToken: (context) =>
          context.req.header('x-api-token') ?? bearerToken(context) ?? context.req.query('api_token'),
        refuseToken: (context) => refuse(context, 401, 'unauthorized access'),
        refuseRate,
        rateHeaders,
        routes,
      },
      // Only on plans with SSO: https://pipedrive.readme.io/docs/scim-api
      scim: {
        prefix: '/scim/v2',
        limit: LIMIT,
        refuseToken: (context) => refuseScim(context, 401, 'the SCIM token is not valid'),
        refuseRate,
        rateHeaders,
        routes: (app, world) => {
          scimRoutes(app, userStore(world), SCIM_DIALECT);
          scimGroupRoutes(app, roleStore(world), SCIM_DIALECT);
        },
      },
    },
    now,
  );
}

function routes(app: VendorApp, world: World<PipedriveState>): void {
  const userOf = (context: VendorContext) =>
    world.state.users.find(({ id }) => id === Number(context.req.param('id')));

  app.get('/users/find', (context) => {
    const term = (context.req.query('term') ?? '').toLowerCase();
    if (term.length < 2) return refuse(context, 400, 'term must be at least 2 characters long');
    const field = context.req.query('search_by_email') === '1' ? 'email' : 'name';
    const found = world.state.users.filter((user) => user[field].toLowerCase().includes(term));
    return page(
      context,
      found.map(({ id, name, email }) => ({ id, name, email })),
    );
  });

  const withRole = (user: PipedriveUser) => {
    const assignment = world.state.roleAssignments.find(
      ({ user_id, active_flag }) => user_id === user.id && active_flag,
    );
    return { ...user, role_id: assignment?.role_id ?? null };
  };

  app.get('/users', (context) => page(context, world.state.users, withRole));

  app.get('/users/me', (context) =>
    succeed(
      context,
      world.state.users.find(({ is_admin }) => is_admin === 1),
    ),
  );

  app.get('/users/:id', (context) => {
    const user = userOf(context);
    return user === undefined ? refuse(context, 404, 'User not found') : succeed(context, user);
  });

  app.post('/users', async (context) => {
    if (!world.state.tokenIsAdmin) return refuse(context, 403, 'Only admins may do this');
    const { name, email, active_flag = true } = await context.req.json();
    if (typeof name !== 'string' || typeof email !== 'string')
      return refuse(context, 400, 'name and email are required');
    if (isTaken(world.state, email)) return refuse(context, 400, 'User with this email already exists');
    context.status(201);
    return succeed(context, addUser(world, { name, email, active_flag }));
  });

  app.put('/users/:id', async (context) => {
    if (!world.state.tokenIsAdmin) return refuse(context, 403, 'Only admins may do this');
    const user = userOf(context);
    if (user === undefined) return refuse(context, 404, 'User not found');
    const { active_flag, name = user.name, email = user.email } = await context.req.json();
    if (!isText(name) || !isText(email)) return refuse(context, 400, 'name and email must be texts');
    if (email !== user.email && isTaken(world.state, email, user.id))
      return refuse(context, 400, 'User with this email already exists');
    if (active_flag === false && isLastAdmin(world.state, user))
      return refuse(context, 400, 'Cannot deactivate the last admin');
    Object.assign(user, { name, email });
    if (typeof active_flag === 'boolean') user.active_flag = active_flag;
    return succeed(context, user);
  });

  app.get('/users/:id/roleAssignments', (context) => {
    if (userOf(context) === undefined) return refuse(context, 404, 'User not found');
    const id = Number(context.req.param('id'));
    return page(
      context,
      world.state.roleAssignments.filter(({ user_id }) => user_id === id),
    );
  });

  app.get('/users/:id/permissions', (context) => {
    const user = userOf(context);
    if (user === undefined) return refuse(context, 404, 'User not found');
    return succeed(context, { can_add_products: user.is_admin === 1, can_bulk_edit_items: false });
  });

  app.get('/roles', (context) => page(context, world.state.roles));

  app.post('/roles/:id/assignments', async (context) => {
    if (!world.state.tokenIsAdmin) return refuse(context, 403, 'Only admins may do this');
    const { user_id } = await context.req.json();
    const role = world.state.roles.find(({ id }) => id === Number(context.req.param('id')));
    const user = world.state.users.find(({ id }) => id === user_id);
    if (role === undefined || user === undefined) return refuse(context, 404, 'Role or user not found');
    context.status(201);
    return succeed(context, assign(world, role.id, user_id));
  });

  const ownedBy = <T extends OwnedRecord>(context: VendorContext, records: T[]): T[] => {
    const owner = context.req.query('user_id');
    return owner === undefined ? records : records.filter(({ user_id }) => user_id === Number(owner));
  };

  app.get('/deals', (context) => {
    const status = context.req.query('status');
    return page(
      context,
      ownedBy(context, world.state.deals).filter((deal) => status === undefined || deal.status === status),
    );
  });

  app.get('/activities', (context) => {
    const done = context.req.query('done');
    const activities = ownedBy(context, world.state.activities);
    return page(
      context,
      activities.filter((activity) => done === undefined || activity.done === (done === '1')),
    );
  });

  app.get('/persons', (context) => page(context, ownedBy(context, world.state.persons)));

  for (const kind of ['deals', 'activities', 'persons'] as const) {
    app.get(`/${kind}/:id`, (context) => {
      const record = world.state[kind].find(({ id }) => id === Number(context.req.param('id')));
      return record === undefined ? refuse(context, 404, 'Not found') : succeed(context, record);
    });

    app.patch(`/${kind}/:id`, async (context) => {
      const record = world.state[kind].find(({ id }) => id === Number(context.req.param('id')));
      if (record === undefined) return refuse(context, 404, 'Not found');
      const { user_id } = await context.req.json();
      const owner = world.state.users.find(({ id }) => id === user_id);
      if (owner === undefined || !owner.active_flag)
        return refuse(context, 400, 'The owner must be an active user');
      record.user_id = user_id;
      return succeed(context, record);
    });
  }
}

// The same users and roles as over REST, with other ids.
const scimUserId = ({ id }: Pick<PipedriveUser, 'id'>) => opaqueId(`pipedrive user ${id}`);
const scimGroupId = ({ id }: { id: number }) => opaqueId(`pipedrive role ${id}`);

function userStore(world: World<PipedriveState>): ScimStore {
  const userOf = (id: string) => world.state.users.find((user) => scimUserId(user) === id);
  const represent = (user: PipedriveUser): ScimRecord => ({
    id: scimUserId(user),
    userName: user.email,
    active: user.active_flag,
    name: user.name,
  });
  const setActive = (id: string, active: boolean) => {
    const user = userOf(id);
    if (user !== undefined) user.active_flag = active;
  };
  return {
    list: () => world.state.users.map(represent),
    create: ({ userName, name, active }) =>
      isTaken(world.state, userName)
        ? 'taken'
        : represent(addUser(world, { name, email: userName, active_flag: active })),
    setActive,
    refusal: (id, active) => {
      const user = userOf(id);
      return user !== undefined && !active && isLastAdmin(world.state, user)
        ? 'Cannot deactivate the last admin'
        : undefined;
    },
    // A DELETE deactivates the user. It deletes and reassigns nothing.
    remove: (id) => setActive(id, false),
  };
}

function roleStore(world: World<PipedriveState>): ScimGroupStore {
  return {
    list: () =>
      world.state.roles.map((role) => ({
        id: scimGroupId(role),
        displayName: role.name,
        members: world.state.roleAssignments
          .filter(({ role_id, active_flag }) => role_id === role.id && active_flag)
          .map(({ user_id }) => scimUserId({ id: user_id })),
      })),
    create: (name) => {
      world.state.roles.push({ id: nextId(world), name });
    },
    addMember: (groupId, userId) => {
      const role = world.state.roles.find((candidate) => scimGroupId(candidate) === groupId);
      const user = world.state.users.find((candidate) => scimUserId(candidate) === userId);
      if (role !== undefined && user !== undefined) assign(world, role.id, user.id);
    },
  };
}

function isTaken({ users }: PipedriveState, address: string, exceptId?: number): boolean {
  return users.some(({ id, email }) => id !== exceptId && email.toLowerCase() === address.toLowerCase());
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}

function addUser(
  world: World<PipedriveState>,
  fields: Pick<PipedriveUser, 'name' | 'email' | 'active_flag'>,
): PipedriveUser {
  const created = new Date(world.now()).toISOString();
  const user: PipedriveUser = { id: nextId(world), ...fields, is_admin: 0, created, last_login: null };
  world.state.users.push(user);
  // Pipedrive always sends the invitation when a user is created.
  world.state.invitations.push(user.email);
  return user;
}

function assign(world: World<PipedriveState>, role_id: number, user_id: number) {
  // A user has one role: the new assignment takes the place of the old one.
  world.state.roleAssignments = world.state.roleAssignments.filter(
    (assignment) => assignment.user_id !== user_id,
  );
  const assignment = { id: nextId(world), role_id, user_id, active_flag: true };
  world.state.roleAssignments.push(assignment);
  return assignment;
}

function succeed(context: VendorContext, data: unknown): Response {
  return context.json({ success: true, data });
}

function refuse(context: VendorContext, status: 400 | 401 | 403 | 404, error: string): Response {
  return context.json({ success: false, error }, status);
}

function page<T>(
  context: VendorContext,
  items: readonly T[],
  represent: (item: T) => unknown = (item) => item,
): Response {
  const start = Number(context.req.query('start') ?? 0);
  const limit = Math.min(Number(context.req.query('limit') ?? DEFAULT_LIMIT), MAX_LIMIT);
  const more = items.length > start + limit;
  const pagination = {
    start,
    limit,
    more_items_in_collection: more,
    ...(more ? { next_start: start + limit } : {}),
  };
  return context.json({
    success: true,
    data: items.slice(start, start + limit).map(represent),
    additional_data: { pagination },
  });
}

function rateHeaders(window: RequestWindow): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(window.limit.capacity),
    'X-RateLimit-Remaining': String(Math.max(0, window.remaining)),
    // A Unix time, not a number of seconds to wait.
    'X-RateLimit-Reset': String(Math.ceil(window.freeAt / 1000)),
    'X-Daily-Requests-Left': String(Math.max(0, window.remainingToday)),
  };
}

function refuseRate(context: VendorContext, window: RequestWindow): Response {
  if (window.refusedInARow > REFUSALS_BEFORE_403)
    return context.html('<html><body>Forbidden</body></html>', 403);
  return context.json({ success: false, error: 'request over limit' }, 429, rateHeaders(window));
}

/** Records of a leaver, an address that was changed, and a role that is not the one asked for. */
function plant({ users, deals, persons, roleAssignments }: PipedriveState): void {
  const petra = accountOf(users, PETRA).id;
  deals.push({ id: 1900, title: 'Forgotten deal', user_id: petra, status: 'open' });
  persons.push({ id: 3900, title: 'Forgotten contact', user_id: petra });
  accountOf(users, colleague(5)).email = 'new.name@northlight.example';
  const { id } = accountOf(users, colleague(6));
  roleAssignments.push({ id: 900, role_id: 3, user_id: id, active_flag: true });
}

function isLastAdmin({ users }: PipedriveState, user: PipedriveUser): boolean {
  return (
    user.is_admin === 1 &&
    !users.some((other) => other.id !== user.id && other.is_admin === 1 && other.active_flag)
  );
}

function seed(): PipedriveState {
  const users = STAFF.map((person, index): PipedriveUser => {
    return {
      id: index + 1,
      name: `${person.firstName} ${person.lastName}`,
      email: person.email,
      active_flag: person !== PETRA,
      is_admin: person === OLOF ? 1 : 0,
      created: '2024-01-10T09:00:00Z',
      last_login: '2024-02-01T09:00:00Z',
    };
  });
  const idOf = (person: Person) => users.find(({ email }) => email === person.email)?.id ?? 0;
  const owned = (from: number, count: number, title: string, owner: Person): OwnedRecord[] =>
    Array.from({ length: count }, (_, index) => ({
      id: from + index,
      title: `${title} ${index + 1}`,
      user_id: idOf(owner),
    }));
  const [bystander = MARA] = COLLEAGUES;
  return {
    users,
    roles: [
      { id: 1, name: 'Account Executive' },
      { id: 2, name: 'Account Executive (EMEA)' },
      { id: 3, name: 'Sales Manager' },
    ],
    roleAssignments: [{ id: 1, role_id: 3, user_id: idOf(MARA), active_flag: true }],
    deals: [
      ...owned(1000, 104, 'Deal', ANN).map((deal) => ({ ...deal, status: 'open' as const })),
      ...owned(1200, 3, 'Won deal', ANN).map((deal) => ({ ...deal, status: 'won' as const })),
      ...owned(1300, 2, 'Deal', TOMAS).map((deal) => ({ ...deal, status: 'open' as const })),
      ...owned(1400, 5, 'Deal', bystander).map((deal) => ({ ...deal, status: 'open' as const })),
    ],
    activities: [
      ...owned(2000, 4, 'Call', ANN).map((activity) => ({ ...activity, done: false })),
      ...owned(2100, 2, 'Past call', ANN).map((activity) => ({ ...activity, done: true })),
      ...owned(2200, 3, 'Call', bystander).map((activity) => ({ ...activity, done: false })),
    ],
    persons: [...owned(3000, 6, 'Contact', ANN), ...owned(3100, 4, 'Contact', bystander)],
    invitations: [],
    tokenIsAdmin: true,
    nextId: 9000,
  };
}
