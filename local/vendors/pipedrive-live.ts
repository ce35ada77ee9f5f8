import * as z from 'zod/mini';
import { roleRoutes } from './pipedrive-roles.ts';
import {
  addUser,
  isLastAdmin,
  isTaken,
  type OwnedRecord,
  type PipedriveState,
  type PipedriveUser,
  tokenUser,
} from './pipedrive-state.ts';
import { readBody, type VendorApp, type VendorContext } from './vendor-app.ts';
import type { World } from './vendor-server.ts';

// Pipedrive as it answers today: https://developers.pipedrive.com/docs/api/v1

/** A company on the biggest plan, with 40 seats. */
export const LIVE_LIMIT = { capacity: 120, windowMs: 2_000, perDay: 30_000 * 7 * 40 };
export const LIVE_SETTINGS = { PIPEDRIVE_PLAN: 'ultimate', PIPEDRIVE_SEATS: '40' };

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 500;
const KINDS = ['deals', 'activities', 'persons'] as const;
type Kind = (typeof KINDS)[number];

/** The tokens that a request takes, as the documentation of each call says. */
export function costOf(method: string, path: string): number {
  const isOfRecords = /^\/(deals|activities|persons)/.test(path);
  if (path === '/users/find') return 40;
  if (path === '/users' || path === '/roles' || path === '/deals/archived') return method === 'GET' ? 20 : 10;
  if (/^\/\w+\/(\d+|me)$/.test(path) && method === 'GET') return isOfRecords ? 1 : 2;
  return isOfRecords && method === 'PATCH' ? 5 : 10;
}

const NewUser = z.object({
  email: z.string(),
  access: z.optional(
    z.array(
      z.object({
        app: z.string(),
        admin: z.optional(z.boolean()),
        permission_set_id: z.optional(z.string()),
      }),
    ),
  ),
  active_flag: z.optional(z.boolean()),
});
const ChangedUser = z.object({ active_flag: z.boolean() });
const ChangedRecord = z.object({ owner_id: z.int() });

/** The routes of v1. Users are listed all at once. */
export function liveUserRoutes(app: VendorApp, world: World<PipedriveState>): void {
  const userOf = (context: VendorContext) =>
    world.state.users.find(({ id }) => id === Number(context.req.param('id')));
  const shown = (user: PipedriveUser) => present(user, world.state);
  const forbid = (context: VendorContext) =>
    refuseLive(context, 403, 'You do not have permissions to do this.');

  app.get('/users/find', (context) => {
    const term = (context.req.query('term') ?? '').toLowerCase();
    if (term === '') return refuseLive(context, 400, 'term is required');
    const field = context.req.query('search_by_email') === '1' ? 'email' : 'name';
    const found = world.state.users.filter((user) => user[field].toLowerCase().includes(term));
    return context.json({ success: true, data: found.map(shown) });
  });

  app.get('/users', (context) => context.json({ success: true, data: world.state.users.map(shown) }));

  app.get('/users/me', (context) => {
    const me = tokenUser(world.state);
    return context.json({ success: true, data: me === undefined ? null : shown(me) });
  });

  app.get('/users/:id', (context) => {
    const user = userOf(context);
    if (user === undefined) return refuseLive(context, 404, 'User not found or not accessible.');
    return context.json({ success: true, data: shown(user) });
  });

  app.post('/users', async (context) => {
    if (!world.state.tokenIsAdmin) return forbid(context);
    const body = z.safeParse(NewUser, await readBody(context));
    if (!body.success) return refuseLive(context, 400, 'email is required');
    const { email, active_flag = true } = body.data;
    if (isTaken(world.state, email)) return refuseLive(context, 400, 'User with this email already exists');
    // Whoever is invited gives the name.
    const user = addUser(world, { name: email.split('@')[0] ?? '', email, active_flag });
    return context.json({ success: true, data: shown(user) });
  });

  app.put('/users/:id', async (context) => {
    if (!world.state.tokenIsAdmin) return forbid(context);
    const user = userOf(context);
    if (user === undefined) return refuseLive(context, 404, 'User not found or not accessible.');
    const body = z.safeParse(ChangedUser, await readBody(context));
    if (!body.success) return refuseLive(context, 400, 'active_flag is required');
    const { active_flag } = body.data;
    if (!active_flag && isLastAdmin(world.state, user)) return forbid(context);
    user.active_flag = active_flag;
    return context.json({ success: true, data: shown(user) });
  });

  roleRoutes(app, world, 200);

  // Out of support since 2026-08-01. What answers there has the form of v2.
  for (const kind of KINDS)
    app.get(`/${kind}`, (context) => recordPage(context, openRecords(world.state)[kind]));
}

/** The routes of v2. */
export function liveRecordRoutes(app: VendorApp, world: World<PipedriveState>): void {
  app.get('/deals/archived', (context) =>
    recordPage(
      context,
      world.state.archivedDeals.map((deal) => presentDeal({ ...deal, status: 'open' }, true)),
    ),
  );

  for (const kind of KINDS) {
    const recordOf = (context: VendorContext): OwnedRecord | undefined => {
      const { [kind]: listed, archivedDeals } = world.state;
      const all: readonly OwnedRecord[] = kind === 'deals' ? [...listed, ...archivedDeals] : listed;
      return all.find(({ id }) => id === Number(context.req.param('id')));
    };
    const shown = (record: OwnedRecord) => {
      const isArchived = world.state.archivedDeals.includes(record);
      if (isArchived) return presentDeal({ ...record, status: 'open' }, true);
      return openRecords(world.state)[kind].find(({ id }) => id === record.id);
    };

    app.get(`/${kind}`, (context) => recordPage(context, openRecords(world.state)[kind]));

    app.get(`/${kind}/:id`, (context) => {
      const record = recordOf(context);
      if (record === undefined) return refuseLive(context, 404, 'Not found');
      return context.json({ success: true, data: shown(record) });
    });

    app.patch(`/${kind}/:id`, async (context) => {
      const record = recordOf(context);
      if (record === undefined) return refuseLive(context, 404, 'Not found');
      if (world.state.archivedDeals.includes(record))
        return refuseLive(context, 400, 'Archived deals cannot be changed');
      const body = z.safeParse(ChangedRecord, await readBody(context));
      if (!body.success) return refuseLive(context, 400, 'owner_id must be a number');
      const owner = world.state.users.find(({ id }) => id === body.data.owner_id);
      if (owner === undefined || !owner.active_flag)
        return refuseLive(context, 400, 'The owner must be an active user');
      record.user_id = owner.id;
      return context.json({ success: true, data: shown(record) });
    });
  }
}

export function refuseLive(context: VendorContext, status: 400 | 401 | 403 | 404, error: string): Response {
  const error_info = 'Please check developers.pipedrive.com';
  return context.json({ success: false, error, error_info, data: null, additional_data: null }, status);
}

/** Times are of UTC, and do not say so. */
function timeOf(instant: string): string {
  return new Date(instant).toISOString().slice(0, 19).replace('T', ' ');
}

function present(user: PipedriveUser, { roleAssignments }: PipedriveState) {
  const { id, name, email, active_flag, is_admin, created, last_login } = user;
  const assignment = roleAssignments.find(({ user_id, active_flag: inForce }) => user_id === id && inForce);
  return {
    ...{ id, name, email, active_flag },
    activated: last_login !== null,
    created: timeOf(created),
    // Also of somebody who has never accepted the invitation.
    last_login: timeOf(last_login ?? created),
    access: [
      { app: 'sales', admin: false },
      { app: 'global', admin: is_admin === 1 },
    ],
    ...(assignment === undefined ? {} : { role_id: assignment.role_id }),
    is_deleted: false,
  };
}

type Shown = { id: number; owner_id: number; status?: string; done?: boolean };

function presentDeal(
  { id, title, user_id, status }: OwnedRecord & { status: string },
  is_archived: boolean,
): Shown & Record<string, unknown> {
  return { id, title, owner_id: user_id, status, is_archived, is_deleted: false };
}

function openRecords({ deals, activities, persons }: PipedriveState): Record<Kind, Shown[]> {
  return {
    deals: deals.map((deal) => presentDeal(deal, false)),
    activities: activities.map(({ id, title, user_id, done }) => ({
      ...{ id, subject: title, owner_id: user_id, done, is_deleted: false },
    })),
    persons: persons.map(({ id, title, user_id }) => ({
      ...{ id, name: title, owner_id: user_id, is_deleted: false },
    })),
  };
}

/** A page of what fits the query. What the query has besides, such as `user_id` and `start`, is ignored. */
function recordPage(context: VendorContext, records: readonly Shown[]): Response {
  const { owner_id, status, done, cursor, limit = String(DEFAULT_LIMIT) } = context.req.query();
  if (owner_id !== undefined && !/^\d+$/.test(owner_id))
    return refuseLive(context, 400, 'owner_id must be a number');
  if (done !== undefined && !/^(true|false|0|1)$/.test(done))
    return refuseLive(context, 400, 'done must be a boolean');
  if (!/^\d+$/.test(limit) || Number(limit) < 1 || Number(limit) > MAX_LIMIT)
    return refuseLive(context, 400, `limit must be between 1 and ${MAX_LIMIT}`);
  const after = cursor === undefined ? 0 : idBehind(cursor);
  if (after === null) return refuseLive(context, 400, 'cursor is not valid');
  const fitting = records
    .filter((record) => owner_id === undefined || record.owner_id === Number(owner_id))
    .filter((record) => status === undefined || record.status === status)
    .filter((record) => done === undefined || record.done === /^(true|1)$/.test(done))
    .filter(({ id }) => id > after)
    .sort((a, b) => a.id - b.id);
  const page = fitting.slice(0, Number(limit));
  const last = page.at(-1);
  const next_cursor = fitting.length > page.length && last !== undefined ? cursorAfter(last.id) : null;
  return context.json({ success: true, data: page, additional_data: { next_cursor } });
}

function cursorAfter(id: number): string {
  return Buffer.from(JSON.stringify({ id })).toString('base64url');
}

function idBehind(cursor: string): number | null {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  return /^\{"id":(\d+)\}$/.test(text) ? Number(text.replace(/\D/g, '')) : null;
}
