import * as z from 'zod/mini';

/** Where an event stands among all events about its employee. */
export const Position = z.object({
  /** The HR system's own count, where it has one. */
  sequence: z.nullable(z.int()),
  /** When it happened at HR, as an ISO instant. */
  time: z.string(),
});
export type Position = z.infer<typeof Position>;

// Clocks are never quite the same. An event from further ahead would make every later one look old.
const MOST_AHEAD_MS = 5 * 60_000;

/** Whether one event happened before another. Two from the same moment count in the order in which they arrive. */
export function isOlder(one: Position, other: Position): boolean {
  if (one.sequence !== null && other.sequence !== null) return one.sequence < other.sequence;
  const [at, otherAt] = [Date.parse(one.time), Date.parse(other.time)];
  return at < otherAt || (at === otherAt && finerOf(one.time) < finerOf(other.time));
}

/** An event's position. A time that is not here yet counts as now. @param now in epoch milliseconds. */
export function positionOf(
  { time, sequence }: { time: string; sequence?: number | null | undefined },
  now: number,
): Position {
  const moment = Date.parse(time);
  const instant = new Date(moment > now + MOST_AHEAD_MS ? now : moment).toISOString();
  return { sequence: sequence ?? null, time: instant.replace('Z', `${finerOf(time)}Z`) };
}

/** The digits after the milliseconds, which a `Date` drops. */
const finerOf = (time: string) => /\.\d{3}(\d+)/.exec(time)?.[1] ?? '';
