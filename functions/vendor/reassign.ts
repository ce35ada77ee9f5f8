import type { App } from '../shared/apps.ts';
import { VendorRateLimitedError, VendorUnconfirmedError } from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';

/**
 * Gives every record that the leaver owns to the new owner. All ids are read before the first write, because each
 * record that is moved shifts the pages of the leaver's records. Run again, it moves the records that are left.
 *
 * @param records.what what reports call the records, in the plural.
 * @param records.listOwned reads the ids of the records that the leaver owns now.
 * @param records.move gives a record to the new owner; returns null when the record is gone.
 * @param records.findNewOwner reads the new owner's id; called only when there is something to move.
 * @throws what the three functions throw, with the counts added to the message;
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

// The limiter waits as long as the vendor asks. Trying again here, rather than in a new invocation, keeps the counts.
async function twiceIfLimited(write: () => Promise<unknown>): Promise<unknown> {
  try {
    return await write();
  } catch (error) {
    // An error without a status comes from the limiter, which has given up: nothing was sent.
    if (!(error instanceof VendorRateLimitedError) || error.call.status === undefined) throw error;
    return write();
  }
}

function withCounts(error: unknown, counts: string): unknown {
  if (error instanceof Error) error.message = `${error.message} ${counts}`;
  return error;
}
