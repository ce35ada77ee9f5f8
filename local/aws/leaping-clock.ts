import type { StateMachineDefinition } from 'aws-local-stepfunctions';
import * as z from 'zod/mini';

/** A clock that runs as usual, and leaps forward instead of letting something wait. */
export type LeapingClock = {
  /** The time in epoch milliseconds. */
  now: () => number;
  /** Moves the clock to a later moment; an earlier one changes nothing. */
  leapTo: (moment: number) => void;
};

export function leapingClock(): LeapingClock {
  let leapt = 0;
  const now = () => Date.now() + leapt;
  return {
    now,
    leapTo: (moment) => {
      leapt += Math.max(0, moment - now());
    },
  };
}

const Wait = z.object({
  Type: z.literal('Wait'),
  Next: z.string(),
  Seconds: z.optional(z.number()),
  SecondsPath: z.optional(z.string()),
  TimestampPath: z.optional(z.string()),
});

/** The same machine with a task instead of each Wait; `leapHandlers` gives the handlers of these tasks. */
export function withLeaps(definition: StateMachineDefinition): StateMachineDefinition {
  const leap = (state: unknown) => {
    const wait = z.safeParse(Wait, state).data;
    if (wait === undefined) return state;
    const { Next, Seconds, SecondsPath, TimestampPath } = wait;
    const Parameters = JSON.parse(
      JSON.stringify({ seconds: Seconds, 'seconds.$': SecondsPath, 'moment.$': TimestampPath }),
    );
    return { Type: 'Task', Resource: 'leap', Parameters, ResultPath: null, Next };
  };
  const states = Object.entries(definition.States).map(([name, state]) => [name, leap(state)]);
  return JSON.parse(JSON.stringify({ ...definition, States: Object.fromEntries(states) }));
}

const Leap = z.object({ seconds: z.optional(z.number()), moment: z.optional(z.string()) });

/** The handlers of the tasks that `withLeaps` has put in, by state. */
export function leapHandlers({ States }: StateMachineDefinition, clock: LeapingClock) {
  const leap = async (wait: unknown) => {
    const { seconds = 0, moment } = z.parse(Leap, wait);
    clock.leapTo(moment === undefined ? clock.now() + seconds * 1000 : Date.parse(moment));
    return null;
  };
  const names = Object.entries(States).filter(
    ([, state]) => 'Resource' in state && state.Resource === 'leap',
  );
  return Object.fromEntries(names.map(([name]) => [name, leap]));
}
