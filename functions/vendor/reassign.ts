import { APP_TITLES, type App } from '../shared/apps.ts';
import {
  VendorAuthError,
  VendorRejectedError,
  VendorResponseError,
  VendorUnavailableError,
} from '../shared/errors.ts';
import type { StepResult } from '../shared/outcome.ts';
import type { Sleep } from '../shared/sleep.ts';
import { CONFIRM_DELAYS_MS } from './ensure.ts';

/** The records of one kind that a leaver owns in an app, and how they get another owner. */
export type OwnedRecords<Id extends string | number> = {
  vendor: App;
  /** What reports call the records, in the plural. */
  what: string;
  /** Reads the ids of the records that the leaver owns now. */
  listOwned: () => Promise<readonly Id[]>;
  /** Reads the new owner's id; called only when there is something to move. */
  findNewOwner: () => Promise<number>;
  /** Gives a record to the new owner; returns null when the record is gone. */
  move: (id: Id, newOwnerId: number) => Promise<unknown>;
  sleep: Sleep;
};

/** What the app answered to the write of a record. `unserved` may have been applied. */
type Answer =
  | { is: 'moved' | 'gone' }
  | { is: 'refused'; reason: string }
  | { is: 'unserved'; reason: string; error: VendorUnavailableError | VendorResponseError };

// Records that the app serves fail alone. So many in a row say that it serves nothing.
const MOST_UNSERVED = 3;

/**
 * Gives every record that the leaver owns to the new owner. All ids are read before the first write, because each
 * record that is moved shifts the pages of the leaver's records. A record that the app refuses stops no other; a
 * follow-up names it. What counts is what the app shows afterwards: a record that was not served is written once more
 * only if it is still the leaver's. Run again, it moves the records that are left.
 *
 * @throws what the functions throw, with the counts added to the message, when the app serves no record any more or
 *   does not accept the credential.
 */
export async function reassignRecords<Id extends string | number>(
  records: OwnedRecords<Id>,
): Promise<StepResult> {
  const owned = await records.listOwned();
  if (owned.length === 0) return { status: 'already_done' };
  const newOwnerId = await records.findNewOwner();
  const answers = new Map<Id, Answer>();
  let open = owned;
  let left: readonly Id[] = owned;
  for (const delayMs of CONFIRM_DELAYS_MS) {
    if (delayMs > 0) await records.sleep(delayMs);
    await moveEach(records, { ids: open, newOwnerId, initial: owned.length, answers });
    left = await records.listOwned();
    open = left.filter((id) => answers.get(id)?.is === 'unserved');
    // What was moved and is still the leaver's may only show late.
    if (open.length === 0 && !left.some((id) => answers.get(id)?.is === 'moved')) break;
  }
  const answered = [...answers.values()];
  const [unserved] = answered.flatMap((answer) => (answer.is === 'unserved' ? [answer] : []));
  // It may be the app that is down rather than the records that are wrong.
  if (unserved !== undefined && answered.every(({ is }) => is === 'unserved') && left.length > 0)
    throw withCounts(unserved.error, records.what, owned.length, answers);
  return resultOf(records, { owned, left: new Set(left), answers, newOwnerId });
}

type Moves<Id> = {
  ids: readonly Id[];
  newOwnerId: number;
  /** How many records the leaver owned at first. */
  initial: number;
  answers: Map<Id, Answer>;
};

/** Writes the records one by one, and notes the app's answers. @throws when the app serves none of them any more */
async function moveEach<Id extends string | number>(
  records: OwnedRecords<Id>,
  { ids, newOwnerId, initial, answers }: Moves<Id>,
): Promise<void> {
  let unservedInARow = 0;
  for (const id of ids) {
    try {
      const answer = await records.move(id, newOwnerId);
      answers.set(id, { is: answer === null ? 'gone' : 'moved' });
      unservedInARow = 0;
    } catch (error) {
      const answer = answerOf(error);
      if (answer === null) throw withCounts(error, records.what, initial, answers);
      answers.set(id, answer);
      unservedInARow = answer.is === 'unserved' ? unservedInARow + 1 : 0;
      if (unservedInARow === MOST_UNSERVED) throw withCounts(error, records.what, initial, answers);
    }
  }
}

/** What an error says about one record; null when it says something about all. */
function answerOf(error: unknown): Answer | null {
  if (error instanceof VendorRejectedError)
    return { is: 'refused', reason: describeStatus(error.call.status, error.code) };
  // The list was read with the same credential, so that it is this record which it may not change. A credential that is
  // not valid any more shows when the list is read again.
  if (error instanceof VendorAuthError && error.call.status === 403)
    return { is: 'refused', reason: describeStatus(403) };
  if (error instanceof VendorUnavailableError || error instanceof VendorResponseError)
    return { is: 'unserved', reason: describeStatus(error.call.status), error };
  return null;
}

function describeStatus(status: number | undefined, code?: string): string {
  const answer = status === undefined ? 'no answer' : `HTTP ${status}`;
  return code === undefined ? answer : `${answer} ${code}`;
}

function withCounts(
  error: unknown,
  what: string,
  initial: number,
  answers: ReadonlyMap<unknown, Answer>,
): unknown {
  const moved = [...answers.values()].filter(({ is }) => is === 'moved').length;
  if (error instanceof Error)
    error.message = `${error.message} ${moved} of ${initial} ${what} have been moved, the others have not.`;
  return error;
}

type Seen<Id> = {
  owned: readonly Id[];
  /** What the app shows as the leaver's afterwards. */
  left: ReadonlySet<Id>;
  answers: ReadonlyMap<Id, Answer>;
  newOwnerId: number;
};

function resultOf<Id extends string | number>(
  { vendor, what }: OwnedRecords<Id>,
  { owned, left, answers, newOwnerId }: Seen<Id>,
): StepResult {
  const wasTaken = (id: Id) => ['moved', 'unserved'].includes(answers.get(id)?.is ?? '');
  const passedOn = owned.filter((id) => !left.has(id));
  const moved = passedOn.filter(wasTaken).length;
  const change = {
    what: `${what} reassigned`,
    initial: owned.length,
    moved,
    gone: passedOn.length - moved,
    refused: owned.filter((id) => left.has(id) && answers.get(id)?.is !== 'moved').length,
    remaining: left.size,
    newOwner: String(newOwnerId),
  };
  if (left.size === 0) return { status: 'changed', changes: [change] };
  const followUp = `Give these ${what} to another owner in ${APP_TITLES[vendor]} by hand, or mend the cause and send the termination again: ${describeLeft(left, answers)}.`;
  return { status: 'incomplete', changes: [change], followUps: [followUp] };
}

// A state's output holds at most 256 kB.
const MOST_NAMED = 500;

/** The ids of records that are still the leaver's, and why: `1003, 1007 (HTTP 403); 1011 (HTTP 400)`. */
function describeLeft<Id extends string | number>(
  left: ReadonlySet<Id>,
  answers: ReadonlyMap<Id, Answer>,
): string {
  const byReason = new Map<string, Id[]>();
  for (const id of [...left].slice(0, MOST_NAMED)) {
    const reason = reasonOf(answers.get(id));
    byReason.set(reason, [...(byReason.get(reason) ?? []), id]);
  }
  const groups = [...byReason].map(([reason, ids]) => `${ids.join(', ')} (${reason})`);
  const more = left.size > MOST_NAMED ? [`and ${left.size - MOST_NAMED} more`] : [];
  return [...groups, ...more].join('; ');
}

function reasonOf(answer: Answer | undefined): string {
  switch (answer?.is) {
    case undefined:
      return 'the leaver got it meanwhile';
    case 'moved':
      return 'the write was accepted, and reading back still shows the leaver';
    case 'gone':
      return 'listed, but not found';
    default:
      return answer?.reason ?? '';
  }
}
