import type { Context } from 'hono';
import * as z from 'zod/mini';
import { differenceOf } from '../plan/difference.ts';
import { hireRequest, terminationRequest, updateRequest } from '../runs/request.ts';
import { digestOf, type RunRequest } from '../runs/start-run.ts';
import { HiredDetail, TerminatedDetail, UpdatedDetail } from '../shared/events.ts';
import type { Origin } from '../shared/origin.ts';
import { type Plan, PlanId } from '../shared/plan.ts';
import { Workflow } from '../shared/workflow.ts';
import { PLAN_DAYS, type PlanStore } from '../tables/plan-store.ts';
import { parseBody, readBody } from './body.ts';
import { RequestError } from './problem.ts';

/** Makes plans, and keeps them. */
export type Plans = {
  /** What a run would change. @throws RequestError, or what `makePlan` throws */
  make: (asked: Asked) => Promise<Plan>;
  store: PlanStore;
};

/** A request for a run as it can be handed to another Lambda. */
export type Asked = {
  workflow: Workflow;
  detail: unknown;
  /** What tells a repeat; null where the caller gave none. */
  key: string | null;
  origin: Origin;
};

const ASKS = {
  onboarding: (detail: unknown, key: string | null, origin: Origin) =>
    hireRequest(parseBody(HiredDetail, detail, ['detail']), key, origin),
  offboarding: (detail: unknown, key: string | null, origin: Origin) =>
    terminationRequest(parseBody(TerminatedDetail, detail, ['detail']), key, origin),
  update: (detail: unknown, key: string | null, origin: Origin) =>
    updateRequest(parseBody(UpdatedDetail, detail, ['detail']), key, origin),
} as const satisfies Record<Workflow, unknown>;

/** The run that is asked for. @throws RequestError 422 with every field that is wrong */
export function requestFor({ workflow, detail, key, origin }: Asked): RunRequest {
  return ASKS[workflow](detail, key, origin);
}

/** What is asked for by `POST /plans`; its detail is that of the event, as `requestFor` reads it. */
const AskedForPlan = z.object({ workflow: Workflow, detail: z.unknown() });
export const PlanRequest = z.union([
  z.object({ workflow: z.literal('onboarding'), detail: HiredDetail }),
  z.object({ workflow: z.literal('offboarding'), detail: TerminatedDetail }),
  z.object({ workflow: z.literal('update'), detail: UpdatedDetail }),
]);

const PLANNED = {
  /** Does exactly what this plan says, or nothing where something else would be done by now. */
  planId: z.optional(PlanId),
};
export const Onboarding = z.extend(HiredDetail, PLANNED);
export const Offboarding = z.extend(TerminatedDetail, PLANNED);

/** Answers `POST /plans`. @throws RequestError; what `Plans.make` throws; the store's errors */
export async function answerPlan(
  { plans }: { plans: Plans },
  context: Context,
  told: { key: string | null; origin: Origin },
): Promise<Response> {
  const asked = { ...(await readBody(context, AskedForPlan)), ...told };
  return context.json(await planAndKeep(plans, asked, requestFor(asked)));
}

/**
 * Plans once more what is to be done exactly as planned.
 *
 * @returns the plan, which a run may be started with. A repeat of a request whose run is started gets its plan too.
 * @throws RequestError 404 for a plan that is unknown or has expired, 409 for one of another request, and 409 with the
 *   difference where something else would be done by now; what `Plans.make` throws; the store's errors.
 */
export async function requirePlan(plans: Plans, planId: string, request: RunRequest): Promise<Plan> {
  const kept = await plans.store.read(planId, Date.now());
  if (kept === null)
    throw new RequestError(
      404,
      `There is no plan ${planId}. A plan is kept for ${PLAN_DAYS} days; POST /plans makes one.`,
    );
  if (kept.request !== digestOf(request))
    throw new RequestError(409, `The plan ${planId} is of another request. POST /plans makes one of this.`);
  const { workflow, detail, origin, event } = request;
  const key = event === null ? null : event.id.replace(/^key#/, '');
  const now = await planAndKeep(plans, { workflow, detail, key, origin }, request);
  if (now.planId === planId) return now;
  // It is a repeat, which starts nothing.
  if (['running', 'succeeded', 'stopped'].includes(now.status)) return kept.plan;
  throw new RequestError(
    409,
    `Something else than the plan ${planId} would be done by now; see difference. Nothing was started. To do what would be done now, send planId ${now.planId}.`,
    { more: { plan: now, difference: differenceOf(kept.plan, now) } },
  );
}

async function planAndKeep(plans: Plans, asked: Asked, request: RunRequest): Promise<Plan> {
  const plan = await plans.make(asked);
  await plans.store.keep(plan, digestOf(request), Date.now());
  return plan;
}
