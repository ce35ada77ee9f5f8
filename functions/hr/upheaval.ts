import { normalizeEmail, sameEmail } from '../shared/email.ts';
import { comparable } from './patterns.ts';
import { mergeWorker, type Worker } from './worker.ts';

/** A record as the last read left it. */
type Before = { worker: Worker; hire: unknown };

/** What a file may say of somebody that it seldom says of many. */
type Turn = 'leaves' | 'returns' | 'is somebody else';

const MOST_PERCENT = 10;
// So many are believed in a company of any size.
const FEW = { leaves: 5, returns: 2, 'is somebody else': 1 } as const satisfies Record<Turn, number>;
const SAID: Record<Turn, string> = {
  leaves: 'have left or leave, of whom the last one did not say so',
  returns: 'do not leave or are back, who had left or were to leave in the last one',
  'is somebody else': 'have the names or the address of somebody else',
};

/**
 * Counts what a file says that contradicts the last one: a column that is emptied or shifted, two that are swapped, or a
 * file of others under the same ids turns over many people at once.
 */
export class Upheaval {
  readonly #known: ReadonlyMap<string, Before>;
  readonly #holders: ReadonlyMap<string, string>;
  readonly #counts: Record<Turn, number> = { leaves: 0, returns: 0, 'is somebody else': 0 };
  readonly #of: Record<Turn, number> = { leaves: 0, returns: 0, 'is somebody else': 0 };

  constructor(known: ReadonlyMap<string, Before>) {
    this.#known = known;
    this.#holders = new Map(
      [...known].flatMap(([sourceId, { worker }]) =>
        worker.workEmail == null ? [] : [[normalizeEmail(worker.workEmail), sourceId]],
      ),
    );
  }

  add(read: Worker): void {
    const before = this.#known.get(read.sourceId);
    if (before === undefined) return;
    const now = mergeWorker(before.worker, read);
    const hadLeft = leaves(before.worker);
    this.#of['is somebody else'] += 1;
    if (this.#isSomebodyElse(before.worker, now)) this.#counts['is somebody else'] += 1;
    this.#of[hadLeft ? 'returns' : 'leaves'] += 1;
    if (hadLeft && returns(before.worker, now)) this.#counts.returns += 1;
    if (!hadLeft && before.hire !== null && leaves(now)) this.#counts.leaves += 1;
  }

  /** What it says of too many. @param isEmptied whether nobody has a last day in the file */
  problems(isEmptied: boolean): string[] {
    const turns = Object.keys(FEW) as Turn[];
    return turns.flatMap((turn) => {
      const [count, of] = [this.#counts[turn], this.#of[turn]];
      const few = turn === 'returns' && isEmptied ? 1 : FEW[turn];
      const isMany = count > few && count * 100 > of * MOST_PERCENT;
      return isMany ? [`${count} of ${of} people ${SAID[turn]}`] : [];
    });
  }

  #isSomebodyElse(before: Worker, now: Worker): boolean {
    const { workEmail } = now;
    const holder = workEmail == null ? undefined : this.#holders.get(normalizeEmail(workEmail));
    const hasOthers = holder !== undefined && !sameEmail(workEmail ?? '', before.workEmail ?? '');
    return hasOthers || hasOtherNames(before, now);
  }
}

/** Whether neither the first nor the last name is what it was. A name that is not known is no other one. */
export function hasOtherNames(one: Names, other: Names): boolean {
  const isOther = (before: string | null | undefined, now: string | null | undefined) =>
    before != null && now != null && comparable(before) !== comparable(now);
  return isOther(one.firstName, other.firstName) && isOther(one.lastName, other.lastName);
}

type Names = { firstName?: string | null | undefined; lastName?: string | null | undefined };

function leaves({ status, startDate, lastDay }: Worker): boolean {
  return status === 'inactive' || (lastDay != null && !(startDate != null && startDate > lastDay));
}

/** Whether somebody is back without having been hired again, which another first day would say. */
function returns(before: Worker, now: Worker): boolean {
  if (before.startDate !== now.startDate) return false;
  return !leaves(now) || (before.status === 'inactive' && now.status !== 'inactive');
}
