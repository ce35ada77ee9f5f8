import { randomUUID } from 'node:crypto';
import * as z from 'zod/mini';
import { sameEmail } from '../../functions/shared/email.ts';
import { colleague, KENJI, MARA, OLOF, PETRA, type Person, STAFF, TOMAS } from './company.ts';
import { copiesOf, LEFT } from './planted.ts';
import { readBody, type VendorApp, type VendorContext } from './vendor-app.ts';
import { startVendorServer, type VendorServer, type World } from './vendor-server.ts';

// Driftwood CRM as its guide describes it: https://docs.driftwoodapp.com/api/users/

export type DriftwoodUser = {
  id: string;
  account_id: string;
  email: string;
  name: string;
  role: string;
  bcc_token: string;
  must_change_password: boolean;
  deactivated_at: string | null;
  created_at: string;
  updated_at: string;
};

export type DriftwoodState = {
  users: DriftwoodUser[];
  /** Addresses that were sent an invitation. */
  invitations: string[];
  /** Addresses that were sent a link to reset their password. */
  passwordResets: string[];
  /** The tokens of the links, and whose password each resets. */
  resetTokens: { token: string; userId: string }[];
  passwords: { userId: string; password: string }[];
  /** The user to whom the REST token belongs. */
  tokenOwnerId: string;
  /** A success is `{ok:true,result}`, or the result alone. */
  answerForm: 'enveloped' | 'bare';
  /** The list is `{users,total}`, or an array of users. */
  listForm: 'object' | 'array';
  omitsTotal: boolean;
  /** `deactivated_at` is left out while it is null. */
  omitsNulls: boolean;
  /** `deactivated_at` is an empty text while it is null. */
  emptiesNulls: boolean;
  /** The list leaves out deactivated users; the guide does not say. */
  hidesDeactivated: boolean;
  /** Pages are never longer than this, whatever `limit` says. */
  longestPage: number;
  /** What renews user tokens where they expire: the one refresh token that is valid, and an application. */
  refreshToken: string;
  application: { clientId: string; clientSecret: string };
  accessTokens: { token: string; expiresAt: number }[];
  nextNumber: number;
};

type Reply = { result: unknown } | { code: string };

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 100;
const SHORTEST_PASSWORD = 8;
const TOKEN_LIFE_MS = 900_000;
const SEEDED_AT = '2024-01-15T09:00:00.000Z';
const LEFT_AT = '2024-06-30T17:00:00.000Z';

const Text = z.string().check(z.minLength(1));

export function startDriftwood(now?: () => number): Promise<VendorServer<DriftwoodState>> {
  return startVendorServer<DriftwoodState>(
    {
      vendor: 'driftwood',
      seed,
      accounts: ({ users }) =>
        users.map(({ id, email, deactivated_at }) => ({
          vendorUserId: id,
          email,
          isOpen: deactivated_at === null,
        })),
      populate: (state, emails) => {
        state.users = copiesOf(state.users, emails, (number) => ({ id: String(number) }));
      },
      discrepancies: {
        roster: [{ person: colleague(1), changes: { ...LEFT, reassignTo: MARA.email } }],
        plant,
      },
      rest: {
        prefix: '/api',
        limit: { capacity: 300, windowMs: 60_000 },
        refuseToken: (context) => refuse(context, 401, 'unauthorized'),
        // The guide names no header that says how long to wait.
        refuseRate: (context) => refuse(context, 429, 'rate_limit.exceeded'),
        routes,
      },
      live: {
        rest: [
          {
            prefix: '/api',
            limit: { capacity: 20, windowMs: 2_000 },
            accepts: (token, { state, now: time }) =>
              state.accessTokens.some((held) => held.token === token && held.expiresAt > time()),
            openRoutes: tokenRoutes,
            refuseToken: (context) => refuse(context, 401, 'unauthorized'),
            refuseRate: (context) => refuse(context, 429, 'rate_limit.exceeded'),
            routes,
          },
        ],
        credential: ({ refreshToken }, baseUrl) => ({
          ...{ grant: 'refresh_token', tokenUrl: `${baseUrl}/auth-refresh-token`, refreshToken },
        }),
      },
    },
    now,
  );
}

/** An account that is gone, and one that is nobody's. */
function plant(state: DriftwoodState): void {
  state.users = state.users.filter(({ email }) => email !== colleague(4).email);
  const [someone] = state.users;
  if (someone === undefined) return;
  const id = 'd41f7000-0000-4000-8000-000000009999';
  state.users.push({ ...someone, id, email: 'contractor@agency.example' });
}

/** Both documented ways to a user token, which lives for 15 minutes. A refresh token is good for one. */
function tokenRoutes(app: VendorApp, world: World<DriftwoodState>): void {
  const issue = (result: object) => {
    const token = randomUUID();
    world.state.accessTokens.push({ token, expiresAt: world.now() + TOKEN_LIFE_MS });
    return { ok: true, result: { access_token: token, expires_in: TOKEN_LIFE_MS / 1000, ...result } };
  };
  app.post('/auth-refresh-token', async (context) => {
    const body = z.safeParse(z.object({ refresh_token: Text }), await readBody(context));
    if (body.data?.refresh_token !== world.state.refreshToken) return refuse(context, 401, 'token.invalid');
    world.state.refreshToken = randomUUID();
    return context.json(issue({ refresh_token: world.state.refreshToken }));
  });
  app.post('/oauth-token', async (context) => {
    const { clientId, clientSecret } = world.state.application;
    const Client = z.object({
      grant_type: z.literal('client_credentials'),
      client_id: z.literal(clientId),
      client_secret: z.literal(clientSecret),
    });
    const isKnown = z.safeParse(Client, await readBody(context)).success;
    return isKnown ? context.json(issue({})) : refuse(context, 401, 'client.invalid');
  });
}

function routes(app: VendorApp, world: World<DriftwoodState>): void {
  const endpoint = <T>(name: string, input: z.ZodMiniType<T>, run: (input: T) => Reply) =>
    app.post(`/${name}`, async (context) => {
      const body = z.safeParse(input, await readBody(context));
      const reply = body.success ? run(body.data) : { code: 'request.invalid' };
      // A request with wrong content is refused with status 200.
      if ('code' in reply) return refuse(context, 200, reply.code);
      return context.json(
        world.state.answerForm === 'bare' ? reply.result : { ok: true, result: reply.result },
      );
    });

  endpoint('users-list', ListInput, (input) => ({ result: listUsers(world.state, input) }));

  endpoint('users-invite', z.object({ email: Text, name: Text }), ({ email, name }) => {
    if (world.state.users.some((user) => sameEmail(user.email, email))) return { code: 'user.exists' };
    const at = timestamp(world);
    const user: DriftwoodUser = {
      ...newUser(nextNumber(world.state), email, name),
      must_change_password: true,
      created_at: at,
      updated_at: at,
    };
    world.state.users.push(user);
    world.state.invitations.push(email);
    return { result: user };
  });

  endpoint(
    'users-set-active',
    // Without `active`, the call activates.
    z.object({ user_id: Text, active: z._default(z.boolean(), true) }),
    ({ user_id, active }) => {
      const user = world.state.users.find(({ id }) => id === user_id);
      if (user === undefined) return { code: 'user.not_found' };
      user.updated_at = timestamp(world);
      user.deactivated_at = active ? null : (user.deactivated_at ?? user.updated_at);
      return { result: user };
    },
  );

  endpoint('users-forgot-password', z.object({ email: Text }), ({ email }) => {
    const user = world.state.users.find((candidate) => sameEmail(candidate.email, email));
    // The answer is the same for an unknown address, so that it does not show who has an account.
    if (user === undefined) return { result: {} };
    world.state.passwordResets.push(user.email);
    world.state.resetTokens.push({ token: `reset-${nextNumber(world.state)}`, userId: user.id });
    return { result: {} };
  });

  endpoint(
    'users-reset-password',
    z.object({ token: Text, new_password: Text }),
    ({ token, new_password }) => {
      const issued = world.state.resetTokens.find((candidate) => candidate.token === token);
      if (issued === undefined) return { code: 'token.invalid' };
      if (isWeak(new_password)) return { code: 'password.weak' };
      world.state.resetTokens = world.state.resetTokens.filter((candidate) => candidate !== issued);
      setPassword(world, issued.userId, new_password);
      return { result: {} };
    },
  );

  endpoint(
    'users-change-password',
    z.object({ current_password: Text, new_password: Text }),
    ({ current_password, new_password }) => {
      const { passwords, tokenOwnerId } = world.state;
      const current = passwords.find(({ userId }) => userId === tokenOwnerId)?.password;
      if (current !== current_password) return { code: 'password.incorrect' };
      if (isWeak(new_password)) return { code: 'password.weak' };
      setPassword(world, tokenOwnerId, new_password);
      return { result: {} };
    },
  );

  app.post('*', (context) => refuse(context, 404, 'endpoint.not_found'));
  app.all('*', (context) => refuse(context, 405, 'method.not_allowed'));
}

const ListInput = z.object({
  search: z._default(z.string(), ''),
  limit: z._default(z.int().check(z.minimum(1)), DEFAULT_LIMIT),
  offset: z._default(z.int().check(z.minimum(0)), 0),
});

function listUsers(state: DriftwoodState, { search, limit, offset }: z.infer<typeof ListInput>): unknown {
  const term = search.toLowerCase();
  const found = state.users
    .filter(({ deactivated_at }) => !state.hidesDeactivated || deactivated_at === null)
    .filter(({ email, name }) => [email, name].some((text) => text.toLowerCase().includes(term)));
  const end = offset + Math.min(limit, MAX_LIMIT, state.longestPage);
  const users = found.slice(offset, end).map((user) => represent(state, user));
  if (state.listForm === 'array') return users;
  return state.omitsTotal ? { users } : { users, total: found.length };
}

function represent({ omitsNulls, emptiesNulls }: DriftwoodState, { deactivated_at, ...user }: DriftwoodUser) {
  if (omitsNulls && deactivated_at === null) return user;
  return { ...user, deactivated_at: emptiesNulls ? (deactivated_at ?? '') : deactivated_at };
}

function isWeak(password: string): boolean {
  return password.length < SHORTEST_PASSWORD;
}

function setPassword({ state }: World<DriftwoodState>, userId: string, password: string): void {
  state.passwords = [...state.passwords.filter((other) => other.userId !== userId), { userId, password }];
  for (const user of state.users) if (user.id === userId) user.must_change_password = false;
}

function refuse(context: VendorContext, status: 200 | 401 | 404 | 405 | 429, code: string): Response {
  return context.json({ ok: false, error: { code, message: `Refused: ${code}` } }, status);
}

function timestamp(world: World<DriftwoodState>): string {
  return new Date(world.now()).toISOString();
}

function nextNumber(state: DriftwoodState): number {
  state.nextNumber += 1;
  return state.nextNumber;
}

function newUser(number: number, email: string, name: string): DriftwoodUser {
  return {
    id: uuid(number),
    account_id: uuid(0),
    email,
    name,
    role: 'member',
    bcc_token: `bcc-${number}`,
    must_change_password: false,
    deactivated_at: null,
    created_at: SEEDED_AT,
    updated_at: SEEDED_AT,
  };
}

function uuid(number: number): string {
  return `d41f7000-0000-4000-8000-${String(number).padStart(12, '0')}`;
}

function seed(): DriftwoodState {
  const people = [...STAFF, KENJI];
  const users = people.map((person, index): DriftwoodUser => {
    const hasLeft = person === PETRA || person === KENJI;
    return {
      ...newUser(index + 1, storedEmail(person), `${person.firstName} ${person.lastName}`),
      role: person === OLOF ? 'owner' : 'member',
      deactivated_at: hasLeft ? LEFT_AT : null,
    };
  });
  const tokenOwnerId = uuid(people.indexOf(OLOF) + 1);
  return {
    users,
    invitations: [],
    passwordResets: [],
    resetTokens: [],
    passwords: [{ userId: tokenOwnerId, password: 'correct horse' }],
    tokenOwnerId,
    answerForm: 'enveloped',
    listForm: 'object',
    omitsTotal: false,
    omitsNulls: false,
    emptiesNulls: false,
    hidesDeactivated: false,
    longestPage: MAX_LIMIT,
    refreshToken: randomUUID(),
    application: { clientId: randomUUID(), clientSecret: randomUUID() },
    accessTokens: [],
    nextNumber: 9000,
  };
}

// Driftwood keeps an address as it was typed.
function storedEmail(person: Person): string {
  return person === TOMAS ? 'Tomas.Herrera@Northlight.example' : person.email;
}
