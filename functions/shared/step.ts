import middy, { type MiddlewareObj } from '@middy/core';
import type { Context } from 'aws-lambda';
import * as z from 'zod/mini';
import { withDeadline } from './deadline.ts';
import { InvalidInputError, RedrivenError } from './errors.ts';
import { describeIssues } from './issues.ts';
import { logger } from './logger.ts';
import { oncePerPlace } from './once-per-place.ts';
import { Outcome, type StepResult, tellingLogin, withStep } from './outcome.ts';
import { PlannedWriteError } from './planning.ts';
import { withPriorityOf } from './priority.ts';
import { lastRequestId, withRequestIds } from './request-id.ts';

/** A Lambda handler as Step Functions invokes it: JSON in, JSON out, and an error is thrown, never returned. */
export type Handler<Output> = (event: unknown, context: Context) => Promise<Output>;

type StepDefinition<Input, Client, Output> = {
  /** The state's name, which is also the placeholder's: folder and file in Pascal case. */
  name: string;
  input: z.ZodMiniType<Input>;
  /** Makes the client; called once, at the first event. */
  client: () => Client;
  run: (client: Client, input: Input, context: Context) => Promise<Output>;
};

type AppStepDefinition<Input, Client> = Omit<StepDefinition<Input, Client, StepResult>, 'run'> & {
  run: (client: Client, input: Input) => Promise<StepResult>;
};

// Enough to find a line again, and nothing personal.
const WithEmployee = z.object({ employee: z.object({ employeeId: z.string() }) });
const LogKeys = z.union([
  WithEmployee,
  z.pipe(
    z.object({ detail: WithEmployee }),
    z.transform(({ detail }) => detail),
  ),
  z.pipe(
    z.object({ run: WithEmployee }),
    z.transform(({ run }) => run),
  ),
]);

/**
 * The handler of a step. It parses the input, runs, and logs one line.
 *
 * @throws InvalidInputError when the input is not of the given form; whatever `run` throws.
 */
export function step<Input, Client, Output>(
  definition: StepDefinition<Input, Client, Output>,
): Handler<Output> {
  const { name, input, run } = definition;
  const client = oncePerPlace(definition.client);
  return middy(
    (event: unknown, context: Context): Promise<Output> =>
      withDeadline(Date.now() + context.getRemainingTimeInMillis(), () =>
        withPriorityOf(event, () =>
          withRequestIds(async () => {
            const parsed = parseAs(name, input, event);
            return run(client(), parsed, context);
          }),
        ),
      ),
  ).use(oneLogLine(name));
}

/**
 * The handler of a step in an app's chain. Its event is the app's item of the Map state, whose `outcome` says what
 * the steps before it did; it returns the outcome with this step added. `input` may ask for any field of the
 * item, for `account`, the account those steps found, and for `others`, a leaver's other open ones.
 *
 * @throws InvalidInputError when the input is not of the given form; whatever `run` throws.
 */
export function appStep<Input, Client>(definition: AppStepDefinition<Input, Client>): Handler<Outcome> {
  const { name, input, run } = definition;
  return step({
    name,
    client: definition.client,
    input: z.looseObject({ outcome: Outcome, RetryCount, ...Redrives }),
    run: async (client, item) => {
      assertNotRedriven(name, item);
      const startedAt = new Date();
      const result = await run(
        client,
        parseAs(name, input, {
          ...item,
          account: item.outcome.account,
          others: item.outcome.others,
        }),
      ).then((done) => tellingLogin(item, done), asPlanned);
      return withStep(item.outcome, name, factsOf(startedAt, item), result);
    },
  });
}

/** How often the state was tried before, as Step Functions says. */
export const RetryCount = z._default(z.int(), 0);

/** How often the execution was redriven, and how often it had been when it last looked whether it is current. */
export const Redrives = {
  RedriveCount: z._default(z.int(), 0),
  /** Missing in an execution from before this was passed on. */
  redrives: z.optional(z.int()),
};

/**
 * Keeps a step in an app from going on in an execution that had ended: a redrive begins where that was, behind the states
 * that look whether the run is current.
 *
 * @throws RedrivenError
 */
export function assertNotRedriven(
  step: string,
  { RedriveCount, redrives = RedriveCount }: { RedriveCount: number; redrives?: number | undefined },
): void {
  if (RedriveCount > redrives) throw new RedrivenError(step);
}

/** What a report says of a step that ends now. */
export function factsOf(startedAt: Date, item: { RetryCount: number }) {
  return {
    startedAt,
    endedAt: new Date(),
    attempts: item.RetryCount + 1,
    vendorRequestId: lastRequestId(),
  };
}

/** What comes after a write is known when it is done. */
function asPlanned(error: unknown): StepResult {
  if (error instanceof PlannedWriteError) return { status: 'changed' };
  throw error;
}

/** An input in the form that a step asks for. @throws InvalidInputError with every field that is wrong */
export function parseAs<Input>(name: string, schema: z.ZodMiniType<Input>, event: unknown): Input {
  const parsed = z.safeParse(schema, event);
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(`${name} cannot use its input. ${describeIssues(parsed.error).join('; ')}`);
}

function oneLogLine<Output>(
  step: string,
): MiddlewareObj<unknown, Output, Error, Context, { startedAt?: number }> {
  const facts = (event: unknown, startedAt = performance.now()) => {
    const keys = z.safeParse(LogKeys, event);
    return {
      step,
      employeeId: keys.data?.employee.employeeId,
      ms: Math.round(performance.now() - startedAt),
    };
  };
  return {
    before: ({ internal }) => {
      internal.startedAt = performance.now();
    },
    after: ({ event, response, internal }) => {
      const status = z.safeParse(z.object({ status: z.string() }), response).data?.status;
      logger.info('step done', { ...facts(event, internal.startedAt), status });
    },
    onError: ({ event, error, internal }) => {
      logger.error('step failed', {
        ...facts(event, internal.startedAt),
        error: error?.name,
        reason: error?.message,
      });
    },
  };
}

/** The result of a step that would change an account, where the person has none. */
export const NO_ACCOUNT: StepResult = { status: 'not_found' };
