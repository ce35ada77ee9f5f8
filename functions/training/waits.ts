const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The beginning and the deadline of a follow-up, and the current time, in epoch milliseconds. */
export type Times = { startedAt: number; deadline: number; now: number };

/**
 * How long to wait before the next check, in whole seconds; 0 at the deadline. It is as long as the follow-up has
 * lasted so far, so it doubles each time: at least an hour, at most a day, and never past the deadline. When the deadline
 * is more than a month away, it may be a thirtieth of the time left instead of a day, because an execution's history has
 * room for a limited number of rounds.
 */
export function waitSeconds({ startedAt, deadline, now }: Times): number {
  const left = deadline - now;
  if (left <= 0) return 0;
  const longest = Math.max(DAY_MS, left / 30);
  return Math.ceil(Math.min(Math.max(HOUR_MS, now - startedAt), longest, left) / 1000);
}
