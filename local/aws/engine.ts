import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Context } from 'aws-lambda';
import { ExecutionError, type RunOptions, type StateMachine } from 'aws-local-stepfunctions';
import * as z from 'zod/mini';
import { APPS, type App } from '../../functions/shared/apps.ts';
import type { Handler } from '../../functions/shared/step.ts';
import { loadStateMachine, type StateMachineName, stepFile } from '../../state-machines/load.ts';
import { stepSeconds } from '../../state-machines/time-limits.ts';
import { executionArn } from './arns.ts';
import { type LeapingClock, leapHandlers } from './leaping-clock.ts';
import { isWaitForToken, LONGEST_TIMER_SECONDS, machineFrom, preparedMachine } from './prepared-machine.ts';
import type { TaskTokens } from './task-tokens.ts';

/** One invocation of a step's Lambda that has begun. */
export type StepStart = { execution: string; step: string; app: App | null };

/** One invocation of a step's Lambda that has ended. */
export type StepEnd = {
  execution: string;
  step: string;
  app: App | null;
  ms: number;
  /** What it was invoked with. */
  event: unknown;
} & ({ status: string } | { error: string; message: string });

type Run = ReturnType<StateMachine['run']>;

export type Execution = {
  /** Resolves when the execution succeeded. @throws ExecutionFailure; the engine's ExecutionAbortedError */
  result: Promise<unknown>;
  /** Each event of the execution when it happens; ends with the execution. */
  events: Run['eventLogs'];
  abort: () => void;
};

/** Where an execution waits, so that it waits on there in another process instead of beginning anew. */
export const Rest = z.object({
  state: z.string(),
  /** What the state was entered with. */
  input: z.unknown(),
  /** As an ISO instant. */
  enteredAt: z.string(),
  /** What ends the wait of a held execution; null for the others. */
  token: z.nullable(z.string()),
});
export type Rest = z.infer<typeof Rest>;

export class ExecutionFailure extends Error {
  override readonly name = 'ExecutionFailure';
  /** The name of the error that the execution ended with. */
  readonly error: string;

  constructor(error: string, cause: string) {
    super(cause);
    this.error = error;
  }
}

export type Engine = {
  /**
   * @param run.onWait is called when it is known that the execution waits for its moment, with how many milliseconds.
   * @param run.startedAt when it was started first, in epoch milliseconds; now unless given.
   * @param run.from where it waits; it begins at its first state unless given.
   * @param run.expires whether it goes on where nobody has decided in time, if it is held there.
   */
  start: (
    machine: StateMachineName,
    run: {
      execution: string;
      input: unknown;
      onWait?: (ms: number) => void;
      startedAt?: number;
      from?: Rest | undefined;
      expires?: boolean | undefined;
    },
  ) => Execution;
  /** Invokes one Lambda outside of any execution. @throws what its handler throws */
  invoke: (step: string, event: unknown) => Promise<unknown>;
  /** Waits until no Lambda is at work, but not longer than that. */
  settle: (longestMs: number) => Promise<void>;
};

/** The state in which a run waits for its moment. */
export const WAITS_FOR_MOMENT = 'WaitForMoment';

// The longest a Wait takes once delays are scaled down.
const LONGEST_SCALED_WAIT_MS = 20;

const LambdaInvoke = z.looseObject({ Payload: z.unknown() });
const WithRetryCount = z.looseObject({ RetryCount: z.int() });

const Hold = z.object({
  token: z.string(),
  run: z.object({ gate: z.object({ expiresInSeconds: z.number() }) }),
});
const WithMoment = z.object({ moment: z.string() });
const Prepared = z.object({ Payload: WithMoment });
const ItemOfMap = z.object({ app: z.enum(APPS) });
const WithItem = z.object({ item: ItemOfMap });

function appOf(payload: unknown): App | null {
  return (z.safeParse(WithItem, payload).data?.item ?? z.safeParse(ItemOfMap, payload).data)?.app ?? null;
}

export type EngineOptions = {
  /** What the delays of Wait and Retry are multiplied by; 1 leaves them as they are. */
  delayScale: number;
  /** Whether a run waits for its moment, whatever the scale. */
  waitsInRealTime: boolean;
  /** A clock that leaps forward where a state waits; without one, the state waits. */
  clock?: LeapingClock | undefined;
  /** What the states wait for that wait for a token. */
  tokens: TaskTokens;
  onStepEnd: (end: StepEnd) => void;
  onStepStart?: ((start: StepStart) => void) | undefined;
};

type Invoke = Engine['invoke'];
type RunningOptions = EngineOptions & { invoke: Invoke };

/** Runs the state machines in this process, with the real handlers as their Lambdas. */
export function createEngine(options: EngineOptions): Engine {
  const atWork = new Set<Promise<unknown>>();
  const invoke: Invoke = async (step, event) => {
    const handler = await loadHandler(step);
    const work = handler(event, lambdaContext(step));
    atWork.add(work);
    return work.finally(() => atWork.delete(work));
  };
  return {
    start: (machine, { execution, input, onWait, startedAt = Date.now(), from, expires = true }) => {
      const { clock } = options;
      const { stateMachine, definition, steps } = preparedMachine(
        machine,
        options.delayScale,
        clock !== undefined,
      );
      const now = clock?.now ?? Date.now;
      let keptToken = from?.token ?? null;
      let waitMs = 0;
      let isAborted = false;
      const waitFor = (moment: string) => {
        waitMs = Math.max(0, Date.parse(moment) - Date.now());
        if (waitMs > 0) onWait?.(waitMs);
      };
      if (from?.state === WAITS_FOR_MOMENT) waitFor(z.parse(WithMoment, from.input).moment);
      const run = async (step: string, invocation: unknown): Promise<Json> => {
        // The interpreter goes on with what a Map was to try again; Step Functions does not.
        if (isAborted) throw new Error(`The execution ${execution} was stopped.`);
        const result = await runTask(execution, { step, machine, from, expires }, invocation, {
          ...options,
          invoke,
        });
        if (step.startsWith('WorkflowPrepare')) waitFor(z.parse(Prepared, result).Payload.moment);
        return result;
      };
      const runOptions: RunOptions = {
        overrides: {
          taskResourceLocalHandlers: {
            ...Object.fromEntries(
              steps.map(([state, step]) => [state, countingRetries((invocation) => run(step, invocation))]),
            ),
            ...(clock === undefined ? {} : leapHandlers(definition, clock)),
          },
          // For a moment in the past, the engine's own Wait starts a timer with a negative delay, which warns.
          waitTimeOverrides: {
            // Read when the state is entered: only the first state knows the moment.
            get [WAITS_FOR_MOMENT]() {
              return options.waitsInRealTime ? waitMs : Math.min(waitMs, LONGEST_SCALED_WAIT_MS);
            },
          },
        },
        context: {
          Execution: {
            Name: execution,
            Id: executionArn(machine, execution),
            StartedAt: new Date(startedAt).toISOString(),
            RedriveCount: 0,
          },
          Task: {
            // A state reads it once for each attempt.
            get Token() {
              const token = keptToken ?? options.tokens.issue();
              keptToken = null;
              return token;
            },
          },
          State: {
            // The engine has no such time itself. A state reads it when it is entered.
            get EnteredTime() {
              return new Date(now()).toISOString();
            },
            // The handler of the state knows better: the engine has no such count either.
            RetryCount: 0,
          },
        },
      };
      const started = (from === undefined ? stateMachine : machineFrom(from.state, definition)).run(
        asJson(from === undefined ? input : from.input),
        runOptions,
      );
      const abort = () => {
        isAborted = true;
        started.abort();
        options.tokens.drop(execution);
      };
      return { result: started.result.catch(rethrow), events: started.eventLogs, abort };
    },
    invoke,
    settle: async (longestMs) => {
      await Promise.race([Promise.allSettled(atWork), sleep(longestMs, undefined, { ref: false })]);
    },
  };
}

export type EngineEvent = Run['eventLogs'] extends AsyncGenerator<infer Event> ? Event : never;

type Json = Parameters<StateMachine['run']>[0];

/**
 * The handler of a state, which tells its Lambda how often the state was retried, where that is asked for. A retry has
 * the input of the attempt before it; the next visit of the state has another one, or follows a success.
 */
function countingRetries(handle: (invocation: unknown) => Promise<Json>) {
  const failures = new Map<string, number>();
  return async (invocation: unknown): Promise<Json> => {
    const call = z.parse(LambdaInvoke, asJson(invocation));
    const given = z.safeParse(WithRetryCount, call.Payload).data;
    if (given === undefined) return handle(call);
    const key = JSON.stringify(given);
    const RetryCount = failures.get(key) ?? 0;
    try {
      const result = await handle({ ...call, Payload: { ...given, RetryCount } });
      failures.delete(key);
      return result;
    } catch (error) {
      failures.set(key, RetryCount + 1);
      throw error;
    }
  };
}

/** Invokes a state's Lambda, and waits for its token where the state does. */
async function runTask(
  execution: string,
  {
    step,
    machine,
    from,
    expires,
  }: { step: string; machine: StateMachineName; from: Rest | undefined; expires: boolean },
  invocation: unknown,
  options: RunningOptions,
): Promise<Json> {
  const state = loadStateMachine(machine).States[step];
  if (!isWaitForToken(state)) return invokeState(execution, step, invocation, options);
  const { token, run } = z.parse(Hold, z.parse(LambdaInvoke, asJson(invocation)).Payload);
  // Its Lambda has kept the token and said everywhere that it is held, in the process before.
  const isKept = token === from?.token;
  const heldForSeconds = isKept ? (Date.now() - Date.parse(from.enteredAt)) / 1000 : 0;
  const leftSeconds = Math.max(0, run.gate.expiresInSeconds * options.delayScale - heldForSeconds);
  const expire = () => {
    if (!isKept || expires)
      options.tokens.fail(token, { error: 'States.Timeout', cause: 'The token was not used in time.' });
  };
  const expiry = setTimeout(expire, Math.min(leftSeconds, LONGEST_TIMER_SECONDS) * 1000);
  // A process that has nothing else to do ends, and leaves the run held.
  expiry.unref();
  try {
    return asJson(
      await options.tokens.waitFor(token, execution, async () => {
        if (!isKept) await invokeState(execution, step, invocation, options);
      }),
    );
  } finally {
    clearTimeout(expiry);
  }
}

async function invokeState(
  execution: string,
  step: string,
  invocation: unknown,
  options: RunningOptions,
): Promise<Json> {
  const { Payload } = z.parse(LambdaInvoke, asJson(invocation));
  const app = appOf(Payload);
  const startedAt = performance.now();
  options.onStepStart?.({ execution, step, app });
  const end = () => ({
    execution,
    step,
    app,
    ms: Math.round(performance.now() - startedAt),
    event: Payload,
  });
  try {
    const result = await options.invoke(step, Payload);
    const status = statusOf(step, result);
    options.onStepEnd({ ...end(), status });
    return { StatusCode: 200, Payload: asJson(result) };
  } catch (error) {
    const failure = asLambdaFailure(error);
    const message = error instanceof Error ? error.message : String(error);
    options.onStepEnd({ ...end(), error: failure.name, message });
    throw failure;
  }
}

const handlers = new Map<string, Handler<unknown>>();

async function loadHandler(step: string): Promise<Handler<unknown>> {
  const loaded = handlers.get(step);
  if (loaded !== undefined) return loaded;
  const module: { handler: Handler<unknown> } = await import(pathToFileURL(stepFile(step)).href);
  handlers.set(step, module.handler);
  return module.handler;
}

/** An error as Step Functions sees a failed Lambda: its name, and a cause in JSON. */
function asLambdaFailure(thrown: unknown): Error {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const trace = error.stack?.split('\n') ?? [];
  const failure = new Error(JSON.stringify({ errorType: error.name, errorMessage: error.message, trace }));
  failure.name = error.name;
  return failure;
}

function rethrow(error: unknown): never {
  if (!(error instanceof ExecutionError && error.cause instanceof Error)) throw error;
  throw new ExecutionFailure(error.cause.name, error.cause.message);
}

function asJson(value: unknown): Json {
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

function lambdaContext(functionName: string): Context {
  const endsAt = Date.now() + 1000 * stepSeconds(functionName);
  const ends = () => {
    throw new Error('A step ends by returning or throwing.');
  };
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:local:000000000000:function:${functionName}`,
    memoryLimitInMB: '256',
    awsRequestId: crypto.randomUUID(),
    logGroupName: functionName,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => endsAt - Date.now(),
    done: ends,
    fail: ends,
    succeed: ends,
  };
}

const Ended = z.object({
  status: z.optional(z.string()),
  steps: z.optional(z.array(z.object({ step: z.string(), status: z.string() }))),
});

/** How a step ended by its own word: an outcome also holds what the steps before it did. */
function statusOf(step: string, result: unknown): string {
  if (Array.isArray(result) && result.length === 0) return 'none';
  const { status = 'done', steps = [] } = z.safeParse(Ended, result).data ?? {};
  return steps.findLast((one) => one.step === step)?.status ?? status;
}
