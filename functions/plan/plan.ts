import { createHash } from 'node:crypto';
import type { App } from '../shared/apps.ts';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { HeldReason } from '../shared/held-reason.ts';
import type { PlannedWrite } from '../shared/planning.ts';
import type { Workflow } from '../shared/workflow.ts';

/** What a run would do in one app. */
export type AppPlan = {
  app: App;
  /** The account that it would change; null where there is none yet. */
  account: string | null;
  /** What would be done, in order, for a person. */
  sentences: string[];
  /** The requests that would change something, in order; those that hand over records go out several at once. */
  writes: PlannedWrite[];
  /** What would be left to a person, as far as is known. */
  followUps: string[];
  /** Why the app's steps would be held. */
  held: HeldReason[];
  /** The steps of which nobody knows before the others are done what they will do. */
  notKnown: string[];
  /** The steps that would fail, and why. */
  failures: { step: string; error: string; message: string }[];
};

/** What a run would do. */
export type Plan = {
  /** Stands for what would change: it is the same as long as that is. */
  planId: string;
  workflow: Workflow;
  employeeId: string;
  /**
   * `go` would act, and `held` would wait for a release. The others start nothing: a later event was accepted before
   * (`superseded`), or the event has come before, and its run is `running`, has `succeeded` or was `stopped`.
   */
  status: 'go' | 'held' | 'superseded' | 'running' | 'succeeded' | 'stopped';
  /** When the run would begin to act, as an ISO instant; null where it would not. */
  moment: string | null;
  /** Why the whole run would be held. */
  held: HeldReason[];
  apps: AppPlan[];
};

/** The plan with its id: a digest of what would change, and of what would hold or fail. */
export function withId(plan: Omit<Plan, 'planId'>): Plan {
  const { workflow, employeeId, status, held, apps } = plan;
  const content = {
    ...{ workflow, employeeId, status, held: held.map(({ kind }) => kind) },
    apps: apps.map(({ app, account, writes, held: reasons, failures }) => ({
      ...{ app, account, writes: writes.map((write) => canonicalJson(write)).sort() },
      held: reasons.map(({ kind }) => kind),
      failures: failures.map(({ step, error }) => ({ step, error })),
    })),
  };
  const planId = createHash('sha256').update(canonicalJson(content)).digest('hex').slice(0, 32);
  return { planId, ...plan };
}
