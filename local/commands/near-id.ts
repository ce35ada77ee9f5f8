import { closestMatch } from 'leven';
import { shortId } from './table.ts';

// Ids of one kind differ little from each other, so that more would lead to somebody else's.
const MOST_SLIPS = 2;
// A part that is shorter stands in too many of them.
const SHORTEST_PART = 4;

/**
 * A sentence about the id that somebody probably meant: one that a table shows shortened, that they began, or that
 * holds what they typed, such as an employee id, or that is a letter or two away. Empty where there is none.
 *
 * @param ids those that there are; of several that fit, the first is named.
 */
export function didYouMeanId(typed: string, ids: readonly string[]): string {
  const near =
    ids.find((id) => shortId(id) === typed.replace('...', '…')) ??
    (typed.length < SHORTEST_PART ? undefined : ids.find((id) => id.includes(typed))) ??
    closestMatch(typed, [...ids], { maxDistance: MOST_SLIPS });
  return near === undefined ? '' : ` Did you mean ${near}?`;
}
