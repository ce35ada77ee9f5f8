import { isForGood, VendorResponseError, VendorUnavailableError } from '../shared/errors.ts';
import { PlannedWriteError } from '../shared/planning.ts';
import type { Sleep } from '../shared/sleep.ts';

// A write may show late: some vendors read from a replica or from another surface than the one written to.
export const CONFIRM_DELAYS_MS = [0, 1000, 2000];

/**
 * Brings a vendor's record into a state: reads, returns if it is in that state, else writes and reads back. Running it
 * twice does no more than running it once. A change that was refused, and a write whose answer was lost or unreadable,
 * count as done only when a read shows them.
 *
 * @param goal.isEnough says of a state that is not the one wanted that a person can do the rest: an app may keep a text in
 *   its own way. The caller has to say so.
 * @param goal.unconfirmed makes the error for a write that was accepted and does not show.
 * @throws what `read` and `write` throw; `unconfirmed()`; PlannedWriteError where it is only planned, and not known how it
 *   goes on.
 */
export async function ensure<State>(goal: {
  read: () => Promise<State>;
  isDone: (state: State) => boolean;
  isEnough?: (state: State) => boolean;
  write: (state: State) => Promise<unknown>;
  unconfirmed: () => Error;
  sleep: Sleep;
}): Promise<{ status: 'changed' | 'already_done'; state: State }> {
  const before = await goal.read();
  if (goal.isDone(before)) return { status: 'already_done', state: before };
  try {
    await writeOrFindWritten(goal, before);
  } catch (error) {
    // What comes after a write that is only planned is known where nothing else than the state itself is looked at.
    const isKnown = error instanceof PlannedWriteError && before !== null && goal.isEnough === undefined;
    if (isKnown) return { status: 'changed', state: before };
    throw error;
  }
  let last: Look<State> = { state: before };
  for (const delayMs of CONFIRM_DELAYS_MS) {
    if (delayMs > 0) await goal.sleep(delayMs);
    last = await look(goal.read);
    if ('state' in last && goal.isDone(last.state)) return { status: 'changed', state: last.state };
  }
  if ('error' in last) throw last.error;
  if (goal.isEnough?.(last.state)) return { status: 'changed', state: last.state };
  throw goal.unconfirmed();
}

type Look<State> = { state: State } | { error: unknown };

/** A read after the write; the next attempt of the step would find all done, and tell of nothing. */
async function look<State>(read: () => Promise<State>): Promise<Look<State>> {
  try {
    return { state: await read() };
  } catch (error) {
    if (!mayHaveBeenApplied(error) && !isForGood(error)) throw error;
    return { error };
  }
}

/** A reader for `ensure` whose first answer is what is known already, which saves a call. */
export function startingWith<State>(known: State, read: () => Promise<State>): () => Promise<State> {
  let isFirst = true;
  return async () => {
    if (!isFirst) return read();
    isFirst = false;
    return known;
  };
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
    // A gateway may refuse what has been applied. Who may be adopted that could not be created, the caller knows.
    const isRefused = before !== null && isForGood(error);
    if (!mayHaveBeenApplied(error) && !isRefused) throw error;
    // Only a read that shows the write turns the error into success; when the read fails too, the first error counts.
    const after = await goal.read().catch(() => undefined);
    if (after === undefined || !goal.isDone(after)) throw error;
  }
}

/** Whether a write that failed with this error may have been applied. */
export function mayHaveBeenApplied(error: unknown): boolean {
  return error instanceof VendorUnavailableError || error instanceof VendorResponseError;
}
