import type { App } from '../shared/apps.ts';
import { VendorRateLimitedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';

/**
 * Gives every record that the leaver owns to the new owner. All ids are collected before the first write,
 * because a page of "owned by the leaver" shifts with every record that leaves it. Run again, it moves what is left.
 *
 * @param records.what the records' name for reports, in the plural.
 * @param records.listOwned the ids of the records the leaver owns now.
 * @param records.move gives a record to the new owner; null when the record is gone by now.
 * @param records.findNewOwner the new owner's id; asked only when there is something to move.
 * @throws whatever the three functions throw, with the counts added to the message;
 *   VendorUnconfirmedError when records are still the leaver's afterwards.
 */
export async function reassignRecords<Id extends string | number>(records: {
  vendor: App;
  operation: string;
  what: string;
  listOwned: () => Promise<readonly Id[]>;
  findNewOwner: () => Promise<number>;
  move: (id: Id, newOwnerId: number) => Promise<unknown>;
}): Promise<StepResult> {
  const owned = await records.listOwned();
  if (owned.length === 0) return { status: 'already_done' };
  const newOwnerId = await records.findNewOwner();
  let moved = 0;
  try {
    for (const id of owned) {
      const answer = await twiceIfLimited(() => records.move(id, newOwnerId));
      if (answer !== null) moved += 1;
    }
  } catch (error) {
    throw withCounts(
      error,
      `${moved} of ${owned.length} ${records.what} have been moved, the others have not.`,
    );
  }
  const remaining = (await records.listOwned()).length;
  if (remaining > 0) {
    const subject = `${remaining} of ${owned.length} ${records.what}`;
    throw new VendorUnconfirmedError(records.vendor, records.operation, subject);
  }
  return { status: 'changed', changes: [{ what: `${records.what} reassigned`, moved, remaining }] };
}

// The limiter waits for as long as the vendor asks; going on here keeps the count of what was moved in one place.
async function twiceIfLimited(write: () => Promise<unknown>): Promise<unknown> {
  try {
    return await write();
  } catch (error) {
    // Without a status nothing was sent: the limiter has given up already.
    if (!(error instanceof VendorRateLimitedError) || error.call.status === undefined) throw error;
    return write();
  }
}

function withCounts(error: unknown, counts: string): unknown {
  if (error instanceof Error) error.message = `${error.message} ${counts}`;
  return error;
}
