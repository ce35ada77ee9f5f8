import * as z from 'zod/mini';
import { parseJson } from '../shared/json.ts';
import { Plan } from '../shared/plan.ts';
import type { Plans } from './plans.ts';
import { Refusal, RequestError } from './problem.ts';

/** The variable with the name of the Lambda that works out plans. */
export const PLAN_FUNCTION_VARIABLE = 'PLAN_FUNCTION';

const Answer = z.union([z.object({ plan: Plan }), z.object({ refusal: Refusal })]);
const Failure = z.object({ errorType: z.optional(z.string()) });

/**
 * Asks the Lambda that works out plans; see `plan.ts`.
 *
 * @throws RequestError as that Lambda refuses, or 503 where it takes too long; the SDK's errors.
 */
export function askForPlans(): Plans['make'] {
  const { [PLAN_FUNCTION_VARIABLE]: FunctionName } = process.env;
  return async (asked) => {
    // Loaded only now, as most requests ask for no plan.
    const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
    const { FunctionError, Payload } = await new LambdaClient({}).send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(asked) }),
    );
    const answer = parseJson(Buffer.from(Payload ?? []).toString());
    if (FunctionError !== undefined) throw failureOf(answer);
    const read = z.parse(Answer, answer);
    if ('plan' in read) return read.plan;
    const { status, detail, ...options } = read.refusal;
    throw new RequestError(status, detail, options);
  };
}

// https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
function failureOf(answer: unknown): Error {
  const { errorType = 'unknown' } = z.safeParse(Failure, answer).data ?? {};
  if (errorType !== 'Sandbox.Timedout')
    return new Error(`The Lambda that works out plans failed: ${errorType}`);
  return new RequestError(
    503,
    'The plan was not ready in the time that a request may take. Ask again when the apps are less busy, or plan where there is no limit: npm start -- plan FILE.',
  );
}
