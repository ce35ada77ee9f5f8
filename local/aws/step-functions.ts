import { ExecutionAbortedError } from 'aws-local-stepfunctions';
import { type Context, Hono } from 'hono';
import * as z from 'zod/mini';
import { InvalidInputError } from '../../functions/shared/errors.ts';
import {
  HiredDetail,
  offboardingMoment,
  onboardingMoment,
  TerminatedDetail,
} from '../../functions/shared/events.ts';
import { STATE_MACHINES, type StateMachineName } from '../../state-machines/load.ts';
import { executionArn, stateMachineArn } from './arns.ts';
import { isSignedWith } from './caller.ts';
import { type Engine, type EngineEvent, ExecutionFailure, Rest, WAITS_FOR_MOMENT } from './engine.ts';
import { type ExecutionHistory, executionHistory } from './execution-history.ts';
import { LONGEST_WAIT_DAYS } from './longest-wait.ts';
import { startLoopbackServer } from './loopback-server.ts';
import type { TaskTokens } from './task-tokens.ts';

export type StepFunctionsEndpoint = {
  url: string;
  /**
   * Lets the executions wait on that another process has left held. None of their states runs before somebody decides.
   *
   * @param expires whether one ends about which nobody has decided in time.
   */
  takeHeld: (expires: boolean) => Promise<void>;
  /** Stops every execution that is open; with `kept`, it is there again after a restart. */
  stopAll: () => void;
  /** The executions that the first `stopAll` has stopped, by name. */
  stopped: () => readonly string[];
  /**
   * Goes on with all other kept executions. One that waited for its moment waits on; the others begin anew, and find done
   * what they have done.
   */
  resumeAll: () => void;
  /** The executions of a machine that have been started so far, once each of them has ended or is held. */
  allOver: (machine: StateMachineName) => Promise<EndedExecution[]>;
  /** An execution, once it has ended or waits for a token; null where there is none of this name. */
  over: (machine: StateMachineName, name: string) => Promise<EndedExecution | null>;
  close: () => Promise<void>;
};

export type StepFunctionsOptions = {
  engine: Engine;
  /** What executions wait for that are held. */
  tokens: TaskTokens;
  /** Only requests signed with this key are answered, as no other program on the machine may start runs. */
  accessKeyId: string;
  /** Whether a Wait takes as long as it says. */
  waitsInRealTime: boolean;
  /** Called when an execution begins to wait for its moment, with how many milliseconds it waits. */
  onWait: (ms: number, execution: string, timeZone: string | null) => void;
  /** Called when an execution has ended, with its input as JSON. */
  onEnd?: (ended: Pick<LocalExecution, 'name' | 'input'>) => void;
  /** What was not over when the process before ended, and how to keep what is not over; not kept when left out. */
  kept?: { executions: readonly KeptExecution[]; write: (executions: readonly KeptExecution[]) => void };
};

/** An execution that is not over, as it is kept. */
export const KeptExecution = z.object({
  machine: z.enum(STATE_MACHINES),
  name: z.string(),
  /** As JSON. */
  input: z.string(),
  /** In seconds since the epoch. */
  startDate: z.number(),
  /** Missing until it has come to wait. */
  rest: z.optional(Rest),
});
export type KeptExecution = z.infer<typeof KeptExecution>;

/** The ARNs of the state machines in the embedded runtime. */
export const STATE_MACHINE_ARNS: Record<StateMachineName, string> = {
  onboarding: stateMachineArn('onboarding'),
  offboarding: stateMachineArn('offboarding'),
  update: stateMachineArn('update'),
  reconciliation: stateMachineArn('reconciliation'),
  'compliance-sync': stateMachineArn('compliance-sync'),
  'training-follow-up': stateMachineArn('training-follow-up'),
  'contact-sync': stateMachineArn('contact-sync'),
  doctor: stateMachineArn('doctor'),
};

type LocalExecution = {
  executionArn: string;
  stateMachineArn: string;
  name: string;
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  /** In seconds since the epoch, as is `stopDate`. */
  startDate: number;
  stopDate?: number;
  input: string;
  output?: string;
  error?: string;
  cause?: string;
  history: ExecutionHistory;
  over: Promise<void>;
  abort: () => void;
  rest?: Rest | undefined;
};

export type EndedExecution = Pick<LocalExecution, 'name' | 'status' | 'output' | 'error' | 'cause'>;

class ServiceError extends Error {
  override readonly name = 'ServiceError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

/**
 * A Step Functions endpoint on loopback over the engine. It has the operations that tenure uses, and keeps
 * executions in memory: https://docs.aws.amazon.com/step-functions/latest/apireference/API_Operations.html
 */
export async function startStepFunctions(options: StepFunctionsOptions): Promise<StepFunctionsEndpoint> {
  const executions = new Map<string, LocalExecution>();
  // What an earlier process has left, and nobody has begun anew.
  const left = new Map(options.kept?.executions.map((one) => [executionArn(one.machine, one.name), one]));
  let stopped: readonly string[] | undefined;
  const keep = (): void => {
    // What is stopped with the process is kept as it was.
    if (stopped !== undefined) return;
    options.kept?.write([...left.values(), ...openExecutions(executions, options.tokens)]);
  };
  const add = (execution: LocalExecution) => {
    executions.set(execution.executionArn, execution);
    left.delete(execution.executionArn);
    keep();
    void execution.over.then(() => {
      keep();
      options.onEnd?.(execution);
    });
    return execution;
  };
  const begin = (machine: StateMachineName, run: Begun) =>
    add(startExecution(options, machine, { ...idsOf(machine, run.name), ...run }, keep));
  const operations = operationsOn(executions, options, begin);
  const app = new Hono();
  app.post('/', async (context) => {
    if (!isSignedWith(options.accessKeyId, context.req.header('authorization')))
      return refuse(context, new ServiceError('AccessDeniedException', 'The signature is not known.'), 403);
    const target = context.req.header('x-amz-target') ?? '';
    const operation = operations.get(target.replace('AWSStepFunctions.', ''));
    if (operation === undefined)
      return refuse(context, new ServiceError('UnknownOperationException', `${target} is not known here.`));
    return answerJson(context, operation(await context.req.json().catch(() => undefined)));
  });
  app.onError((error, context) => {
    if (error instanceof ServiceError) return refuse(context, error);
    throw error;
  });
  const server = await startLoopbackServer(app.fetch);
  const overOrHeld = ({ over, name }: LocalExecution) => Promise.race([over, options.tokens.held(name)]);
  const stopAll = () => {
    keep();
    stopped ??= openExecutions(executions, options.tokens).map(({ name }) => name);
    for (const { abort } of executions.values()) abort();
  };
  return {
    url: server.url,
    stopAll,
    takeHeld: async (expires) => {
      const held = [...left.values()].filter(({ rest }) => rest !== undefined && rest.token !== null);
      await Promise.all(held.map(({ machine, ...run }) => overOrHeld(begin(machine, { ...run, expires }))));
    },
    stopped: () => stopped ?? [],
    resumeAll: () => {
      for (const { machine, ...run } of left.values()) begin(machine, run);
    },
    allOver: async (machine) => {
      const started = [...executions.values()].filter(
        ({ stateMachineArn }) => stateMachineArn === STATE_MACHINE_ARNS[machine],
      );
      await Promise.all(started.map(overOrHeld));
      return started;
    },
    over: async (machine, name) => {
      const arn = `${STATE_MACHINE_ARNS[machine].replace(':stateMachine:', ':execution:')}:${name}`;
      const execution = executions.get(arn);
      if (execution !== undefined) await overOrHeld(execution);
      return execution ?? null;
    },
    close: () => {
      stopAll();
      return server.close();
    },
  };
}

function openExecutions(
  executions: ReadonlyMap<string, LocalExecution>,
  tokens: TaskTokens,
): KeptExecution[] {
  const open = [...executions.values()].filter(({ status }) => status === 'RUNNING');
  return open.map(({ stateMachineArn: arn, name, input, startDate, rest }) => ({
    machine: machineOf(arn),
    ...{ name, input, startDate },
    ...(rest === undefined ? {} : { rest: { ...rest, token: tokens.tokenOf(name) } }),
  }));
}

type Operation = (body: unknown) => object;

function operationsOn(
  executions: ReadonlyMap<string, LocalExecution>,
  options: StepFunctionsOptions,
  begin: (machine: StateMachineName, run: Begun) => LocalExecution,
): ReadonlyMap<string, Operation> {
  const find = (executionArn: string): LocalExecution => {
    const execution = executions.get(executionArn);
    if (execution !== undefined) return execution;
    throw new ServiceError('ExecutionDoesNotExist', `${executionArn} does not exist.`);
  };

  return new Map([
    [
      'StartExecution',
      operation(
        z.object({ stateMachineArn: z.string(), name: ExecutionName, input: z.string() }),
        ({ stateMachineArn, name, input }) => {
          const machine = machineOf(stateMachineArn);
          const before = executions.get(executionArn(machine, name));
          if (before !== undefined) return sameExecution(before, input);
          const { executionArn: arn, startDate } = begin(machine, { name, input });
          return { executionArn: arn, startDate };
        },
      ),
    ],
    [
      'DescribeExecution',
      operation(
        z.object({ executionArn: z.string(), includedData: z.optional(z.string()) }),
        ({ executionArn, includedData }) => {
          const { history: _, abort: __, over: ___, rest: ____, ...shown } = find(executionArn);
          const { input, output, ...metadata } = shown;
          return includedData === 'METADATA_ONLY' ? metadata : { ...metadata, input, output };
        },
      ),
    ],
    [
      'GetExecutionHistory',
      operation(
        z.object({
          executionArn: z.string(),
          maxResults: z._default(z.int().check(z.minimum(0), z.maximum(1000)), 100),
          nextToken: z.optional(z.string()),
        }),
        ({ executionArn, maxResults, nextToken = '0' }) => {
          const { records } = find(executionArn).history;
          const begin = Number(nextToken);
          const end = begin + maxResults;
          const rest = end < records.length ? { nextToken: String(end) } : {};
          return { events: records.slice(begin, end), ...rest };
        },
      ),
    ],
    [
      'StopExecution',
      operation(
        z.object({
          executionArn: z.string(),
          error: z.optional(z.string()),
          cause: z.optional(z.string()),
        }),
        ({ executionArn, error, cause }) => {
          const execution = find(executionArn);
          if (execution.status === 'RUNNING') {
            end(execution, { status: 'ABORTED', ...(error && { error }), ...(cause && { cause }) });
            execution.abort();
          }
          return { stopDate: execution.stopDate };
        },
      ),
    ],
    [
      'SendTaskSuccess',
      operation(z.object({ taskToken: z.string(), output: z.string() }), ({ taskToken, output }) =>
        ended(options.tokens.succeed(taskToken, JSON.parse(output))),
      ),
    ],
    [
      'SendTaskFailure',
      operation(
        z.object({
          taskToken: z.string(),
          error: z._default(z.string(), ''),
          cause: z._default(z.string(), ''),
        }),
        ({ taskToken, error, cause }) => ended(options.tokens.fail(taskToken, { error, cause })),
      ),
    ],
  ]);
}

// https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
const ExecutionName = z.string().check(z.regex(/^[^\s\p{C}<>{}[\]?*"#%\\^|~`$&,;:/]{1,80}$/u));

function operation<T>(input: z.ZodMiniType<T>, run: (input: T) => object): Operation {
  return (body) => {
    const parsed = z.safeParse(input, body);
    if (parsed.success) return run(parsed.data);
    const fields = parsed.error.issues.map(({ path }) => path.join('.'));
    throw new ServiceError('ValidationException', `Wrong or missing: ${fields.join(', ')}.`);
  };
}

/** https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html */
function ended(isKnown: boolean): object {
  if (isKnown) return {};
  throw new ServiceError('TaskTimedOut', 'The task does not exist any more.');
}

/** As in AWS, a repeat with the same input is answered like the first start while the execution runs. */
function sameExecution({ executionArn, startDate, status, input }: LocalExecution, repeated: string): object {
  if (status === 'RUNNING' && input === repeated) return { executionArn, startDate };
  throw new ServiceError('ExecutionAlreadyExists', `${executionArn} exists already.`);
}

function machineOf(stateMachineArn: string): StateMachineName {
  const machine = STATE_MACHINES.find((known) => STATE_MACHINE_ARNS[known] === stateMachineArn);
  if (machine !== undefined) return machine;
  throw new ServiceError('StateMachineDoesNotExist', `${stateMachineArn} does not exist.`);
}

const WithTimeZone = z.object({
  timeZone: z.optional(z.string()),
  employee: z.optional(z.object({ timeZone: z.optional(z.string()) })),
});

/** The employee's time zone; null where the input names none. */
function timeZoneIn(input: unknown): string | null {
  const { timeZone, employee } = z.safeParse(WithTimeZone, input).data ?? {};
  return timeZone ?? employee?.timeZone ?? null;
}

/** An execution that begins, or goes on where it has come to rest. */
type Begun = Pick<LocalExecution, 'name' | 'input' | 'rest'> & {
  startDate?: number;
  expires?: boolean;
};

function startExecution(
  { engine, waitsInRealTime, onWait, tokens }: StepFunctionsOptions,
  machine: StateMachineName,
  { expires, ...ids }: Begun & Pick<LocalExecution, 'executionArn' | 'stateMachineArn'>,
  keep: () => void,
): LocalExecution {
  const input = parseInput(ids.input);
  const waitMs = waitOf(machine, input, new Date());
  if (waitsInRealTime && waitMs > LONGEST_WAIT_DAYS * 86_400_000)
    throw new ServiceError(
      'InvalidExecutionInput',
      `The run would begin at ${new Date(Date.now() + waitMs).toISOString()}; expected at most ${LONGEST_WAIT_DAYS} days ahead on this machine. Send it again when it is less far away.`,
    );
  const startDate = ids.startDate ?? Date.now() / 1000;
  const startedAt = Math.round(startDate * 1000);
  const { result, events, abort } = engine.start(machine, {
    ...{ execution: ids.name, input, startedAt, from: ids.rest, expires },
    onWait: (ms) => onWait(ms, ids.name, timeZoneIn(input)),
  });
  const execution: LocalExecution = {
    ...ids,
    status: 'RUNNING',
    startDate,
    history: executionHistory(),
    over: Promise.resolve(),
    abort,
  };
  execution.over = result.then(
    (output) => end(execution, { status: 'SUCCEEDED', output: JSON.stringify(output) }),
    (error: unknown) => end(execution, failure(error)),
  );
  keepHistory(execution, events, ({ state }) => {
    if (state === HELD) void tokens.held(ids.name).then(keep);
    else keep();
  });
  return execution;
}

const idsOf = (machine: StateMachineName, name: string) => ({
  executionArn: executionArn(machine, name),
  stateMachineArn: STATE_MACHINE_ARNS[machine],
});

async function keepHistory(
  execution: LocalExecution,
  events: ReturnType<Engine['start']>['events'],
  onRest: (rest: Rest) => void,
): Promise<void> {
  for await (const event of events) {
    execution.history.add(event);
    const rest = restIn(event, execution.rest);
    if (rest === undefined) continue;
    execution.rest = rest;
    onRest(rest);
  }
}

/** The state in which a run is held. */
const HELD = 'WorkflowHold';
const WithMoment = z.object({ moment: z.string() });

/** Where an execution can be gone on with; an execution that never waits has no such place. */
function restIn(event: EngineEvent, before: Rest | undefined): Rest | undefined {
  if (event.type !== 'StateEntered') return undefined;
  const { name: state, input } = event.state;
  // It is held since the process before.
  if (state === before?.state && before.token !== null) return undefined;
  const isAhead = () => Date.parse(z.parse(WithMoment, input).moment) > event.timestamp;
  const isRest =
    state === HELD ||
    (state === WAITS_FOR_MOMENT && isAhead()) ||
    (state === 'WorkflowBegin' && before !== undefined);
  return isRest
    ? { state, input, enteredAt: new Date(event.timestamp).toISOString(), token: null }
    : undefined;
}

type End = Pick<LocalExecution, 'status' | 'output' | 'error' | 'cause'>;

function end(execution: LocalExecution, outcome: End): void {
  if (execution.status === 'RUNNING') Object.assign(execution, outcome, { stopDate: Date.now() / 1000 });
}

function failure(error: unknown): End {
  if (error instanceof ExecutionAbortedError) return { status: 'ABORTED' };
  if (error instanceof ExecutionFailure)
    return { status: 'FAILED', error: error.error, cause: error.message };
  return { status: 'FAILED', error: 'States.Runtime', cause: String(error) };
}

function parseInput(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ServiceError('InvalidExecutionInput', 'The input is not JSON.');
  }
}

/** How long an execution waits for its moment, in milliseconds; 0 for bad input, which fails before the wait. */
function waitOf(machine: StateMachineName, input: unknown, now: Date): number {
  try {
    return Math.max(0, (momentOf(machine, input, now) ?? now).getTime() - now.getTime());
  } catch (error) {
    if (error instanceof InvalidInputError) return 0;
    throw error;
  }
}

function momentOf(machine: StateMachineName, input: unknown, now: Date): Date | undefined {
  if (machine === 'onboarding') {
    const detail = z.safeParse(HiredDetail, input);
    return detail.success ? onboardingMoment(detail.data, now) : undefined;
  }
  if (machine !== 'offboarding') return undefined;
  const detail = z.safeParse(TerminatedDetail, input);
  return detail.success ? offboardingMoment(detail.data, now) : undefined;
}

function refuse(context: Context, { type, message }: ServiceError, status: 400 | 403 = 400): Response {
  return answerJson(context, { __type: type, message }, status);
}

function answerJson(context: Context, body: object, status: 200 | 400 | 403 = 200): Response {
  return context.body(JSON.stringify(body), status, { 'content-type': 'application/x-amz-json-1.0' });
}
