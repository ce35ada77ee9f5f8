import { sameEmail } from '../shared/email.ts';
import { type HolderOf, holdersOf } from './address-holders.ts';
import type { Known } from './known.ts';
import { hasOtherNames, mergeWorker, type Worker } from './worker.ts';

/** A record as the last read left it. */
type Before = { worker: Worker; hire: unknown };

const MOST_PERCENT = 10;

/**
 * What a file may say of somebody that it seldom says of many. It is not believed of more than `few` people who are more
 * than `percent` of those of whom it could be said.
 */
const TURNS = {
  // Many leavers are what the gate is for. A file after which nobody works here is broken.
  leaves: { few: 5, percent: 99, said: 'have left or leave, of whom the last one did not say so' },
  leavesOtherwise: {
    few: 1,
    percent: MOST_PERCENT,
    said: 'leave, of whom the last one did not say so, and have another first day',
  },
  returns: {
    few: 2,
    percent: MOST_PERCENT,
    said: 'do not leave or are back, who had left or were to leave in the last one',
  },
  isSomebodyElse: {
    few: 1,
    percent: MOST_PERCENT,
    said: 'have the names or the address of somebody else',
  },
};
type Turn = keyof typeof TURNS;

/**
 * Counts what a file says that contradicts the last one: a column that is emptied or shifted, two that are swapped, or a
 * file of others under the same ids turns over many people at once.
 */
export class Upheaval {
  readonly #known: ReadonlyMap<string, Before>;
  readonly #holderOf: HolderOf;
  /** Whether it is so, of each person that it can be said of. */
  readonly #said: Record<Turn, boolean[]> = {
    leaves: [],
    leavesOtherwise: [],
    returns: [],
    isSomebodyElse: [],
  };

  constructor(known: ReadonlyMap<string, Before>) {
    this.#known = known;
    this.#holderOf = holdersOf([...known.values()].map(({ worker }) => worker));
  }

  add(read: Worker): void {
    const before = this.#known.get(read.sourceId);
    if (before === undefined) return;
    const now = mergeWorker(before.worker, read);
    this.#said.isSomebodyElse.push(this.#isSomebodyElse(before.worker, now));
    if (leaves(before.worker)) {
      this.#said.returns.push(returns(before.worker, now));
      return;
    }
    const isLeaving = before.hire !== null && leaves(now);
    this.#said.leaves.push(isLeaving);
    this.#said.leavesOtherwise.push(isLeaving && before.worker.startDate !== now.startDate);
  }

  /** What it says of too many. @param isEmptied whether nobody has a last day in the file */
  problems(isEmptied: boolean): string[] {
    return (Object.keys(TURNS) as Turn[]).flatMap((turn) => {
      const { few, percent, said } = TURNS[turn];
      const of = this.#said[turn].length;
      const count = this.#said[turn].filter(Boolean).length;
      const isMany = count > (turn === 'returns' && isEmptied ? 1 : few) && count * 100 > of * percent;
      return isMany ? [`${count} of ${of} people ${said}`] : [];
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
