import { currentDeadline } from '../shared/deadline.ts';
import { VendorDailyLimitError, VendorRateLimitedError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';

// What a step needs after a wait: the request at its longest, and one that reads back.
const RESERVED_MS = 20_000;
// How long to be patient where no step says when it ends.
const DEFAULT_PATIENCE_MS = 90_000;
// Where the vendor does not say how long. Where that is not known either, the limiter knows better.
const DEFAULT_WAIT_MS = 1_000;
// The shortest wait after the first refusal; each further one in a row doubles it, whatever the vendor says.
const SHORTEST_WAIT_MS = 100;

/**
 * Asks until no limit refuses any more: a refusal means that nothing was applied. It waits in this process as long as
 * the step's time allows, because a new attempt of the step would begin again, and might be refused again before it
 * comes as far as this one.
 *
 * @throws what `ask` throws; VendorRateLimitedError and VendorDailyLimitError when the wait would be too long.
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  { sleep, now }: { sleep: Sleep; now: () => number },
): Promise<T> {
  const startedAt = now();
  const patienceMs = Math.min(currentDeadline() - RESERVED_MS - startedAt, longestWithoutDeadline());
  let waitedMs = 0;
  for (let refusals = 0; ; refusals += 1) {
    try {
      return await ask();
    } catch (error) {
      const waitMs = waitAfter(error, refusals);
      // The sum counts too: a clock may stand still.
      const leftMs = patienceMs - Math.max(waitedMs, now() - startedAt);
      if (waitMs === null || waitMs > leftMs) throw error;
      await sleep(waitMs);
      waitedMs += waitMs;
    }
  }
}

function longestWithoutDeadline(): number {
  return currentDeadline() === Number.POSITIVE_INFINITY ? DEFAULT_PATIENCE_MS : Number.POSITIVE_INFINITY;
}

/** Null for an error that is no limit's. */
function waitAfter(error: unknown, refusals: number): number | null {
  const isLimit = error instanceof VendorRateLimitedError || error instanceof VendorDailyLimitError;
  if (!isLimit) return null;
  return Math.max(error.retryAfterMs ?? DEFAULT_WAIT_MS, SHORTEST_WAIT_MS * 2 ** refusals);
}
