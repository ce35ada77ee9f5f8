import * as z from 'zod/mini';
import { sameEmail } from '../../functions/shared/email.ts';
import { ANN, colleague, KENJI, MARA, OLOF, PETRA, type Person, STAFF, TOMAS } from './company.ts';
import { accountOf, copiesOf } from './planted.ts';
import type { RequestWindow } from './request-window.ts';
import { refuseScim, type ScimRecord, type ScimStore, scimRoutes } from './scim-routes.ts';
import { readBody, type VendorApp, type VendorContext } from './vendor-app.ts';
import { nextId, startVendorServer, type VendorServer, type World } from './vendor-server.ts';

// SalesLoft as its guide describes it: https://developers.salesloft.com/docs/api

export type SalesloftUser = {
  id: number;
  guid: string;
  name: string;
  first_name: string;
  last_name: string;
  email: string;
  title: string | null;
  active: boolean;
  /** Whether the invitation was accepted. Until then REST does not know the user. */
  accepted: boolean;
  /** Whether SCIM manages the user. It does not manage people who were invited in the app. */
  in_scim: boolean;
  /** HR's number, which only SCIM shows. */
  external_id?: string | null;
  team_id: number;
  role: { id: number; name: string };
  group: { id: number; name: string } | null;
  created_at: string;
};

export type SalesloftState = {
  users: SalesloftUser[];
  groups: { id: number; name: string; parent_id: number | null }[];
  roles: { id: number; name: string }[];
  /** No call can move them to another owner. */
  cadences: { id: number; name: string; owner_id: number }[];
  /** Addresses that were sent an invitation. */
  invitations: string[];
  /** For how many reads REST shows the old value after SCIM has changed a user. */
  restLag: number;
  /** What REST still shows of users that SCIM has changed. */
  lagging: { before: SalesloftUser; readsLeft: number }[];
  /** Whether SCIM compares userName with case. */
  scimComparesCase: boolean;
  /** Leaves the counts out even when they are asked for. */
  withholdsCounts: boolean;
  /** How REST shows people who have not accepted their invitation; the guide does not say. */
  pendingShownAs: 'absent' | 'inactive' | 'active';
  nextId: number;
};

const TEAM_ID = 99;
const OTHER_TEAM_ID = 98;
const DEFAULT_PER_PAGE = 25;
const MAX_PER_PAGE = 100;
const LIMIT = { capacity: 600, windowMs: 60_000 };
const HOUR_MS = 3_600_000;

export function startSalesloft(now?: () => number): Promise<VendorServer<SalesloftState>> {
  return startVendorServer<SalesloftState>(
    {
      vendor: 'salesloft',
      seed,
      accounts: (state) =>
        teamOf(state).map(({ id, email, active }) => ({ vendorUserId: String(id), email, isOpen: active })),
      populate: (state, emails) => {
        state.users = copiesOf(state.users, emails, (number) => ({ id: number }));
      },
      discrepancies: { plant: leaveInvitationsOpen },
      oauth: {
        authorizePath: '/oauth/authorize',
        tokenPath: '/oauth/token',
        clientAuthentication: 'request body',
        lifetimeMs: 2 * HOUR_MS,
        rotates: true,
      },
      rest: {
        prefix: '/v2',
        limit: LIMIT,
        refuseToken: (context) => refuse(context, 401, 'Unauthorized'),
        refuseRate: (context, window) =>
          context.json({ error: 'Too Many Requests' }, 429, rateHeaders(window)),
        rateHeaders,
        routes,
      },
      scim: {
        prefix: '/scim/v2',
        limit: LIMIT,
        refuseToken: (context) => refuseScim(context, 401, 'the SCIM token is not valid'),
        refuseRate: (context, window) => {
          for (const [name, value] of Object.entries(rateHeaders(window))) context.header(name, value);
          return refuseScim(context, 429, 'too many requests');
        },
        rateHeaders,
        routes: (app, world) =>
          scimRoutes(app, scimStore(world), {
            patchAnswer: 204,
            longestPage: 50,
            omitsEmptyResources: true,
          }),
      },
      live: {
        rest: [
          {
            prefix: '/v2',
            limit: LIMIT,
            refuseToken: (context) => refuse(context, 401, 'Unauthorized'),
            refuseRate: (context, window) =>
              context.json({ error: 'Too Many Requests' }, 429, liveRateHeaders(window, 1)),
            unitsOf: ({ page }) => unitsOfPage(Number(page ?? 1)),
            rateHeaders: liveRateHeaders,
            routes: liveRoutes,
          },
        ],
        scim: {
          prefix: '/scim/v2',
          limit: LIMIT,
          refuseToken: (context) => refuseScim(context, 401, 'the SCIM token is not valid'),
          refuseRate: (context) => refuseScim(context, 429, 'too many requests'),
          routes: (app, world) =>
            scimRoutes(app, scimStore(world), {
              patchAnswer: 204,
              longestPage: 50,
              omitsEmptyResources: true,
            }),
        },
      },
    },
    now,
  );
}

/** The users of the team as REST knows them. */
function membersOf({ state }: World<SalesloftState>): SalesloftUser[] {
  return teamOf(state)
    .filter(({ accepted }) => accepted || state.pendingShownAs !== 'absent')
    .map((user) =>
      user.accepted ? user : { ...user, active: user.active && state.pendingShownAs === 'active' },
    );
}

const Changes = z.strictObject({
  active: z.optional(z.boolean()),
  group_id: z.optional(z.int()),
  role_id: z.optional(z.string()),
  work_country: z.optional(z.string()),
});

/** SalesLoft as it answers today: https://developers.salesloft.com/docs/api */
function liveRoutes(app: VendorApp, world: World<SalesloftState>): void {
  const page = <T>(context: VendorContext, items: readonly T[], shown?: (item: T) => unknown) =>
    answerPage(context, items, !world.state.withholdsCounts, shown);
  const members = () => membersOf(world).map((user) => asRestShows(world.state, user));
  const memberOf = (context: VendorContext) =>
    members().find(({ id }) => String(id) === context.req.param('id'));

  app.get('/users', (context) => {
    const { visible_only: visibleOnly = 'true', active, search = '' } = context.req.query();
    const wanted = search.toLowerCase();
    const ids = (context.req.query('ids') ?? '').split(',').filter(Boolean);
    // Deactivated users are not visible.
    const users = members().filter(
      (user) =>
        (ids.length === 0 || ids.includes(String(user.id))) &&
        (visibleOnly === 'false' || user.active) &&
        (active === undefined || String(user.active) === active) &&
        [user.email, user.name].some((text) => text.toLowerCase().includes(wanted)),
    );
    return page(context, users, representLive);
  });

  app.get('/users/:id', (context) => {
    const user = memberOf(context);
    return user === undefined
      ? refuse(context, 404, 'Not Found')
      : context.json({ data: representLive(user) });
  });

  app.put('/users/:id', async (context) => {
    const user = world.state.users.find(({ id }) => id === memberOf(context)?.id);
    if (user === undefined) return refuse(context, 404, 'Not Found');
    const body = z.safeParse(Changes, await readBody(context));
    if (!body.success) return refuse(context, 422, 'not valid');
    if (body.data.active !== undefined) user.active = body.data.active;
    return context.json({ data: representLive(user) });
  });

  app.get('/me', (context) => {
    const owner = members().find(({ email }) => email === OLOF.email);
    return owner === undefined
      ? refuse(context, 404, 'Not Found')
      : context.json({ data: representLive(owner) });
  });

  app.get('/groups', (context) =>
    context.json({
      data: world.state.groups.map(({ parent_id, ...group }) => ({
        ...group,
        ...(parent_id === null ? {} : { parent_id }),
      })),
    }),
  );

  // Their ids are texts.
  app.get('/custom_roles', (context) =>
    page(context, world.state.roles, ({ id, name }) => ({ id: String(id), name })),
  );

  app.get('/cadences', (context) => {
    const guids = context.req.queries('owned_by_guid') ?? [];
    const owners = world.state.users.filter(({ guid }) => guids.includes(guid)).map(({ id }) => id);
    const cadences = world.state.cadences.filter(
      ({ owner_id }) => guids.length === 0 || owners.includes(owner_id),
    );
    return page(context, cadences, ({ id, name, owner_id }) => ({
      ...{ id, name, owner: { _href: hrefOf('users', owner_id), id: owner_id } },
    }));
  });

  app.all('*', (context) => refuse(context, 404, 'Not Found'));
}

function representLive({ id, guid, name, first_name, last_name, email, active, ...user }: SalesloftUser) {
  const { role, group, created_at } = user;
  return {
    ...{ id, guid, name, first_name, last_name, email, active, created_at, updated_at: created_at },
    // A reference; its name is elsewhere.
    role: { _href: hrefOf('custom_roles', role.id), id: role.id },
    group: group === null ? null : { _href: hrefOf('groups', group.id), id: group.id },
  };
}

function hrefOf(collection: string, id: number): string {
  return `https://api.salesloft.com/v2/${collection}/${id}`;
}

/** https://developers.salesloft.com/docs/platform/api-basics/cost-based-rate-limiting/ */
function unitsOfPage(page: number): number {
  if (page > 500) return 30;
  if (page > 250) return 10;
  if (page > 150) return 8;
  return page > 100 ? 3 : 1;
}

function liveRateHeaders(window: RequestWindow, units: number): Record<string, string> {
  return {
    'X-RateLimit-Limit-Minute': String(window.limit.capacity),
    'X-RateLimit-Remaining-Minute': String(Math.max(0, window.remaining)),
    'X-RateLimit-Endpoint-Cost': String(units),
  };
}

function routes(app: VendorApp, world: World<SalesloftState>): void {
  const page = <T>(context: VendorContext, items: readonly T[], shown?: (item: T) => unknown) =>
    answerPage(context, items, !world.state.withholdsCounts, shown);
  const members = () => membersOf(world);

  app.get('/users', (context) => {
    const all = context.req.query('include_deactivated') === 'true';
    const users = members().map((user) => asRestShows(world.state, user));
    return page(
      context,
      users.filter(({ active }) => all || active),
      represent,
    );
  });

  app.get('/users/:id', (context) => {
    const user = members().find(({ id }) => String(id) === context.req.param('id'));
    if (user === undefined) return refuse(context, 404, 'Not Found');
    return context.json({ data: represent(asRestShows(world.state, user)) });
  });

  app.get('/me', (context) => {
    const owner = members().find(({ email }) => email === OLOF.email);
    return owner === undefined
      ? refuse(context, 404, 'Not Found')
      : context.json({ data: represent(asRestShows(world.state, owner)) });
  });

  app.get('/team_members', (context) =>
    page(
      context,
      members().map(({ id, name }) => ({ id: 500_000 + id, user: { id, name } })),
    ),
  );

  app.get('/groups', (context) => page(context, world.state.groups));

  app.get('/roles', (context) => page(context, world.state.roles));

  app.get('/pending_email_accounts', (context) =>
    page(
      context,
      teamOf(world.state)
        .filter(({ accepted }) => !accepted)
        .map(({ id, email, created_at }) => ({ id: 700_000 + id, email, created_at })),
    ),
  );

  app.on(['POST', 'PUT', 'PATCH', 'DELETE'], ['/users', '/users/:id'], (context) =>
    refuse(context, 405, 'Method Not Allowed'),
  );

  app.all('*', (context) => refuse(context, 404, 'Not Found'));
}

function scimStore(world: World<SalesloftState>): ScimStore {
  const change = (id: string, values: Partial<SalesloftUser>) => {
    const user = world.state.users.find((candidate) => String(candidate.id) === id);
    if (user === undefined) return;
    const { lagging, restLag } = world.state;
    if (restLag > 0) lagging.push({ before: { ...user }, readsLeft: restLag });
    Object.assign(user, values);
  };
  const setActive = (id: string, active: boolean) => {
    const user = world.state.users.find((candidate) => String(candidate.id) === id);
    if (user?.active !== active) change(id, { active });
  };
  const isTaken = (address: string, exceptId?: string) =>
    teamOf(world.state).some(({ id, email }) => String(id) !== exceptId && sameEmail(email, address));
  return {
    list: () =>
      teamOf(world.state)
        .filter(({ in_scim }) => in_scim)
        .map(asScimRecord),
    comparesCase: () => world.state.scimComparesCase,
    create: ({ userName, name, active, externalId }) => {
      if (isTaken(userName)) return 'taken';
      const created = newUser(nextId(world), userName, name, new Date(world.now()).toISOString());
      const user = { ...created, active, accepted: false, external_id: externalId };
      world.state.users.push(user);
      // The invitation is sent also when SCIM creates the user.
      world.state.invitations.push(userName);
      return asScimRecord(user);
    },
    change: (id, { userName, name }) => {
      if (userName !== undefined && isTaken(userName, id)) return 'taken';
      change(id, {
        ...(userName === undefined ? {} : { email: userName }),
        ...(name === undefined ? {} : namesOf(name)),
      });
      return undefined;
    },
    setActive,
    remove: (id) => setActive(id, false),
  };
}

/** Two invitations that nobody has accepted: an old one, and one of yesterday, which is no finding yet. */
function leaveInvitationsOpen({ users }: SalesloftState): void {
  Object.assign(accountOf(users, colleague(8)), { accepted: false });
  const yesterday = new Date(Date.now() - 24 * HOUR_MS).toISOString();
  Object.assign(accountOf(users, colleague(9)), { accepted: false, created_at: yesterday });
}

function teamOf({ users }: SalesloftState): SalesloftUser[] {
  return users.filter(({ team_id }) => team_id === TEAM_ID);
}

function asRestShows({ lagging }: SalesloftState, user: SalesloftUser): SalesloftUser {
  const old = lagging.find(({ before, readsLeft }) => before.id === user.id && readsLeft > 0);
  if (old === undefined) return user;
  old.readsLeft -= 1;
  return old.before;
}

function represent(user: SalesloftUser) {
  const { accepted: _accepted, in_scim: _inScim, external_id: _externalId, ...shown } = user;
  return shown;
}

function asScimRecord({ id, email, active, name, external_id }: SalesloftUser): ScimRecord {
  return { id: String(id), userName: email, active, name, externalId: external_id };
}

function refuse(context: VendorContext, status: 401 | 404 | 405 | 422, error: string): Response {
  return context.json({ error }, status);
}

function answerPage<T>(
  context: VendorContext,
  items: readonly T[],
  givesCounts: boolean,
  shown: (item: T) => unknown = (item) => item,
): Response {
  const page = Number(context.req.query('page') ?? 1);
  const perPage = Number(context.req.query('per_page') ?? DEFAULT_PER_PAGE);
  const isValid =
    Number.isInteger(page) &&
    page >= 1 &&
    Number.isInteger(perPage) &&
    perPage >= 1 &&
    perPage <= MAX_PER_PAGE;
  if (!isValid) return refuse(context, 422, 'page or per_page is out of range');
  const totalPages = Math.ceil(items.length / perPage);
  const wantsCounts = context.req.query('include_paging_counts') === 'true';
  const counts = wantsCounts && givesCounts ? { total_pages: totalPages, total_count: items.length } : {};
  const paging = {
    per_page: perPage,
    current_page: page,
    next_page: page < totalPages ? page + 1 : null,
    prev_page: page > 1 ? page - 1 : null,
    ...counts,
  };
  const data = items.slice((page - 1) * perPage, page * perPage).map(shown);
  return context.json({ data, metadata: { paging } });
}

function rateHeaders(window: RequestWindow): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(window.limit.capacity),
    'X-RateLimit-Remaining': String(Math.max(0, window.remaining)),
    // Seconds from now, not a Unix time; there is no Retry-After.
    'X-RateLimit-Reset': String(Math.ceil((window.freeAt - window.now()) / 1000)),
  };
}

function newUser(id: number, email: string, name: string, createdAt: string): SalesloftUser {
  return {
    id,
    guid: `00000000-0000-4000-8000-${String(id).padStart(12, '0')}`,
    ...namesOf(name),
    email,
    title: null,
    active: true,
    accepted: true,
    in_scim: true,
    team_id: TEAM_ID,
    role: { id: 1, name: 'User' },
    group: null,
    created_at: createdAt,
  };
}

function namesOf(name: string): Pick<SalesloftUser, 'name' | 'first_name' | 'last_name'> {
  const [firstName = '', ...lastNames] = name.split(' ');
  return { name, first_name: firstName, last_name: lastNames.join(' ') };
}

function seed(): SalesloftState {
  const fromPerson = (person: Person, index: number): SalesloftUser => ({
    ...newUser(
      10_001 + index,
      person.email,
      `${person.firstName} ${person.lastName}`,
      '2024-01-10T00:00:00Z',
    ),
    active: person !== PETRA && person !== KENJI,
    role: person === OLOF ? { id: 2, name: 'Admin' } : { id: 1, name: 'User' },
    group: person === ANN ? { id: 11, name: 'West Coast Enterprise' } : null,
  });
  const users = [...STAFF.filter((person) => person !== TOMAS), KENJI].map(fromPerson);
  const kenji = users.find(({ email }) => email === KENJI.email);
  // SalesLoft keeps an address as it was typed.
  if (kenji !== undefined) kenji.email = 'KENJI.Sato@Northlight.Example';
  const idOf = (person: Person) => users.find(({ email }) => email === person.email)?.id ?? 0;
  const stranger = newUser(
    20_001,
    'in.another.team@northlight.example',
    'Another Team',
    '2024-01-10T00:00:00Z',
  );
  return {
    users: [...users, { ...stranger, team_id: OTHER_TEAM_ID }],
    groups: [
      { id: 10, name: 'West Coast Team', parent_id: null },
      { id: 11, name: 'West Coast Enterprise', parent_id: 10 },
    ],
    roles: [
      { id: 1, name: 'User' },
      { id: 2, name: 'Admin' },
    ],
    cadences: [
      { id: 1, name: 'Outbound', owner_id: idOf(ANN) },
      { id: 2, name: 'Renewals', owner_id: idOf(ANN) },
      { id: 3, name: 'Events', owner_id: idOf(MARA) },
    ],
    invitations: [],
    restLag: 0,
    lagging: [],
    scimComparesCase: false,
    withholdsCounts: false,
    pendingShownAs: 'absent',
    nextId: 30_000,
  };
}
