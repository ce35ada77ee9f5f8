import { VendorResponseError, VendorUnavailableError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';

// Some vendors read from a replica or from another surface than the one written to.
export const CONFIRM_DELAYS_MS = [0, 1000, 2000];

/**
 * Brings a vendor's record into a state, so that running it twice is the same as running it once: reads,
 * returns when it is already so, writes, and reads back. A write whose answer was lost or unreadable counts as
 * done only when a read shows it.
 *
 * @param goal.unconfirmed the error for a write that was accepted and yet does not show.
 * @throws whatever `read` and `write` throw; `unconfirmed()`.
 */
export async function ensure<State>(goal: {
  read: () => Promise<State>;
  isDone: (state: State) => boolean;
  write: (state: State) => Promise<unknown>;
  unconfirmed: () => Error;
  sleep: Sleep;
}): Promise<{ status: 'changed' | 'already_done'; state: State }> {
  const before = await goal.read();
  if (goal.isDone(before)) return { status: 'already_done', state: before };
  await writeOrFindWritten(goal, before);
  for (const delayMs of CONFIRM_DELAYS_MS) {
    if (delayMs > 0) await goal.sleep(delayMs);
    const after = await goal.read();
    if (goal.isDone(after)) return { status: 'changed', state: after };
  }
  throw goal.unconfirmed();
}

async function writeOrFindWritten<State>(
  goal: {
    read: () => Promise<State>;
    isDone: (state: State) => boolean;
    write: (state: State) => Promise<unknown>;
  },
  before: State,
): Promise<void> {
  try {
    await goal.write(before);
  } catch (error) {
    if (!mayHaveBeenApplied(error)) throw error;
    // Only a confirmed state turns the error into success; a read that fails too must not hide the first error.
    const after = await goal.read().catch(() => undefined);
    if (after === undefined || !goal.isDone(after)) throw error;
  }
}

/** Whether a write that failed like this may have happened all the same. */
export function mayHaveBeenApplied(error: unknown): boolean {
  return error instanceof VendorUnavailableError || error instanceof VendorResponseError;
}
