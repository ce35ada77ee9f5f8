import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import * as z from 'zod/mini';
import type { Definition, State } from '../../state-machines/definition.ts';
import { loadStateMachine, type StateMachineName, statesByStep } from '../../state-machines/load.ts';
import { withLeaps } from './leaping-clock.ts';

const WaitForToken = z.object({ Resource: z.string().check(z.endsWith('.waitForTaskToken')) });

/** The longest that a timer of this process can be. */
export const LONGEST_TIMER_SECONDS = 2_147_483;

function prepareMachine(machine: StateMachineName, delayScale: number, leaps: boolean) {
  const loaded = loadStateMachine(machine);
  const scaled = withScaledDelays(withoutTokenTimeouts(loaded), delayScale);
  const definition = leaps ? withLeaps(scaled) : scaled;
  return {
    ...{ stateMachine: machineFrom(definition.StartAt, definition), definition },
    steps: statesByStep(loaded),
  };
}

// Engines of one process share them: a run changes nothing in its state machine.
const prepared = new Map<string, ReturnType<typeof prepareMachine>>();

/**
 * A state machine as it runs here, and its states that invoke a Lambda.
 *
 * @param delayScale what the delays of Wait and Retry are multiplied by.
 * @param leaps whether a clock leaps forward where a state waits.
 */
export function preparedMachine(machine: StateMachineName, delayScale: number, leaps: boolean) {
  const key = JSON.stringify([machine, delayScale, leaps]);
  const known = prepared.get(key) ?? prepareMachine(machine, delayScale, leaps);
  prepared.set(key, known);
  return known;
}

/** A state machine that begins at one of its states. */
export function machineFrom(state: string, definition: StateMachineDefinition): StateMachine {
  // The validator refuses scaled delays, which are fractions of a second; the tests validate the originals.
  return new StateMachine({ ...definition, StartAt: state }, { validationOptions: { noValidate: true } });
}

/** Whether a state goes on when somebody uses its token. */
export function isWaitForToken(state: unknown): boolean {
  return z.safeParse(WaitForToken, state).success;
}

/** The handler of a state that waits for a token keeps its time limit itself: the engine's timer cannot be as long. */
function withoutTokenTimeouts(definition: Definition): Definition {
  const patient = ({ TimeoutSecondsPath: _, ...state }: State) => ({
    ...state,
    TimeoutSeconds: LONGEST_TIMER_SECONDS,
  });
  const states = Object.entries(definition.States).map(([name, state]) => [
    name,
    isWaitForToken(state) ? patient(state) : state,
  ]);
  return { ...definition, States: Object.fromEntries(states) };
}

function withScaledDelays(definition: Definition, scale: number): StateMachineDefinition {
  const isDelay = (key: string) => ['IntervalSeconds', 'MaxDelaySeconds', 'Seconds'].includes(key);
  return JSON.parse(
    JSON.stringify(definition, (key, value) => (isDelay(key) ? Number(value) * scale : value))
      // The engine has another StartTime in each iteration of a Map.
      .replaceAll('$$.Execution.StartTime', () => '$$.Execution.StartedAt'),
  );
}
