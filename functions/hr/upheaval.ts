import { sameEmail } from '../shared/email.ts';
import { type HolderOf, holdersOf } from './address-holders.ts';
import type { Known } from './known.ts';
import { hasOtherNames, mergeWorker, type Worker } from './worker.ts';

/** A record as the last read left it. */
type Before = { worker: Worker; hire: unknown };

/** What a file may say of somebody that it seldom says of many. */
type Turn = 'leaves' | 'leaves from another first day' | 'returns' | 'is somebody else';

const MOST_PERCENT = 10;
// Many leavers are what the gate is for. A file after which nobody works here is broken.
const MOST_LEAVERS_PERCENT = 99;
// So many are believed in a company of any size.
const FEW: Record<Turn, number> = {
  leaves: 5,
  'leaves from another first day': 1,
  returns: 2,
  'is somebody else': 1,
};
const SAID: Record<Turn, string> = {
  leaves: 'have left or leave, of whom the last one did not say so',
  'leaves from another first day': 'leave, of whom the last one did not say so, and have another first day',
  returns: 'do not leave or are back, who had left or were to leave in the last one',
  'is somebody else': 'have the names or the address of somebody else',
};

const NONE: Record<Turn, number> = {
  leaves: 0,
  'leaves from another first day': 0,
  returns: 0,
  'is somebody else': 0,
};

/**
 * Counts what a file says that contradicts the last one: a column that is emptied or shifted, two that are swapped, or a
 * file of others under the same ids turns over many people at once.
 */
export class Upheaval {
  readonly #known: ReadonlyMap<string, Before>;
  readonly #holderOf: HolderOf;
  readonly #counts = { ...NONE };
  readonly #of = { ...NONE };

  constructor(known: ReadonlyMap<string, Before>) {
    this.#known = known;
    this.#holderOf = holdersOf([...known.values()].map(({ worker }) => worker));
  }

  add(read: Worker): void {
    const before = this.#known.get(read.sourceId);
    if (before === undefined) return;
    const now = mergeWorker(before.worker, read);
    const hadLeft = leaves(before.worker);
    const isLeaving = !hadLeft && before.hire !== null && leaves(now);
    this.#count('is somebody else', this.#isSomebodyElse(before.worker, now));
    if (hadLeft) this.#count('returns', returns(before.worker, now));
    if (hadLeft) return;
    this.#count('leaves', isLeaving);
    this.#count('leaves from another first day', isLeaving && before.worker.startDate !== now.startDate);
  }

  #count(turn: Turn, isSo: boolean): void {
    this.#of[turn] += 1;
    if (isSo) this.#counts[turn] += 1;
  }

  /** What it says of too many. @param isEmptied whether nobody has a last day in the file */
  problems(isEmptied: boolean): string[] {
    const turns = Object.keys(FEW) as Turn[];
    return turns.flatMap((turn) => {
      const [count, of] = [this.#counts[turn], this.#of[turn]];
      const few = turn === 'returns' && isEmptied ? 1 : FEW[turn];
      const percent = turn === 'leaves' ? MOST_LEAVERS_PERCENT : MOST_PERCENT;
      const isMany = count > few && count * 100 > of * percent;
      return isMany ? [`${count} of ${of} people ${SAID[turn]}`] : [];
    });
  }

  #isSomebodyElse(before: Worker, now: Worker): boolean {
    const hasOthers =
      this.#holderOf(now) !== undefined && !sameEmail(now.workEmail ?? '', before.workEmail ?? '');
    return hasOthers || hasOtherNames(before, now);
  }
}

/**
 * How many records of the last complete read another one lacks, where these are so many that it is cut short, is of
 * other people, or has other ids for the same ones; 0 where they are few.
 */
export function missingTooMany(
  known: ReadonlyMap<string, Pick<Known, 'absences'>>,
  has: (sourceId: string) => boolean,
): number {
  const last = [...known].flatMap(([sourceId, { absences }]) => (absences === 0 ? [sourceId] : []));
  const missing = last.filter((sourceId) => !has(sourceId)).length;
  return missing * 100 > last.length * MOST_PERCENT ? missing : 0;
}

function leaves({ status, startDate, lastDay }: Worker): boolean {
  return status === 'inactive' || (lastDay != null && !(startDate != null && startDate > lastDay));
}

/** Whether somebody is back without having been hired again, which another first day would say. */
function returns(before: Worker, now: Worker): boolean {
  if (before.startDate !== now.startDate) return false;
  return !leaves(now) || (before.status === 'inactive' && now.status !== 'inactive');
}
