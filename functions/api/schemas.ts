import * as z from 'zod/mini';
import { appsWith } from '../app-descriptions.ts';
import { APPS, forEveryApp } from '../shared/apps.ts';
import { HiredDetail } from '../shared/events.ts';
import { HeldReason } from '../shared/held-reason.ts';
import { Origin } from '../shared/origin.ts';
import { Report } from '../shared/report.ts';
import { SHOWN_FACTS } from '../shared/shown-facts.ts';
import { Workflow } from '../shared/workflow.ts';
import { GraphRow } from '../tables/graph-store.ts';
import { Decision } from '../tables/hold-store.ts';
import { AccountRow, Profile } from '../tables/identity-store.ts';

export const EmployeeId = HiredDetail.shape.employee.shape.employeeId;

/**
 * `waiting` is a run whose moment has not come; nothing is done before. `complete`, `partial` and `failed` are
 * what its report says; `held` waits for a person, until it is released, `rejected` or `expired`; `stopped` is a run that was ended before it could write one.
 */
export const RunStatus = z.enum([
  'waiting',
  'running',
  'complete',
  'partial',
  'failed',
  'stopped',
  'superseded',
  'unknown_person',
  'held',
  'rejected',
  'expired',
]);
export type RunStatus = z.infer<typeof RunStatus>;

export const StepProgress = z.object({
  step: z.string(),
  /** `retrying` has failed and waits for its next attempt. */
  status: z.enum(['running', 'retrying', 'done', 'failed']),
  /** How often it was begun. */
  attempts: z.int(),
});
export type StepProgress = z.infer<typeof StepProgress>;

export const AppProgress = z.object({
  app: z.enum(APPS),
  /**
   * `done` means that every step which was reached so far has succeeded; `trying`, that the login is open because the
   * app is away, and is tried again.
   */
  status: z.enum(['pending', 'running', 'trying', 'done', 'failed']),
  /** Since when it is tried, and when it is tried next; only while it is. */
  since: z.optional(z.iso.datetime()),
  next: z.optional(z.iso.datetime()),
  /** How often it failed, and why it did last. */
  attempts: z.optional(z.int()),
  reason: z.optional(z.string()),
  steps: z.array(StepProgress),
});
export type AppProgress = z.infer<typeof AppProgress>;

/** One run, as far as it has come. */
export const Run = z.object({
  name: z.string(),
  workflow: Workflow,
  /** Null when the input of a manual execution names nobody. */
  employeeId: z.nullable(z.string()),
  status: RunStatus,
  startedAt: z.iso.datetime(),
  endedAt: z.nullable(z.iso.datetime()),
  /** Which event or request started it, and who asked; null where that was not kept. */
  origin: z.nullable(Origin),
  /** The moment at which it is to begin; null until that is known. */
  dueAt: z.nullable(z.iso.datetime()),
  /** When a leaver's last login was shut, or was seen to be; null while one is open, and where there was none. */
  lastLoginShutAt: z.nullable(z.iso.datetime()),
  /** Why it is held, or was, and what people have decided; null where it never was. */
  held: z.nullable(
    z.object({
      reasons: z.array(HeldReason),
      since: z.iso.datetime(),
      /** When it expires, unless somebody decides. */
      until: z.iso.datetime(),
      decisions: z.array(Decision),
    }),
  ),
  apps: z.array(AppProgress),
  /** What a person should mend before the run's moment; null where there is nothing. */
  warning: z.nullable(z.string()),
  /** Null until the run has ended, and for good when it was stopped before. */
  report: z.nullable(Report),
  /** Why it failed, where there is no report to say so. */
  error: z.nullable(z.object({ name: z.string(), message: z.string() })),
});
export type Run = z.infer<typeof Run>;

export const RunSummary = z.pick(Run, {
  name: true,
  workflow: true,
  employeeId: true,
  status: true,
  startedAt: true,
  origin: true,
  dueAt: true,
  lastLoginShutAt: true,
  warning: true,
  report: true,
});
export type RunSummary = z.infer<typeof RunSummary>;

/** Runs: all for one employee, the oldest first; or a page of those for everybody, the newest first. */
export const RunList = z.object({
  runs: z.array(RunSummary),
  /** What asks for the next page; missing on the last. A page may be short, and even empty, before that. */
  cursor: z.optional(z.string()),
});
export type RunList = z.infer<typeof RunList>;

/** A day, which is meant in UTC, or an instant. */
export const DayOrInstant = z.union([z.iso.date(), z.iso.datetime({ offset: true })], {
  error: 'must be a day such as 2026-11-29, or an instant such as 2026-11-29T08:00:00Z',
});
export const RunCursor = z
  .string()
  .check(z.regex(/^[\w-]{1,400}$/, { error: 'must be the cursor of an earlier answer' }));

export const AppName = z.enum(APPS);

/** Which runs are asked for. */
export const RunFilter = z.object({
  status: z.optional(RunStatus),
  from: z.optional(DayOrInstant),
  to: z.optional(DayOrInstant),
  app: z.optional(AppName),
  cursor: z.optional(RunCursor),
});
export type RunFilter = z.infer<typeof RunFilter>;

const Account = z.nullable(AccountRow);

const Connections = z.nullable(z.omit(GraphRow, { app: true, employeeId: true }));
export type Connections = z.infer<typeof Connections>;

/** The apps that tell more of an account than who has it. */
export const GRAPH_APPS = appsWith('graph');

// https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
export const IdempotencyKey = z
  .string()
  .check(z.regex(/^[\x21-\x7e]{1,200}$/, { error: 'must be 1 to 200 visible characters' }));

/** Why somebody decides something, in their words. */
export const ReasonGiven = z.string().check(z.trim(), z.minLength(1), z.maxLength(500));

/** Why a held run is released or rejected, in a person's words. */
export const Verdict = z.object({ reason: ReasonGiven });

/** Several held runs that are released for one reason. */
export const Release = z.object({
  names: z.array(z.string().check(z.minLength(1))).check(z.minLength(1), z.maxLength(500)),
  reason: ReasonGiven,
});

/** What became of each. */
export const ReleasedRuns = z.object({
  runs: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['released', 'refused']),
      /** Why it was refused. */
      problem: z.nullable(z.string()),
    }),
  ),
});
export type ReleasedRuns = z.infer<typeof ReleasedRuns>;

/** What gives another id's profile and accounts to an employee. */
export const Takeover = z.object({ previousEmployeeId: EmployeeId });

/** What an open account shows otherwise than HR wants it. */
const Difference = z.object({
  app: z.enum(APPS),
  field: z.enum(SHOWN_FACTS),
  wanted: z.string(),
  /** What the app showed at the `verifiedAt` of the account. */
  shown: z.string(),
});
export type Difference = z.infer<typeof Difference>;

/** Who an employee is, and in which apps; null where no account is known. */
export const Employee = z.object({
  employeeId: z.string(),
  /** Null for somebody who was not hired through tenure. */
  profile: z.nullable(Profile),
  accounts: z.object(forEveryApp(() => Account)),
  /** What a person, or the next run, has to bring in line. */
  differences: z.array(Difference),
  /** What the accounts are connected with, as the last reconciliation saw it; null where it has not. */
  graph: z.object(Object.fromEntries(GRAPH_APPS.map((app) => [app, Connections]))),
});
export type Employee = z.infer<typeof Employee>;
