import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  loadStateMachine,
  STATE_MACHINES,
  type StateMachineName,
  stepNames,
} from '../state-machines/load.ts';
import { stepSeconds } from '../state-machines/time-limits.ts';
import { Lambda, type LambdaDefaults, logGroup } from './lambda.ts';

/** The names of all steps, from the placeholders in the state machines. */
export const STEP_NAMES: readonly string[] = [
  ...new Set(STATE_MACHINES.flatMap((machine) => stepNames(loadStateMachine(machine)))),
];

/** One Lambda per step. */
export class Steps extends Construct {
  readonly lambdas: ReadonlyMap<string, Lambda>;
  readonly logGroup: LogGroup;

  constructor(scope: Construct, id: string, defaults: LambdaDefaults) {
    super(scope, id);
    this.logGroup = logGroup(this, `/tenure/${defaults.prefix}/steps`);
    const lambda = (name: string) =>
      new Lambda(this, name, {
        ...defaults,
        timeoutSeconds: stepSeconds(name),
        logGroup: this.logGroup,
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
