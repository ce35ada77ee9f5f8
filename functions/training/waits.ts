const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Epoch milliseconds of a follow-up: its beginning, its deadline, and the time it is. */
export type Times = { startedAt: number; deadline: number; now: number };

/**
 * How long to wait before asking again, in whole seconds: as long as has passed, which doubles, at least an hour and
 * at most a day; never past the deadline. Where the deadline is more than a month away, a thirtieth of the time that is
 * left is longer than a day; so the number of rounds is bounded, as an execution's history is. 0 at the deadline.
 */
export function waitSeconds({ startedAt, deadline, now }: Times): number {
  const left = deadline - now;
  if (left <= 0) return 0;
  const longest = Math.max(DAY_MS, left / 30);
  return Math.ceil(Math.min(Math.max(HOUR_MS, now - startedAt), longest, left) / 1000);
}
