import type { StateMachineName } from '../../state-machines/load.ts';

/** The ARN of a state machine in the embedded runtime. */
export function stateMachineArn(machine: StateMachineName): string {
  return `arn:aws:states:local:000000000000:stateMachine:tenure-${machine}`;
}

/** The ARN of one of its executions. */
export function executionArn(machine: StateMachineName, name: string): string {
  return `${stateMachineArn(machine).replace(':stateMachine:', ':execution:')}:${name}`;
}
