import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { HR_LAMBDAS } from '../../../cdk/hr-sources.ts';
import { PAGE_LAMBDA } from '../../../cdk/page.ts';
import { NEEDS, needsOf } from '../../../cdk/step-needs.ts';
import { LAMBDA_NAMES } from '../../../cdk/tenure-stack.ts';
import { WEBHOOK_LAMBDAS } from '../../../cdk/webhooks.ts';
import { loadStateMachine, STATE_MACHINES, stepFolder } from '../../../state-machines/load.ts';
import { deployment, other, rightsOf, STEPS, WITHOUT_PAGE } from './deployments.ts';

const { all, lambda, only, read } = deployment;

const lambdas = WITHOUT_PAGE.map((name) => ({
  name,
  properties: lambda(name),
}));

/** Steps share a log group, and webhooks; whatever else there is has one of its own. */
function logOf(name: string): string {
  if (name === 'ApiErase' || name === 'ApiSettings') return 'ApiHandler';
  if (STEPS.includes(name)) return 'steps';
  if (HR_LAMBDAS.includes(name)) return 'hr-sources';
  return WEBHOOK_LAMBDAS.includes(name) ? 'webhooks' : name;
}

describe('the Lambdas', () => {
  it('are the steps of the state machines, the start of a run, the API, its plans, the webhooks, the rotation and the page, and no others', () => {
    expect(all('AWS::Lambda::Function').map(([, { Properties }]) => Properties.FunctionName)).toEqual(
      WITHOUT_PAGE.map((name) => `tenure-dev-${name}`),
    );
    expect(LAMBDA_NAMES).toEqual([
      ...STEPS,
      'WorkflowStart',
      'ApiHandler',
      'ApiPlan',
      'ApiErase',
      'ApiSettings',
      ...WEBHOOK_LAMBDAS,
      ...HR_LAMBDAS,
      'DriftwoodRotatePassword',
      PAGE_LAMBDA,
    ]);
  });

  it('all have an entry in NEEDS or are steps in an app, and no entry is of a Lambda that is gone', () => {
    for (const name of LAMBDA_NAMES) expect(() => needsOf(name), name).not.toThrow();
    expect(LAMBDA_NAMES).toEqual(expect.arrayContaining(Object.keys(NEEDS)));
  });

  it('say where to add what a Lambda without an entry needs', () => {
    expect(() => needsOf('WorkflowCelebrate')).toThrow(
      'Say in NEEDS in cdk/step-needs.ts what WorkflowCelebrate needs',
    );
  });

  it.each(lambdas)('$name runs on Node 24 on arm64 and is traced', ({ properties }) => {
    expect(properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      TracingConfig: { Mode: 'Active' },
      MemorySize: expect.any(Number),
      Timeout: expect.any(Number),
    });
  });

  it.each(lambdas)('$name writes to the log group of its kind, which forgets', ({ name, properties }) => {
    const LoggingConfig = z.object({ LogGroup: z.unknown() });
    const group = read(LoggingConfig.parse(properties.LoggingConfig).LogGroup);
    const logGroupName = `/tenure/tenure-dev/${logOf(name)}`;
    expect(group).toBe(`LogGroup ${logGroupName}`);
    const { RetentionInDays } = only('AWS::Logs::LogGroup', { LogGroupName: logGroupName });
    expect(RetentionInDays).toBe(90);
    const logRights = rightsOf(name).filter(({ Action }) =>
      Action.some((action) => action.startsWith('logs:')),
    );
    expect(logRights).toMatchObject([
      { Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: [group] },
    ]);
  });

  it.each(lambdas)(
    '$name has a role of its own, for Lambda only, without managed policies',
    ({ properties }) => {
      const role = read(properties.Role);
      expect(lambdas.filter((other) => read(other.properties.Role) === role)).toHaveLength(1);
      const found = all('AWS::IAM::Role').find(([id]) => read({ Ref: id }) === role)?.[1].Properties;
      expect(found?.ManagedPolicyArns).toBeUndefined();
      // A policy beside each role would be as many resources again.
      expect(found?.Policies).toHaveLength(1);
      expect(JSON.stringify(found)).toContain('"Principal":{"Service":"lambda.amazonaws.com"}');
    },
  );

  it.each(STEPS)(
    '%s is stopped before its state gives up, so that two attempts never run at once',
    (name) => {
      const { Timeout } = lambda(name);
      const states = STATE_MACHINES.flatMap((machine) => timeLimits(loadStateMachine(machine), name));
      expect(states.length).toBeGreaterThan(0);
      for (const limit of states) expect(Timeout).toBeLessThan(limit);
      expect(Timeout).toBeGreaterThanOrEqual(55);
    },
  );

  it('gives a hand-over the time that Lambda has', () => {
    const { Timeout } = lambda('PipedriveReassignDeals');
    expect(Timeout).toBe(895);
  });
});

const LambdaEnvironment = z.object({
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});
// A state that waits for a person has no limit of this kind, and its Lambda is as quick as the others.
const TaskState = z.object({
  TimeoutSeconds: z._default(z.int(), 60),
  Parameters: z.object({ FunctionName: z.string() }),
});

function timeLimits(value: unknown, step: string): number[] {
  const task = z.safeParse(TaskState, value).data;
  if (task !== undefined) return task.Parameters.FunctionName === `\${${step}}` ? [task.TimeoutSeconds] : [];
  return typeof value === 'object' && value !== null
    ? Object.values(value).flatMap((inner) => timeLimits(inner, step))
    : [];
}

it("gives a replaced base URL to its own vendor's Lambdas only", () => {
  const replaced = other
    .all('AWS::Lambda::Function')
    .filter(([, { Properties }]) => JSON.stringify(Properties).includes('drift.northlight.example'))
    .map(([, { Properties }]) => String(Properties.FunctionName).replace('tenure-prod-', ''));
  expect(replaced).toEqual([
    ...STEPS.filter((name) => stepFolder(name) === 'drift'),
    'ApiPlan',
    'ApiSettings',
    'WebhooksProcessDrift',
  ]);
});

it.each([
  ['rest', deployment],
  ['scim', other],
])("tells Pipedrive's Lambdas, and no others, that the mode is %s", (mode, { all: allOf }) => {
  const modes = allOf('AWS::Lambda::Function').flatMap(([, { Properties }]) => {
    const { Environment } = z.parse(LambdaEnvironment, Properties);
    const told = Environment.Variables.PIPEDRIVE_MODE;
    const name = String(Properties.FunctionName).replace(/^tenure-(dev|prod)-/, '');
    return told === undefined ? [] : [[name, told]];
  });
  const names = [
    ...STEPS.filter((name) => stepFolder(name) === 'pipedrive'),
    'ApiPlan',
    'ApiSettings',
    'WebhooksProcessPipedrive',
  ];
  expect(modes).toEqual(names.map((name) => [name, mode]));
});

it("tells Pipedrive's Lambdas, and no others, the plan and the seats", () => {
  const told = other.all('AWS::Lambda::Function').flatMap(([, { Properties }]) => {
    const { Environment } = z.parse(LambdaEnvironment, Properties);
    const { PIPEDRIVE_PLAN, PIPEDRIVE_SEATS } = Environment.Variables;
    const name = String(Properties.FunctionName).replace('tenure-prod-', '');
    return PIPEDRIVE_PLAN === undefined ? [] : [[name, PIPEDRIVE_PLAN, PIPEDRIVE_SEATS]];
  });
  const names = [
    ...STEPS.filter((name) => stepFolder(name) === 'pipedrive'),
    'ApiPlan',
    'ApiSettings',
    'WebhooksProcessPipedrive',
  ];
  expect(told).toEqual(names.map((name) => [name, 'premium', '12']));
});
