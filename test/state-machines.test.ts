import { existsSync, readdirSync, readFileSync } from 'node:fs';
import aslValidator from 'asl-validator';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod/mini';
import { APPS } from '../functions/shared/apps.ts';
import * as errors from '../functions/shared/errors.ts';
import { EventsRefusedError } from '../functions/shared/event-bus.ts';
import { Outcome } from '../functions/shared/outcome.ts';
import { WORKFLOWS } from '../functions/shared/workflow.ts';
import { stateMachineText } from '../local/generate/state-machines.ts';
import { OUTCOME } from '../state-machines/app-step.ts';
import { INPUT_AND_COUNTS } from '../state-machines/definition.ts';
import { loadStateMachine, STATE_MACHINES, stepFile, stepNames } from '../state-machines/load.ts';

const Retrier = z.object({
  ErrorEquals: z.array(z.string()),
  JitterStrategy: z.optional(z.string()),
  MaxDelaySeconds: z.optional(z.number()),
  BackoffRate: z.optional(z.number()),
});

const State = z.object({
  Type: z.string(),
  Resource: z.optional(z.string()),
  Parameters: z.optional(
    z.object({
      FunctionName: z.optional(z.string()),
      workflow: z.optional(z.string()),
      Payload: z.optional(z.looseObject({})),
      'Payload.$': z.optional(z.string()),
    }),
  ),
  TimeoutSeconds: z.optional(z.number()),
  TimeoutSecondsPath: z.optional(z.string()),
  Retry: z.optional(z.array(Retrier)),
  Catch: z.optional(z.array(z.unknown())),
  ItemSelector: z.optional(z.record(z.string(), z.unknown())),
  Branches: z.optional(z.array(z.object({ States: z.record(z.string(), z.unknown()) }))),
  ItemProcessor: z.optional(z.object({ States: z.record(z.string(), z.unknown()) })),
});
type State = z.infer<typeof State>;

/** All states of a machine, those inside Map and Parallel too, as [name, state]. */
function allStates(states: Record<string, unknown>): [string, State][] {
  return Object.entries(states).flatMap(([name, value]): [string, State][] => {
    const state = z.parse(State, value);
    const inner = [...(state.Branches ?? []), ...(state.ItemProcessor ? [state.ItemProcessor] : [])];
    return [[name, state], ...inner.flatMap(({ States }) => allStates(States))];
  });
}

// What AWS itself throws; everything else that a Retry names must be ours.
const AWS_ERRORS =
  /^(States\.|Lambda\.|Sandbox\.)|^(InternalServiceError|InternalServerError|ThrottlingException|TimeoutError|ProvisionedThroughputExceededException|RequestLimitExceeded|InternalError|ServiceUnavailable|SlowDown)$/;

// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
const DYNAMODB_IS_BUSY = [
  'InternalServerError',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'ThrottlingException',
];
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
const S3_IS_BUSY = ['InternalError', 'ServiceUnavailable', 'SlowDown'];
const usesFiles = (name: string) =>
  /fileStoreFromEnvironment|handOverStep/.test(readFileSync(stepFile(name), 'utf8'));

/** The step of a state. A state machine has each name once, so a state that runs a step of another has a longer one. */
const stepOf = (state: string) =>
  state.replace(/(Again|InParts)$/, '').replace(/(?<=^WorkflowKeepTrying)\w+$/, '');

const isWorkflow = (machine: string) => (WORKFLOWS as readonly string[]).includes(machine);

const OUR_ERRORS = new Set([...Object.keys(errors), EventsRefusedError.name]);

describe.each(STATE_MACHINES)('%s', (machine) => {
  const definition = loadStateMachine(machine);
  const states = allStates(definition.States);
  const tasks = states.filter(([, { Type }]) => Type === 'Task');
  const shown = () => readFileSync(new URL(`../state-machines/${machine}.asl.yaml`, import.meta.url), 'utf8');

  it('is shown by its file as it is deployed', () => {
    const isCurrent = shown() === stateMachineText(machine);
    expect(isCurrent, `${machine}.asl.yaml is stale. Run npm run state-machines.`).toBe(true);
    expect(parse(shown())).toEqual(definition);
  });

  // The validator compiles its schema for each.
  const tags = machine === 'offboarding' ? [] : ['slow'];
  it('is valid Amazon States Language', { tags }, () => {
    const { isValid, errorsText } = aslValidator(definition, { checkPaths: true, checkArn: true });
    expect(errorsText()).toBe('');
    expect(isValid).toBe(true);
  });

  it('asks no Choice whether something is not so, which the embedded runtime takes for never', () => {
    expect(shown()).not.toMatch(/\bIs[A-Z]\w+: false/);
  });

  it('invokes Lambdas only, each state the one that its name begins with', () => {
    for (const [name, { Resource, Parameters }] of tasks) {
      expect(Resource).toMatch(/^arn:aws:states:::lambda:invoke(\.waitForTaskToken)?$/);
      expect(Parameters?.FunctionName).toBe(`\${${stepOf(name)}}`);
    }
  });

  it('has a file for every step, which exports its handler', async () => {
    for (const name of stepNames(definition)) {
      expect(existsSync(stepFile(name)), stepFile(name)).toBe(true);
      expect(await import(stepFile(name))).toHaveProperty('handler');
    }
  });

  it('has a time limit and a Retry with backoff, full jitter and a longest delay on every Task', () => {
    for (const [name, { TimeoutSeconds, TimeoutSecondsPath, Retry = [] }] of tasks) {
      // How long a held run waits is a setting.
      if (TimeoutSecondsPath === undefined) expect(TimeoutSeconds, name).toBeGreaterThan(0);
      expect(Retry.length, name).toBeGreaterThan(0);
      for (const retrier of Retry) {
        expect(retrier, name).toMatchObject({
          JitterStrategy: 'FULL',
          BackoffRate: 2,
          MaxDelaySeconds: expect.any(Number),
        });
      }
    }
  });

  it('retries what passes by itself, and nothing else', () => {
    for (const [name, { Retry = [] }] of tasks) {
      const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
      const ours = retried.filter((error) => !AWS_ERRORS.test(error));
      for (const error of ours) expect(OUR_ERRORS, `${name} retries ${error}`).toContain(error);
      const passing = [
        'VendorRateLimitedError',
        'VendorUnavailableError',
        'LimiterUnavailableError',
        'EventsRefusedError',
        // The run of the same employee ends some time.
        'RunBusyError',
        'GateContendedError',
        'SourceUnavailableError',
      ];
      expect(
        ours.every((error) => passing.includes(error)),
        name,
      ).toBe(true);
      expect(retried).not.toContain('States.ALL');
      expect(retried).not.toContain('States.TaskFailed');
    }
  });

  it('retries what DynamoDB says while it is busy, and S3 where files are written', () => {
    for (const [name, { Retry = [] }] of tasks) {
      const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
      expect(retried, name).toEqual(expect.arrayContaining(DYNAMODB_IS_BUSY));
      if (usesFiles(stepOf(name))) expect(retried, name).toEqual(expect.arrayContaining(S3_IS_BUSY));
    }
  });

  it('says which workflow a step’s event belongs to, because leavers go first where a limit is contended', () => {
    const said = states.flatMap(([, { Type, ItemSelector, Parameters }]) => {
      if (ItemSelector !== undefined) return [ItemSelector.workflow];
      return Type === 'Pass' && Parameters !== undefined ? [Parameters.workflow] : [];
    });
    expect(said.length).toBeGreaterThan(0);
    for (const workflow of said) expect(workflow).toBe(machine);
  });

  it('tells every step of an app’s chain whether a redrive goes on with it, and what was looked at before', () => {
    const maps = states.filter(([, { Type }]) => Type === 'Map');
    const inMaps = maps.flatMap(([, { ItemProcessor }]) => allStates(ItemProcessor?.States ?? {}));
    const ofApps = inMaps.filter(([name, { Type }]) => Type === 'Task' && !name.startsWith('Workflow'));
    const tells = (parameters: State['Parameters']) =>
      parameters?.['Payload.$'] === INPUT_AND_COUNTS['Payload.$'] ||
      ['RedriveCount.$', 'redrives.$'].every((field) => field in (parameters?.Payload ?? {}));
    if (!isWorkflow(machine)) return;
    expect(ofApps.length).toBeGreaterThan(4);
    expect(ofApps.filter(([, { Parameters }]) => !tells(Parameters)).map(([name]) => name)).toEqual([]);
    for (const [name, { ItemSelector }] of maps)
      expect(ItemSelector?.['redrives.$'], name).toMatch(/^\$\.(recorded\.)?redrives$/);
  });

  it('gives no step more of the context than single facts, as the run’s whole input is part of it', () => {
    expect(stateMachineText(machine)).not.toMatch(/\$\$(?!\.\w+\.\w)|\$\$\.Execution\.Input/);
  });

  const isAboutOneApp = states.every(([, { Type }]) => Type !== 'Map');
  it.skipIf(isAboutOneApp)('catches every error of every step in an app, as it stops no other', () => {
    const isOfNoApp = (name: string) => /^(Workflow|Reconciliation)/.test(name);
    const appTasks = tasks.filter(([name, { Catch }]) => !isOfNoApp(name) && Catch === undefined);
    // A Parallel catches for its branches.
    const caughtByParallel = states.flatMap(([, { Branches = [], Catch }]) =>
      Catch === undefined ? [] : Branches.flatMap(({ States }) => Object.keys(States)),
    );
    expect(appTasks.map(([name]) => name).filter((name) => !caughtByParallel.includes(name))).toEqual([]);
  });
});

it('tells a step how often the run was redriven and the state retried, beside the state’s whole input', async () => {
  const invoked: unknown[] = [];
  const Find = { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', Parameters: INPUT_AND_COUNTS };
  const machine = new StateMachine(
    { StartAt: 'Find', States: { Find: { ...Find, ResultPath: null, End: true } } } as StateMachineDefinition,
    { validationOptions: { noValidate: true } },
  );
  const input = { app: 'drift', redrives: 0 };
  const { result } = machine.run(input, {
    overrides: { taskResourceLocalHandlers: { Find: async (call) => invoked.push(call) } },
    context: { Execution: { Input: { secret: true }, RedriveCount: 3 }, State: { RetryCount: 2 } },
  });
  expect(await result).toEqual(input);
  expect(invoked).toEqual([{ Payload: { ...input, RedriveCount: 3, RetryCount: 2 } }]);
});

// EventBridge invokes the one to start a run, Secrets Manager the other to rotate a password: no run has them as a state.
const OF_NO_RUN = ['WorkflowStart', 'DriftwoodRotatePassword'].map(stepFile);

it('has every step file in a state machine, and no other file that exports a handler', async () => {
  const named = new Set([
    ...STATE_MACHINES.flatMap((machine) => stepNames(loadStateMachine(machine))).map(stepFile),
    ...OF_NO_RUN,
  ]);
  const functions = new URL('../functions/', import.meta.url);
  for (const folder of [...APPS, 'workflow', 'reconciliation', 'compliance', 'training', 'contacts']) {
    for (const file of readdirSync(new URL(`${folder}/`, functions)).filter((name) => name.endsWith('.ts'))) {
      const path = new URL(`${folder}/${file}`, functions).pathname;
      const hasHandler = 'handler' in (await import(path));
      expect(
        hasHandler,
        `${folder}/${file} is a step without a state, or a state's file without a handler`,
      ).toBe(named.has(path));
    }
  }
});

it('passes on all that an outcome says', () => {
  const fields = Object.keys(Outcome.shape).map((field) => [`${field}.$`, `$.Payload.${field}`]);
  expect(OUTCOME).toEqual(Object.fromEntries(fields));
});
