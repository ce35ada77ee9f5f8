import * as z from 'zod/mini';
import { APPS } from './apps.ts';
import { Asks } from './asks.ts';
import { HeldReason } from './held-reason.ts';
import { Origin } from './origin.ts';
import { Change, StepDone } from './outcome.ts';
import { Workflow } from './workflow.ts';

/** How a sentence of an error ends that leaves the details to a follow-up. */
export const NAMED_BY_FOLLOW_UP = 'a follow-up names them.';

export const AppReport = z.object({
  app: z.enum(APPS),
  /**
   * `not_found` means that the person has no account there, and is as complete as `done`. `shut` is a leaver's app in
   * which the login is shut and something is left to do; in an app that is `held` nothing was changed.
   */
  status: z.enum(['done', 'already_done', 'invited', 'not_found', 'shut', 'failed', 'held']),
  vendorUserId: z.nullable(z.string()),
  /** The steps that ended, in order; what failed is described by `error`. */
  steps: z.array(StepDone),
  changes: z.array(Change),
  followUps: z.array(z.string()),
  /** Missing where none asks for anything that a later look can see. */
  asks: z.optional(Asks),
  error: z.optional(z.object({ name: z.string(), message: z.string() })),
});
export type AppReport = z.infer<typeof AppReport>;

/** What a run did, app by app; the proof that is left behind. */
export const Report = z.object({
  workflow: Workflow,
  employeeId: z.string(),
  email: z.string(),
  /**
   * `superseded` did nothing, because a later event was accepted; `unknown_person` is a leaver whom neither tenure nor
   * any app knows. `held` waits for a person; `rejected` and `expired` are what becomes of it that is not released.
   */
  status: z.enum([
    'complete',
    'partial',
    'failed',
    'superseded',
    'unknown_person',
    'held',
    'rejected',
    'expired',
  ]),
  /** Why it is held, or was when it ended; `run` is the name by which it is released. */
  held: z.optional(
    z.object({ run: z.string(), reasons: z.array(HeldReason), since: z.string(), until: z.string() }),
  ),
  /** The run, or the employee id, that took the place of a superseded one. */
  supersededBy: z.optional(z.string()),
  /** Which event or request started it, and who asked; null where that was not kept. */
  origin: z.optional(z.nullable(Origin)),
  /** The moment at which it was to begin, as an ISO instant; null where it never came to that. */
  dueAt: z.optional(z.nullable(z.string())),
  /** When the leaver's last login was shut, or was seen to be; null while one is open, and where there was none. */
  lastLoginShutAt: z.optional(z.nullable(z.string())),
  apps: z.array(AppReport),
  /** What a person has to do and that belongs to no app. */
  followUps: z.optional(z.array(z.string())),
  asks: z.optional(Asks),
});
export type Report = z.infer<typeof Report>;

/** The run's status: `failed` when every app failed, `partial` when some did or have something left to do. */
export function runStatus(apps: readonly AppReport[]): Report['status'] {
  const open = apps.filter(({ status }) => status === 'failed' || status === 'shut');
  if (open.length === 0) return 'complete';
  const isFailed = open.length === apps.length && open.every(({ status }) => status === 'failed');
  return isFailed ? 'failed' : 'partial';
}

/** The report of an app that waits for a person's release. */
export function heldApp(app: AppReport['app']): AppReport {
  return { app, status: 'held', vendorUserId: null, steps: [], changes: [], followUps: [] };
}

/** The report of an app in which no step was reached. */
export function unreachedApp(app: AppReport['app'], error: { name: string; message: string }): AppReport {
  return { app, status: 'failed', vendorUserId: null, steps: [], changes: [], followUps: [], error };
}
