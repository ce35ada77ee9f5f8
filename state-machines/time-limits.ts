import * as z from 'zod/mini';
import { loadStateMachine, STATE_MACHINES } from './load.ts';

// A Lambda that is still busy when its state gives up would write beside the next attempt.
const SECONDS_BELOW_STATE = 5;

// The longest that Lambda allows: https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html
const MOST_SECONDS = 900;

const Task = z.object({
  Type: z.literal('Task'),
  Parameters: z.object({ FunctionName: z.string() }),
  /** Missing in a state that waits for a person, whose Lambda is as quick as the others. */
  TimeoutSeconds: z._default(z.int(), 60),
});

const TASKS = STATE_MACHINES.flatMap((machine) => tasksWithin(loadStateMachine(machine)));

/** How long a step's Lambda may run, in seconds: a little less than the shortest of its states, if any, waits for it. */
export function stepSeconds(name: string): number {
  const limits = TASKS.filter(({ Parameters }) => Parameters.FunctionName === `\${${name}}`).map(
    ({ TimeoutSeconds }) => TimeoutSeconds,
  );
  return Math.min(MOST_SECONDS, ...limits) - SECONDS_BELOW_STATE;
}

function tasksWithin(value: unknown): z.infer<typeof Task>[] {
  const task = z.safeParse(Task, value);
  if (task.success) return [task.data];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(tasksWithin) : [];
}
