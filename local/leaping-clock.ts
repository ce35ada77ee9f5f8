/** A clock that goes on as it should, and leaps where something waits. */
export type LeapingClock = {
  /** The time in epoch milliseconds. */
  now: () => number;
  /** Goes to a later moment; an earlier one changes nothing. */
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
