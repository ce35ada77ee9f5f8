import * as z from 'zod/mini';
import { APPS } from './apps.ts';
import { HeldReason } from './held-reason.ts';
import { Workflow } from './workflow.ts';

/** Stands for a request, and for what it would change: it is the same as long as both are. */
export const PlanId = z.string().check(z.regex(/^[0-9a-f]{32}$/, { error: 'must be the id of a plan' }));

/** What a run would do in one app. */
export const AppPlan = z.object({
  app: z.enum(APPS),
  /** The account that it would change; null where there is none yet. */
  account: z.nullable(z.string()),
  /** What would be done, in order, for a person. */
  sentences: z.array(z.string()),
  /** The requests that would change something, in order; those that hand over records go out several at once. */
  writes: z.array(
    z.object({
      vendor: z.enum(APPS),
      /** The client's method, such as `deactivateUser`. */
      operation: z.string(),
      method: z.string(),
      path: z.string(),
      body: z.unknown(),
    }),
  ),
  /** What would be left to a person, as far as is known. */
  followUps: z.array(z.string()),
  /** Why the app's steps would be held. */
  held: z.array(HeldReason),
  /** What would be done then, of which nobody knows before whether and how. */
  notKnown: z.array(z.string()),
  /** The steps that would fail, and why. */
  failures: z.array(z.object({ step: z.string(), error: z.string(), message: z.string() })),
});
export type AppPlan = z.infer<typeof AppPlan>;

/** What a run would do. */
export const Plan = z.object({
  planId: PlanId,
  workflow: Workflow,
  employeeId: z.string(),
  /**
   * `go` would act, and `held` would wait for a release. The others start nothing: a later event was accepted before
   * (`superseded`), or the event has come before, and its run is `running`, has `succeeded` or was `stopped`.
   */
  status: z.enum(['go', 'held', 'superseded', 'running', 'succeeded', 'stopped']),
  /** When the run would begin to act, as an ISO instant; null where it would not. */
  moment: z.nullable(z.string()),
  /** Why the whole run would be held. */
  held: z.array(HeldReason),
  apps: z.array(AppPlan),
});
export type Plan = z.infer<typeof Plan>;

/** What is otherwise than planned: in one app, or null for the run as a whole. */
export const PlanDifference = z.object({
  app: z.nullable(z.enum(APPS)),
  /** What was planned and would not be done now, for a person. */
  planned: z.array(z.string()),
  /** What would be done now and was not planned. */
  now: z.array(z.string()),
});
export type PlanDifference = z.infer<typeof PlanDifference>;
