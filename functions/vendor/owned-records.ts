import type { App } from '../shared/apps.ts';
import {
  isForbidden,
  type VendorCall,
  VendorRejectedError,
  VendorResponseError,
  VendorUnavailableError,
} from '../shared/errors.ts';
import { PlannedWriteError } from '../shared/planning.ts';
import type { Sleep } from '../shared/sleep.ts';

/** Some vendors number their records, others name them. */
export type RecordId = number | string;

/**
 * The records of one kind that a leaver owns in an app, and how they get another owner. `readOwner` and `move` get only
 * ids that `listPage` gave.
 */
export type OwnedRecords<Id extends RecordId = number> = {
  vendor: App;
  /** What reports call the records, in the plural. */
  what: string;
  /** The call that lists them, for messages. */
  list: VendorCall;
  /** The position of the first page. */
  first: string;
  /**
   * Reads the ids of the leaver's records on a page; `next` is null at the end. `shown` is all that the page shows,
   * where that is not the leaver's only: a page that comes again is told by it.
   */
  listPage: (
    position: string,
  ) => Promise<{ ids: readonly Id[]; next: string | null; shown?: readonly unknown[] }>;
  /** Reads one record: whose it is now. */
  readOwner(id: Id): Promise<'leaver' | 'other' | 'gone'>;
  /** Reads the new owner's id; called only when there is something to move. */
  findNewOwner: () => Promise<number>;
  /** Gives a record to the new owner; returns null when the record is gone. */
  move(id: Id, newOwnerId: number): Promise<unknown>;
  sleep: Sleep;
};

/** What became of a record; all but `moved` and `gone` say why. */
export type Answer = {
  id: RecordId;
  is: 'moved' | 'gone' | 'refused' | 'unconfirmed';
  reason?: string | undefined;
};

/** Whether a write that was accepted shows. Reads again twice, because it may show late. */
export const SHOWS_LATE_MS = [1000, 2000];

// Where writes hang, more of them would take longer than a Lambda may run.
const MOST_UNSERVED_IN_A_ROW = 12;
const LOOK_AFTER_UNSERVED = 3;

// So that Pipedrive's 40 calls a second are made although an answer and the limiter's table take 300 ms together.
const AT_ONCE = 12;

/** A record that is to be tried again. The error is null where the record was missing, although it had been listed. */
type Unserved = { id: RecordId; error: VendorUnavailableError | VendorResponseError | null };

/**
 * Gives some records to the new owner, a few at a time. A record that the app refuses or does not serve stops no other; one
 * that was not served, or was missing, is written again, twice at most, if it is still the leaver's.
 *
 * @param part.answers gets what became of each record, as soon as that is known.
 * @param part.hasBegun whether an earlier attempt may have moved some: each is looked at before it is written then.
 * @throws what says something about all records, such as a credential that is not valid; VendorUnavailableError or
 *   VendorResponseError when the app serves none.
 */
export async function moveRecords(
  records: OwnedRecords<RecordId>,
  part: { ids: readonly RecordId[]; newOwnerId: number; hasBegun: boolean; answers: Answer[] },
): Promise<void> {
  const { ids, newOwnerId, hasBegun, answers } = part;
  let unserved: Unserved[] = [];
  let inARow = 0;
  const note = async (tried: Answer | Unserved) => {
    if ('is' in tried) answers.push(tried);
    else unserved.push(tried);
    if ('is' in tried || tried.error === null) {
      inARow = 0;
      return;
    }
    inARow += 1;
    // It throws when the app is down. Where it answers, it is these records that it does not serve.
    if (inARow % LOOK_AFTER_UNSERVED === 0) await records.findNewOwner();
    if (inARow >= MOST_UNSERVED_IN_A_ROW) throw tried.error;
  };
  await severalAtOnce(ids, async (id) =>
    note(await tryToMove(records, { id, newOwnerId, looksFirst: hasBegun })),
  );
  for (const delayMs of SHOWS_LATE_MS) {
    if (unserved.length === 0) break;
    await records.sleep(delayMs);
    const again = unserved;
    unserved = [];
    for (const { id } of again) {
      const tried = await tryToMove(records, { id, newOwnerId, looksFirst: true });
      if ('is' in tried) answers.push(tried);
      else unserved.push(tried);
    }
  }
  const [first] = unserved.flatMap(({ error }) => error ?? []);
  // It may be the app that is down rather than the records that are wrong.
  if (first !== undefined && answers.length === 0) throw first;
  for (const { id, error } of unserved)
    answers.push(
      error === null ? { id, is: 'gone' } : { id, is: 'refused', reason: describeStatus(error.call.status) },
    );
}

/** What becomes of a record that was moved when it is read again: `unconfirmed` where it is still the leaver's. */
export async function readBack(
  records: OwnedRecords<RecordId>,
  answers: readonly Answer[],
): Promise<readonly Answer[]> {
  const shown = new Set(answers.filter(({ is }) => is === 'moved').map(({ id }) => id));
  const left = await stillTheLeavers(records, [...shown]);
  return answers.map((answer) => (left.includes(answer.id) ? unconfirmed(answer.id) : answer));
}

/** Those of the records that are the leaver's, also when they are read again. */
export async function stillTheLeavers(
  records: OwnedRecords<RecordId>,
  ids: readonly RecordId[],
): Promise<RecordId[]> {
  let left = await ownedAmong(records, ids);
  for (const delayMs of SHOWS_LATE_MS) {
    if (left.length === 0) break;
    await records.sleep(delayMs);
    left = await ownedAmong(records, left);
  }
  return left;
}

export function unconfirmed(id: RecordId): Answer {
  return { id, is: 'unconfirmed', reason: 'the write was accepted, and reading back still shows the leaver' };
}

/** Does something with each id, a few at a time. After an error no further one is begun. @throws the first error */
async function severalAtOnce(ids: readonly RecordId[], act: (id: RecordId) => Promise<void>): Promise<void> {
  const open = ids.values();
  let failure: { error: unknown } | undefined;
  const work = async () => {
    for (const id of open) {
      if (failure !== undefined) return;
      await act(id).catch((error: unknown) => {
        failure ??= { error };
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  if (failure !== undefined) throw failure.error;
}

async function ownedAmong(records: OwnedRecords<RecordId>, ids: readonly RecordId[]): Promise<RecordId[]> {
  const owned = new Set<RecordId>();
  await severalAtOnce(ids, async (id) => {
    if ((await records.readOwner(id)) === 'leaver') owned.add(id);
  });
  return ids.filter((id) => owned.has(id));
}

async function tryToMove(
  records: OwnedRecords<RecordId>,
  { id, newOwnerId, looksFirst }: { id: RecordId; newOwnerId: number; looksFirst: boolean },
): Promise<Answer | Unserved> {
  try {
    const owner = looksFirst ? await records.readOwner(id) : 'leaver';
    if (owner !== 'leaver') return { id, is: owner === 'gone' ? 'gone' : 'moved' };
    const answer = await records.move(id, newOwnerId);
    return answer === null ? { id, error: null } : { id, is: 'moved' };
  } catch (error) {
    if (error instanceof PlannedWriteError) return { id, is: 'moved' };
    if (error instanceof VendorUnavailableError || error instanceof VendorResponseError) return { id, error };
    if (error instanceof VendorRejectedError)
      return unlessApplied(records, id, describeStatus(error.call.status, error.code));
    // The list was read with the same credential, so that it is this record which it may not change. A credential that
    // is not valid any more shows at the next read.
    if (isForbidden(error)) return unlessApplied(records, id, describeStatus(403));
    throw error;
  }
}

/** A gateway may refuse what has been applied. */
async function unlessApplied(records: OwnedRecords<RecordId>, id: RecordId, reason: string): Promise<Answer> {
  const owner = await records.readOwner(id).catch(() => 'leaver' as const);
  if (owner === 'leaver') return { id, is: 'refused', reason };
  return { id, is: owner === 'gone' ? 'gone' : 'moved' };
}

function describeStatus(status: number | undefined, code?: string): string {
  const answer = status === undefined ? 'no answer' : `HTTP ${status}`;
  return code === undefined ? answer : `${answer} ${code}`;
}
