import { differenceOf } from '../../functions/plan/difference.ts';
import { requestOf } from '../../functions/runs/request.ts';
import { digestOf } from '../../functions/runs/start-run.ts';
import type { HrEvent } from '../../functions/shared/events.ts';
import { type Plan, PlanId } from '../../functions/shared/plan.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { UsageError } from '../runtime/usage-error.ts';
import type { Call } from './command.ts';
import { printError, printJson, printLine } from './print.ts';
import { differenceLines, planLines } from './print-plan.ts';
import type { View } from './view.ts';

/** The id that `--plan` names. @throws UsageError when it cannot be one, or there are several events */
export function readPlanId(value: string | undefined, events: readonly HrEvent[]): string | undefined {
  if (value === undefined) return undefined;
  if (events.length !== 1) throw new UsageError('--plan: expected a FILE with one event');
  if (PlanId.safeParse(value).success) return value;
  throw new UsageError('--plan: expected the id that npm start -- plan FILE prints');
}

/** The plan with this id where that is what the event would change now; else null, and it says what is different. */
export async function requirePlan(
  { plan, plans }: Pick<Runtime, 'plan' | 'plans'>,
  { event, planId }: { event: HrEvent; planId: string },
  { io, isJson, view }: { io: Call<unknown>['io']; isJson: boolean; view: View },
): Promise<Plan | null> {
  const kept = await plans.read(planId, Date.now());
  const now = await plan(event);
  if (now.planId === planId) return now;
  const isOfThis = kept !== null && kept.request === digestOf(requestOf(event, Date.now()));
  const difference = isOfThis ? differenceOf(kept.plan, now) : [];
  const why = kept !== null && !isOfThis ? 'is of another event' : 'is not what would be done now';
  if (isJson) printJson(io.stdout, { status: 409, planId, plan: now, difference });
  printError(io.stderr, `Nothing was played: the plan ${planId} ${why}.`);
  if (!isJson) printLine(io.stdout, ...differenceLines(difference, view), '', ...planLines(now, view));
  return null;
}
