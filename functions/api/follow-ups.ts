import type { Context } from 'hono';
import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { FollowUp, type FollowUpStore } from '../tables/follow-up-store.ts';
import { callerOf } from './origin.ts';
import { RequestError } from './problem.ts';

const FollowUpId = z
  .string()
  .check(z.regex(/^20\d\d-(0[1-9]|1[0-2])-[\w-]{1,60}$/, { error: 'must be the id of a follow-up' }));

/** Which follow-ups are asked for. */
export const FollowUpFilter = z.object({
  status: z.optional(FollowUp.shape.status),
  app: z.optional(z.enum(APPS)),
  cursor: z.optional(FollowUpId),
});
export type FollowUpFilter = z.infer<typeof FollowUpFilter>;

/** A page of follow-ups, the newest first. */
export const FollowUpList = z.object({
  followUps: z.array(FollowUp),
  /** What asks for the next page; missing on the last. A page may be short, and even empty, before that. */
  cursor: z.optional(z.string()),
});
export type FollowUpList = z.infer<typeof FollowUpList>;

/** What somebody says who has done it. */
export const FollowUpNote = z.object({
  note: z.optional(z.string().check(z.trim(), z.minLength(1), z.maxLength(500))),
});

const PAGE_SIZE = 100;
const MOST_LOOKED_AT = 1000;
const DAY_MS = 86_400_000;

/** Those of the last 400 days that a filter asks for. @throws the SDK's errors */
export async function listFollowUps(store: FollowUpStore, filter: FollowUpFilter): Promise<FollowUpList> {
  const now = Date.now();
  const from = new Date(now - 400 * DAY_MS).toISOString();
  const before = filter.cursor ?? new Date(now + DAY_MS).toISOString();
  const followUps: FollowUp[] = [];
  let lookedAt = 0;
  for await (const followUp of store.newest({ from, before })) {
    lookedAt += 1;
    const { status, app } = followUp;
    if ((filter.status ?? status) === status && (filter.app ?? app) === app) followUps.push(followUp);
    if (followUps.length === PAGE_SIZE || lookedAt === MOST_LOOKED_AT)
      return { followUps, cursor: followUp.id };
  }
  return { followUps };
}

/** Records that a person has done it. @throws RequestError 404 or 409; the SDK's errors */
export async function finishFollowUp(
  store: FollowUpStore,
  id: string,
  { by, note }: { by: string | null; note: string | null },
): Promise<FollowUp> {
  const followUp = z.safeParse(FollowUpId, id).success ? await store.find(id) : null;
  if (followUp === null) throw new RequestError(404, `There is no follow-up ${JSON.stringify(id)}.`);
  const done = { by, at: new Date().toISOString(), note };
  if (await store.finish(followUp, done)) return { ...followUp, status: 'done', done };
  throw new RequestError(409, `The follow-up ${id} is done already.`);
}

/** Who says so in a request. */
export function doneBy(context: Context, { note = null }: { note?: string | null | undefined }) {
  return { by: callerOf(context), note };
}
