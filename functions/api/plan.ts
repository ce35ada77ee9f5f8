import * as z from 'zod/mini';
import { makePlan } from '../plan/make-plan.ts';
import { STEPS } from '../plan/steps.ts';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { Origin } from '../shared/origin.ts';
import { type Handler, step } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import { requestFor } from './plans.ts';
import { refusalOf } from './problem.ts';

/**
 * Works out what a run would change. It is a Lambda of its own, because the API itself has no secret of any app.
 *
 * @returns the plan, or how the request is to be refused.
 * @throws InvalidInputError when the API did not send it; what is nobody's fault but ours.
 */
export const handler = step({
  name: 'ApiPlan',
  client: runSourcesFromEnvironment,
  input: z.object({ workflow: Workflow, detail: z.unknown(), key: z.nullable(z.string()), origin: Origin }),
  run: async (sources, asked, context) => {
    try {
      return {
        plan: await makePlan((name, event) => stepOf(name)(event, context), sources, requestFor(asked)),
      };
    } catch (error) {
      return { refusal: refusalOf(error) };
    }
  },
});

function stepOf(name: string): Handler<unknown> {
  const handle = STEPS[name];
  if (handle === undefined) throw new Error(`functions/plan/steps.ts does not have the step ${name}.`);
  return handle;
}
