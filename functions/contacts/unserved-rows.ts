import type { SourceRow } from '../files/source-row.ts';
import { VendorResponseError, VendorUnavailableError } from '../shared/errors.ts';
import type { Sleep } from '../shared/sleep.ts';
import type { ContactResult } from '../tables/contact-result.ts';
import { type ContactSync, failedRow, syncRow } from './sync-contact.ts';

/** A row and its result. */
export type Tried = {
  row: SourceRow;
  result: ContactResult;
  /** Why Drift did not serve the row: it may be the row, or Drift may be down. Null when Drift served it. */
  error: VendorUnavailableError | VendorResponseError | null;
};

// Short, because the state machine waits when Drift is down.
const RETRY_DELAYS_MS = [0, 500, 1_000];

// If Drift cannot take one row in a hundred, three such rows follow each other once in a million rows. Nine calls in a
// row that fail by chance are rarer still.
const MOST_UNSERVED = 3;

/** Syncs a row, three times if Drift does not serve it. @throws the other errors of `syncRow` */
export async function tryRow(
  sync: ContactSync,
  row: SourceRow,
  sleep: Sleep,
  delaysMs = RETRY_DELAYS_MS,
): Promise<Tried> {
  let error: Tried['error'] = null;
  for (const delayMs of delaysMs) {
    if (delayMs > 0) await sleep(delayMs);
    try {
      return { row, result: await syncRow(sync, row), error: null };
    } catch (thrown) {
      const isUnserved = thrown instanceof VendorUnavailableError || thrown instanceof VendorResponseError;
      if (!isUnserved) throw thrown;
      error = thrown;
    }
  }
  const result = failedRow(row, `Drift served other rows but not this one. ${error?.message}`);
  return { row, result, error };
}

/**
 * Whether the results of these rows, which follow each other, are final: Drift served all of them, or it served the
 * last one. A row that failed without a call says nothing about Drift.
 *
 * @throws VendorUnavailableError or VendorResponseError when Drift is down.
 */
export function areClear(rows: readonly Tried[]): boolean {
  const errors = rows.map(({ error }) => error).filter((error) => error !== null);
  if (errors.length >= MOST_UNSERVED) throw errors.at(-1);
  return errors.length === 0 || rows.at(-1)?.result.outcome !== 'failed';
}

/** Tries the rows that Drift did not serve once more, because it serves others now. @throws as `tryRow` */
export async function tryUnservedAgain(
  sync: ContactSync,
  rows: readonly Tried[],
  sleep: Sleep,
): Promise<Tried[]> {
  const tried: Tried[] = [];
  for (const one of rows) tried.push(one.error === null ? one : await tryRow(sync, one.row, sleep, [0]));
  return tried;
}
