import { VendorRateLimitedError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';

const DEFAULT_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 60_000;
const WAITS_IN_A_ROW = 3;

/**
 * Asks, and waits here while a limit is used up, for work that nobody waits for: the state machine's retries would
 * invoke a Lambda for each of the waits.
 *
 * @throws what `ask` throws; VendorRateLimitedError after three waits in a row.
 */
export async function patiently<T>(ask: () => Promise<T>, sleep: Sleep): Promise<T> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await ask();
    } catch (error) {
      const isLimit = error instanceof VendorRateLimitedError && waits < WAITS_IN_A_ROW;
      if (!isLimit) throw error;
      await sleep(Math.min(error.retryAfterMs ?? DEFAULT_WAIT_MS, LONGEST_WAIT_MS));
    }
  }
}
