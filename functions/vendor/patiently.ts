import { VendorRateLimitedError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';

const DEFAULT_WAIT_MS = 10_000;
const LONGEST_WAIT_MS = 60_000;
const WAITS_IN_A_ROW = 3;

/**
 * Calls `ask`, and waits in this process while a limit is used up. It is for work that nobody waits for: with the state
 * machine's retries, each wait would invoke the Lambda again.
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
