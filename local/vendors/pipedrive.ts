import { ANN, COLLEAGUES, colleague, MARA, OLOF, PETRA, type Person, STAFF, TOMAS } from './company.ts';
import { page, refuse, succeed } from './pipedrive-answers.ts';
import {
  costOf,
  LIVE_LIMIT,
  LIVE_SETTINGS,
  liveRecordRoutes,
  liveUserRoutes,
  refuseLive,
} from './pipedrive-live.ts';
import { roleRoutes } from './pipedrive-roles.ts';
import {
  addUser,
  assign,
  isLastAdmin,
  isTaken,
  type OwnedRecord,
  type PipedriveState,
  type PipedriveUser,
  tokenUser,
} from './pipedrive-state.ts';
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
import {
  nextId,
  type SurfaceDefinition,
  startVendorServer,
  type VendorServer,
  type World,
} from './vendor-server.ts';

// Pipedrive as its guide describes it: https://developers.pipedrive.com/docs/api/v1

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

const readToken = (context: VendorContext) =>
  context.req.header('x-api-token') ?? bearerToken(context) ?? context.req.query('api_token');

const LIVE = {
  limit: LIVE_LIMIT,
  costOf,
  readToken,
  refuseToken: (context: VendorContext) => refuseLive(context, 401, 'unauthorized access'),
  refuseRate: refuseLiveRate,
  rateHeaders: liveRateHeaders,
};

// Only on plans with SSO: https://pipedrive.readme.io/docs/scim-api
const SCIM: SurfaceDefinition<PipedriveState> = {
  prefix: '/scim/v2',
  limit: LIMIT,
  refuseToken: (context) => refuseScim(context, 401, 'the SCIM token is not valid'),
  refuseRate,
  rateHeaders,
  routes: (app, world) => {
    scimRoutes(app, userStore(world), SCIM_DIALECT);
    scimGroupRoutes(app, roleStore(world), SCIM_DIALECT);
  },
};

export function startPipedrive(now?: () => number): Promise<VendorServer<PipedriveState>> {
  return startVendorServer<PipedriveState>(
    {
      vendor: 'pipedrive',
      seed,
      accounts: ({ users }) =>
        users.map(({ id, email, active_flag }) => ({ vendorUserId: String(id), email, isOpen: active_flag })),
      populate: (state, emails) => {
        Object.assign(state, {
          ...{ roleAssignments: [], deals: [], archivedDeals: [], activities: [], persons: [] },
        });
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
        readToken,
        refuseToken: (context) => refuse(context, 401, 'unauthorized access'),
        refuseRate,
        rateHeaders,
        routes,
      },
      live: {
        rest: [
          { ...LIVE, prefix: '/api/v2', routes: liveRecordRoutes },
          { ...LIVE, prefix: '/v1', routes: liveUserRoutes },
        ],
        scim: SCIM,
        settings: LIVE_SETTINGS,
      },
      scim: SCIM,
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

  app.get('/users/me', (context) => succeed(context, tokenUser(world.state)));

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

  roleRoutes(app, world, 201);

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

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
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

function liveRateHeaders({ limit, remaining }: RequestWindow): Record<string, string> {
  return {
    'x-ratelimit-limit': String(limit.capacity),
    'x-ratelimit-remaining': String(Math.max(0, remaining)),
    // A number of seconds to wait.
    'x-ratelimit-reset': String(Math.ceil(limit.windowMs / 1000)),
  };
}

function refuseLiveRate(context: VendorContext, window: RequestWindow): Response {
  // That the day's tokens are used up is not said.
  const headers = window.remaining > 0 ? {} : liveRateHeaders(window);
  return context.json({ success: false, error: 'request over limit', errorCode: 429 }, 429, headers);
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
    archivedDeals: owned(1600, 1, 'Archived deal', bystander),
    persons: [...owned(3000, 6, 'Contact', ANN), ...owned(3100, 4, 'Contact', bystander)],
    invitations: [],
    tokenIsAdmin: true,
    nextId: 9000,
  };
}
