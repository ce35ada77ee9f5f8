import { randomUUID } from 'node:crypto';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { Hono } from 'hono';
import type { App } from '../../functions/shared/apps.ts';
import { parseJson } from '../../functions/shared/json.ts';
import type { Dialect } from '../../functions/vendor/dialect.ts';
import { startLoopbackServer } from '../aws/loopback-server.ts';
import { keepLiveTraffic } from './live-traffic.ts';
import { type OAuthRules, type OAuthServer, oauthRoutes } from './oauth-server.ts';
import type { Discrepancies, RosterDiscrepancy, SimulatedAccount } from './planted.ts';
import { type Limit, RequestWindow } from './request-window.ts';
import { bearerToken, limitBody, type VendorApp, type VendorContext } from './vendor-app.ts';

/** The description of a simulated vendor. Its state is plain data, so that it can be copied and restored. */
export type VendorDefinition<State extends object> = {
  vendor: App;
  seed: () => State;
  accounts: (state: State) => SimulatedAccount[];
  /** The id that an account has in the live dialect; left out where it is the same. */
  liveAccountId?: (vendorUserId: string) => string;
  /** Replaces all accounts by one for each address, with the ids 1, 2, … in their order, and drops what others owned. */
  populate: (state: State, emails: readonly string[]) => void;
  /** What is wrong in the sample company, in which nothing has to be. */
  discrepancies?: Discrepancies<State>;
  rest: SurfaceDefinition<State>;
  scim?: SurfaceDefinition<State>;
  /** How the vendor answers today, from the same state; left out where that is not simulated. The first REST prefix is the base URL's. */
  live?: {
    rest: readonly [SurfaceDefinition<State>, ...SurfaceDefinition<State>[]];
    scim?: SurfaceDefinition<State>;
    /** What a company with this account sets, by environment variable. */
    settings?: Record<string, string>;
    /** What a secret holds where that is no token that stays valid. */
    credential?: (state: State, baseUrl: string) => object;
  };
  /** REST accepts these access tokens too, beside the static token. */
  oauth?: OAuthRules;
};

export type SurfaceDefinition<State extends object> = {
  /** The path below which the surface answers, as in the vendor's base URL; '' for the root. */
  prefix: string;
  limit: Limit;
  /** What a request takes of the day's budget; 1 when left out. */
  costOf?: (method: string, path: string) => number;
  /** What a request takes of the limit's window, by its query; 1 when left out. */
  unitsOf?: (query: Readonly<Record<string, string>>) => number;
  /** The token of a request; its bearer token when left out. */
  readToken?: (context: VendorContext) => string | undefined;
  /** Which other tokens are valid, beside the surface's own; with this, that one is not. */
  accepts?: (token: string | undefined, world: World<State>) => boolean;
  /** Adds routes that ask for no token. */
  openRoutes?: (app: VendorApp, world: World<State>) => void;
  /** How this vendor refuses a token that is missing, wrong, or another surface's. */
  refuseToken: (context: VendorContext) => Response;
  /** How this vendor refuses a request over its limit; `window` says when there is room again. */
  refuseRate: (context: VendorContext, window: RequestWindow) => Response;
  /** Headers that every answer carries. */
  rateHeaders?: (window: RequestWindow, units: number) => Record<string, string>;
  /** Adds the routes; paths are without the prefix. */
  routes: (app: VendorApp, world: World<State>) => void;
};

/** The state and the clock of a vendor, for its routes. */
export type World<State extends object> = {
  readonly state: State;
  /** The time in epoch milliseconds. */
  now: () => number;
};

/** One request as the server received it, without headers, because they hold the token. */
export type JournalEntry = {
  surface: 'rest' | 'scim';
  dialect: Dialect;
  method: string;
  /** Without the surface's prefix. */
  path: string;
  /** What comes before the path in the URL. */
  prefix: string;
  query: Record<string, string>;
  body: unknown;
  /** The status answered; 0 when the connection was cut. */
  status: number;
  /** When it arrived, in milliseconds on a clock that all servers of a process share. */
  at: number;
};

/**
 * A fault to inject into the requests that match. With `drop: 'after'` and `answerBody`, the write happens first; with
 * `forgets`, the server answers as if it had happened, and does not keep it.
 */
export type Fault = {
  method?: string;
  /** Matched against the path without the prefix. */
  path?: RegExp;
  surface?: 'rest' | 'scim';
  /** How many requests fail; all that match when left out. */
  times?: number;
  /** Only each request of a number that this divides fails. */
  every?: number;
} & (
  | { status: number; headers?: Record<string, string>; body?: string }
  | { delayMs: number }
  | { until: Promise<unknown> }
  | { drop: 'before' | 'after' }
  | { answerBody: 'malformed' | 'empty' | 'truncated' }
  | { forgets: true }
);

type BaseUrls = { rest: string; scim?: string };

export type VendorServer<State extends object = object> = {
  vendor: App;
  /** The base URLs, in the form of the vendor's own, and what is spoken there. */
  baseUrls: BaseUrls;
  dialect: Dialect;
  /** Where the vendor answers in its live dialect; the guide's base URLs where that is not simulated. */
  liveBaseUrls: BaseUrls;
  /** What a company sets for the live dialect, by environment variable. */
  liveSettings: Record<string, string>;
  /** What a secret of the live dialect holds; null where that is a token, as in the other one. */
  liveCredential: () => object | null;
  /** The valid token of each surface. */
  tokens: { rest: string; scim: string };
  /** The server of OAuth tokens; undefined where the vendor has none. */
  oauth: OAuthServer | undefined;
  /** The vendor's records; tests read and change them. */
  readonly state: State;
  /** All accounts, also those that are deactivated. */
  accounts: (dialect?: Dialect) => SimulatedAccount[];
  /** Replaces all accounts by one for each address, with the ids 1, 2, … in their order. */
  populate: (emails: readonly string[]) => void;
  /** What is wrong in the sample company; `plant` changes the accounts. */
  discrepancies: { roster: readonly RosterDiscrepancy[]; plant: () => void };
  /** How many requests a surface answers in which time. */
  limits: { rest: Limit; scim?: Limit };
  /** All requests so far. */
  journal: JournalEntry[];
  /** The requests so far that should change something. */
  writes: () => JournalEntry[];
  inject: (fault: Fault) => void;
  /** Removes all faults. */
  heal: () => void;
  /** Until the next reset, requests are no live client's: a test sends them itself, or in the other dialect. */
  expectStrangers: () => void;
  /** Changes the limit of a surface, as another plan would. */
  allow: (surface: 'rest' | 'scim', limit: Limit) => void;
  /** Goes back to the seeded company, without faults, with an empty journal and unused limits. */
  reset: () => void;
  /** Has something done before each answer to a request that may have changed something. */
  beforeAnswer: (keep: () => void) => void;
  /** Restores a state that was kept. */
  restore: (kept: object) => void;
  close: () => Promise<void>;
};

/** Starts a vendor on a free loopback port. */
export async function startVendorServer<State extends object>(
  definition: VendorDefinition<State>,
  now: () => number = Date.now,
): Promise<VendorServer<State>> {
  let state = definition.seed();
  let faults: Fault[] = [];
  let hasStrangers = false;
  let keep = () => {};
  const journal: JournalEntry[] = [];
  const tokens = { rest: randomUUID(), scim: randomUUID() };
  const world: World<State> = {
    get state() {
      return state;
    },
    now,
  };
  const windows: { surface: 'rest' | 'scim'; window: RequestWindow }[] = [];

  /** Requests whose answers say nothing about the simulator. */
  const spoiled = new WeakSet<Request>();
  /** Requests with a valid token. Whoever has none is no client of ours, and is not held against a description. */
  const letIn = new WeakSet<Request>();
  /** How many requests matched a fault that hits some of them. */
  const matched = new WeakMap<Fault, number>();

  const takeFault = (surface: 'rest' | 'scim', method: string, path: string): Fault | undefined => {
    const fault = faults.find(
      (candidate) =>
        (candidate.surface ?? surface) === surface &&
        (candidate.method ?? method) === method &&
        (candidate.path?.test(path) ?? true),
    );
    if (fault?.every !== undefined) {
      const count = (matched.get(fault) ?? 0) + 1;
      matched.set(fault, count);
      if (count % fault.every !== 0) return undefined;
    }
    if (fault?.times !== undefined) {
      fault.times -= 1;
      if (fault.times === 0) faults = faults.filter((other) => other !== fault);
    }
    return fault;
  };

  const mount = (
    dialect: Dialect,
    surface: 'rest' | 'scim',
    { prefix, ...rules }: SurfaceDefinition<State>,
    window: RequestWindow,
  ): VendorApp => {
    const app: VendorApp = new Hono();
    const isOpen = (context: VendorContext) => {
      const { readToken = bearerToken, accepts } = rules;
      const token = readToken(context);
      return (
        accepts?.(token, world) ??
        (token === tokens[surface] || (surface === 'rest' && oauth?.accepts(bearerToken(context)) === true))
      );
    };
    // Any program of this machine can send a body. Without a token nothing of it is kept, nor waited for where no route
    // is for such callers.
    const { openRoutes } = rules;
    app.use('*', (context, next) =>
      openRoutes === undefined || isOpen(context) ? next() : limitBody(context, next),
    );
    const isRead = (context: VendorContext) => openRoutes !== undefined || isOpen(context);
    app.use('*', async (context, next) => {
      const path = context.req.path.slice(prefix.length);
      const entry: JournalEntry = {
        surface,
        dialect,
        method: context.req.method,
        path,
        prefix,
        query: context.req.query(),
        body: isRead(context) ? readJson(await context.req.text()) : undefined,
        status: 0,
        at: performance.now(),
      };
      journal.push(entry);
      await next();
      if (entry.method !== 'GET') keep();
      entry.status = context.res === RESPONSE_ALREADY_SENT ? 0 : context.res.status;
      if (dialect !== 'live' || hasStrangers || !letIn.has(context.req.raw)) return;
      await keepLiveTraffic(async () => {
        const { method, body } = entry;
        const { pathname, search } = new URL(context.req.url);
        const request = { vendor: definition.vendor, surface, method, path: pathname, search, body };
        if (spoiled.has(context.req.raw)) return { ...request, answer: null };
        const text = await context.res.clone().text();
        return { ...request, answer: { status: entry.status, body: readJson(text) ?? null } };
      });
    });
    openRoutes?.(app, world);
    app.use('*', async (context, next) => {
      if (!isOpen(context)) return rules.refuseToken(context);
      letIn.add(context.req.raw);
      const { method, path } = context.req;
      const units = rules.unitsOf?.(context.req.query()) ?? 1;
      if (!window.take(rules.costOf?.(method, path.slice(prefix.length)), units))
        return rules.refuseRate(context, window);
      await next();
      for (const [name, value] of Object.entries(rules.rateHeaders?.(window, units) ?? {})) {
        // A fault may set its own headers about the limit.
        if (!context.res.headers.has(name)) context.res.headers.set(name, value);
      }
      return undefined;
    });
    app.use('*', async (context, next) => {
      const fault = takeFault(surface, context.req.method, context.req.path.slice(prefix.length));
      if (fault === undefined) return next();
      spoiled.add(context.req.raw);
      if ('status' in fault)
        return new Response(fault.body ?? '', { status: fault.status, headers: fault.headers ?? {} });
      if ('drop' in fault && fault.drop === 'before') return cutConnection(context);
      if ('until' in fault) await fault.until;
      if ('delayMs' in fault) await new Promise((resolve) => setTimeout(resolve, fault.delayMs));
      const before = structuredClone(state);
      await next();
      if ('forgets' in fault) state = before;
      if ('drop' in fault) return cutConnection(context);
      if ('answerBody' in fault)
        context.res = spoil(await context.res.text(), context.res.status, fault.answerBody);
      return undefined;
    });
    rules.routes(app, world);
    // Without this, a path that one surface does not know would be tried on the other.
    app.all('*', (context) => context.json({ error: 'not found' }, 404));
    return app;
  };

  const app: VendorApp = new Hono();
  const oauth =
    definition.oauth === undefined ? undefined : oauthRoutes(app, definition.oauth, () => origin, now);
  const mountAll = (
    on: VendorApp,
    dialect: Dialect,
    {
      rest,
      scim,
    }: { rest: readonly SurfaceDefinition<State>[]; scim?: SurfaceDefinition<State> | undefined },
  ): void => {
    const mountOn = (surface: 'rest' | 'scim', definitions: readonly SurfaceDefinition<State>[]) => {
      // One token has one limit, whatever the path.
      const window = new RequestWindow(definitions[0]?.limit ?? { capacity: 1, windowMs: 1 }, now);
      windows.push({ surface, window });
      for (const one of definitions)
        on.route(one.prefix === '' ? '/' : one.prefix, mount(dialect, surface, one, window));
    };
    if (scim !== undefined) mountOn('scim', [scim]);
    mountOn('rest', rest);
  };
  mountAll(app, 'guide', { rest: [definition.rest], scim: definition.scim });
  const { url: origin, close: closeGuide } = await startLoopbackServer(app.fetch);
  const baseUrls = baseUrlsOf(origin, definition.rest, definition.scim);
  // The two dialects have paths in common, so each has an address of its own.
  const live = definition.live === undefined ? null : await startLive(definition.live, mountAll);
  const close = async () => {
    await Promise.all([closeGuide(), live?.close()]);
  };
  return {
    vendor: definition.vendor,
    baseUrls,
    dialect: 'guide',
    liveBaseUrls: live?.baseUrls ?? baseUrls,
    liveSettings: definition.live?.settings ?? {},
    liveCredential: () =>
      live === null ? null : (definition.live?.credential?.(state, live.baseUrls.rest) ?? null),
    tokens,
    oauth,
    get state() {
      return state;
    },
    accounts: (dialect) => {
      const { liveAccountId = (id) => id } = definition;
      const idOf = dialect === 'live' ? liveAccountId : (id: string) => id;
      return definition
        .accounts(state)
        .map((account) => ({ ...account, vendorUserId: idOf(account.vendorUserId) }));
    },
    populate: (emails) => definition.populate(state, emails),
    discrepancies: {
      roster: definition.discrepancies?.roster ?? [],
      plant: () => definition.discrepancies?.plant?.(state),
    },
    limits: {
      rest: definition.rest.limit,
      ...(definition.scim === undefined ? {} : { scim: definition.scim.limit }),
    },
    journal,
    writes: () => journal.filter(({ method, path }) => method !== 'GET' && !path.endsWith('-list')),
    beforeAnswer: (wanted) => {
      keep = wanted;
    },
    inject: (fault) => {
      faults.push({ ...fault });
    },
    heal: () => {
      faults = [];
    },
    expectStrangers: () => {
      hasStrangers = true;
    },
    allow: (surface, limit) => {
      for (const one of windows) if (one.surface === surface) one.window.limit = limit;
    },
    reset: () => {
      state = definition.seed();
      faults = [];
      hasStrangers = false;
      journal.length = 0;
      for (const { window } of windows) window.reset();
    },
    restore: (kept) => {
      // A state that an older version kept may lack some fields.
      state = { ...definition.seed(), ...kept };
    },
    close,
  };
}

async function startLive<State extends object>(
  live: NonNullable<VendorDefinition<State>['live']>,
  mountAll: (on: VendorApp, dialect: Dialect, surfaces: NonNullable<VendorDefinition<State>['live']>) => void,
): Promise<{ baseUrls: BaseUrls; close: () => Promise<void> }> {
  const app: VendorApp = new Hono();
  mountAll(app, 'live', live);
  const { url, close } = await startLoopbackServer(app.fetch);
  return { baseUrls: baseUrlsOf(url, live.rest[0], live.scim), close };
}

function baseUrlsOf(
  origin: string,
  rest: { prefix: string },
  scim: { prefix: string } | undefined,
): BaseUrls {
  return {
    rest: `${origin}${rest.prefix}`,
    ...(scim === undefined ? {} : { scim: `${origin}${scim.prefix}` }),
  };
}

/** A number that no record of the vendor has yet. */
export function nextId({ state }: World<{ nextId: number }>): number {
  state.nextId += 1;
  return state.nextId;
}

/** A body for the journal: what its JSON says, else its text; undefined when it is empty. */
function readJson(text: string): unknown {
  return text === '' ? undefined : (parseJson(text) ?? text);
}

function cutConnection(context: VendorContext): Response {
  context.env.incoming.socket.destroy();
  return RESPONSE_ALREADY_SENT;
}

function spoil(text: string, status: number, how: 'malformed' | 'empty' | 'truncated'): Response {
  const body = {
    malformed: '<<not json>>',
    empty: '',
    truncated: text.slice(0, Math.max(1, text.length - 5)),
  }[how];
  return new Response(body, {
    status: status === 204 ? 200 : status,
    headers: { 'content-type': 'application/json' },
  });
}
