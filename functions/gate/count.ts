import type { Limit } from './settings.ts';

/** Somebody whom the gate has let through. */
export type Admission = { employeeId: string /** In epoch milliseconds. */; at: number };

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** How many people may go through in 24 hours and in 7 days. @param people how many are known to work here. */
export function allowance({ people: least, percent }: Limit, people: number): { day: number; week: number } {
  const day = Math.max(least, Math.floor((people * percent) / 100));
  return { day, week: 2 * day };
}

/** The window in which a person finds no room; null when there is room. */
export type Full = { window: 'day' | 'week'; allowed: number };

/**
 * Whether one more person has room. Somebody who was let through within a window takes no more room in it. As a window
 * that ends with an arrival holds no more people than are allowed, no other one does.
 *
 * @param now in epoch milliseconds.
 */
export function fullWindow(
  admissions: readonly Admission[],
  employeeId: string,
  { day, week }: { day: number; week: number },
  now: number,
): Full | null {
  const isFull = (ms: number, allowed: number) => {
    const people = new Set(
      admissions.filter(({ at }) => at > now - ms).map((admission) => admission.employeeId),
    );
    return !people.has(employeeId) && people.size >= allowed;
  };
  if (isFull(DAY_MS, day)) return { window: 'day', allowed: day };
  if (isFull(WEEK_MS, week)) return { window: 'week', allowed: week };
  return null;
}

/** The admissions with one more, without those that no window holds any more. */
export function admit(admissions: readonly Admission[], employeeId: string, now: number): Admission[] {
  return [...admissions.filter(({ at }) => at > now - WEEK_MS), { employeeId, at: now }];
}
