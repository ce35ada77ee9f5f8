import * as z from 'zod/mini';
import { appsWith } from '../app-descriptions.ts';
import { APPS, forEveryApp } from '../shared/apps.ts';
import { HiredDetail } from '../shared/events.ts';
import { Report } from '../shared/report.ts';
import { Workflow } from '../shared/workflow.ts';
import { GraphRow } from '../tables/graph-store.ts';
import { AccountRow, Profile } from '../tables/identity-store.ts';

export const EmployeeId = HiredDetail.shape.employee.shape.employeeId;

/**
 * `waiting` is a run whose moment has not come; nothing is done before. `complete`, `partial` and `failed` are
 * what its report says; `stopped` is a run that was ended before it could write one.
 */
const RunStatus = z.enum(['waiting', 'running', 'complete', 'partial', 'failed', 'stopped']);
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
  /** `done` means that every step which was reached so far has succeeded. */
  status: z.enum(['pending', 'running', 'done', 'failed']),
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
  apps: z.array(AppProgress),
  /** Null until the run has ended, and for good when it was stopped before. */
  report: z.nullable(Report),
  /** Why it failed, where there is no report to say so. */
  error: z.nullable(z.object({ name: z.string(), message: z.string() })),
});
export type Run = z.infer<typeof Run>;

export const RunSummary = z.pick(Run, {
  name: true,
  workflow: true,
  status: true,
  startedAt: true,
  report: true,
});
export type RunSummary = z.infer<typeof RunSummary>;

/** All runs for one employee, the oldest first. */
export const RunList = z.object({ runs: z.array(RunSummary) });

const Account = z.nullable(AccountRow);

const Connections = z.nullable(z.omit(GraphRow, { app: true, employeeId: true }));
export type Connections = z.infer<typeof Connections>;

/** The apps that tell more of an account than who has it. */
export const GRAPH_APPS = appsWith('graph');

/** Who an employee is, and in which apps; null where no account is known. */
export const Employee = z.object({
  employeeId: z.string(),
  /** Null for somebody who was not hired through tenure. */
  profile: z.nullable(Profile),
  accounts: z.object(forEveryApp(() => Account)),
  /** What the accounts are connected with, as the last reconciliation saw it; null where it has not. */
  graph: z.object(Object.fromEntries(GRAPH_APPS.map((app) => [app, Connections]))),
});
export type Employee = z.infer<typeof Employee>;
