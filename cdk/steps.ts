import { Construct } from 'constructs';
import * as z from 'zod/mini';
import {
  loadStateMachine,
  STATE_MACHINES,
  type StateMachineName,
  stepNames,
} from '../state-machines/load.ts';
import { Lambda, type LambdaDefaults } from './lambda.ts';

/** The names of all steps, from the placeholders in the state machines. */
export const STEP_NAMES: readonly string[] = [
  ...new Set(STATE_MACHINES.flatMap((machine) => stepNames(loadStateMachine(machine)))),
];

// A Lambda that is still busy when its state gives up would write beside the next attempt.
const SECONDS_BELOW_STATE = 5;

/** One Lambda per step. */
export class Steps extends Construct {
  readonly lambdas: ReadonlyMap<string, Lambda>;

  constructor(scope: Construct, id: string, defaults: LambdaDefaults) {
    super(scope, id);
    const lambda = (name: string) =>
      new Lambda(this, name, {
        ...defaults,
        timeoutSeconds: stateTimeoutSeconds(name) - SECONDS_BELOW_STATE,
      });
    this.lambdas = new Map(STEP_NAMES.map((name) => [name, lambda(name)]));
  }

  /** @throws Error when there is no step of that name. */
  lambda(name: string): Lambda {
    const lambda = this.lambdas.get(name);
    if (lambda === undefined) throw new Error(`No state machine has a step ${name}.`);
    return lambda;
  }

  /** Placeholder → ARN, for the definition of a state machine. */
  arns(machine: StateMachineName): Record<string, string> {
    const names = stepNames(loadStateMachine(machine));
    return Object.fromEntries(names.map((name) => [name, this.lambda(name).fn.functionArn]));
  }
}

const Task = z.object({
  Type: z.literal('Task'),
  Parameters: z.object({ FunctionName: z.string() }),
  TimeoutSeconds: z.int(),
});

/** The shortest time limit of the states that invoke a step, in seconds. */
function stateTimeoutSeconds(name: string): number {
  const tasks = STATE_MACHINES.flatMap((machine) => tasksWithin(loadStateMachine(machine)));
  const limits = tasks
    .filter(({ Parameters }) => Parameters.FunctionName === `\${${name}}`)
    .map(({ TimeoutSeconds }) => TimeoutSeconds);
  return Math.min(...limits);
}

function tasksWithin(value: unknown): z.infer<typeof Task>[] {
  const task = z.safeParse(Task, value);
  if (task.success) return [task.data];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tasksWithin) : [];
}
