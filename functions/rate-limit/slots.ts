// The arithmetic of a limit that many workers share. Calls take positions on an even grid. Each position has a moment
// at which it opens, and of any `capacity + 1` calls in a row, the last opens more than a window after the first.
// docs/decisions/0009-calls-take-slots-on-a-shared-grid.md shows why.

/**
 * A documented limit: `capacity` in any `windowMs` milliseconds, and `perDay` in a day of UTC, of which `reservedPerDay`
 * is kept for shutting logins.
 */
export type Limit = { capacity: number; windowMs: number; perDay?: number; reservedPerDay?: number };

/** How far apart the positions of a surface are, in milliseconds. */
export type Pace = {
  /** The distance from one position to the next. */
  spacingMs: number;
  /** How long `capacity` positions take; 0 where the limit is not known. */
  spanMs: number;
};

/** What a surface's workers share. Times are in epoch milliseconds. */
export type Counter = {
  /** The next free position. */
  next: number;
  /** Where one span of the grid begins; the others begin whole spans before or after it. */
  start: number;
  /**
   * By how much the calls of a span are later than at the earliest, in milliseconds, at evenly spaced places from its
   * beginning, where it is 0, to its end; none are later when left empty.
   */
  delays: readonly number[];
  /** By how much the grid has moved in all, together with the positions given out before, in milliseconds. */
  shifted: number;
  /** Nobody calls before this, because the vendor said so. */
  holdUntil: number;
  /** Where the limit is not known: the spacing after the last refusal, and when that was. */
  spacing: number;
  spacedAt: number;
  /** How much of each day's budget is used, by the number of the day since 1970. */
  used: Record<number, number>;
  /** Until when the day's budget is taken for used up; then the vendor is asked again, whose day may have begun. */
  dayOverUntil: number;
  /** When the vendor may be asked although all is used by what was counted; 0 where that never was. */
  askAgainAt: number;
  /** Changes with every write except a reservation. */
  version: number;
};

/** When a call may be sent. Times are in epoch milliseconds. */
export type Slot = {
  opensAt: number;
  /** A call sent later than this would come too close to later slots. */
  closesAt: number;
};

// By how much two calls may come closer to each other than their slots: clocks may be wrong by 50 ms either way, a slot
// may be used late, and the rest is for the network. Long windows have room for more.
const CLOCKS_MS = 100;
const JITTER_MS = 150;
const JITTER_SHARE = 0.01;
/** How late a slot may still be used, in milliseconds. */
export const LATENESS_MS = 40;

// Within a span, calls are sent ten times as fast as the grid, and then wait for the next span. So a worker that is
// alone does not notice the grid, and the distance to the calls of the next span stays the same.
const BURST_SHARE = 0.9;

// At how many places of a span it is known how late its calls are. A call that comes late moves those near its place; with
// fewer places these were more calls, and with more the counter would have more bytes.
const PLACES = 20;
// A call that is later takes another slot: one that is left unused is a smaller loss than what so late a call moves.
const LATE_SHARE = 1 / 8;
// For how long after a refusal somebody else is taken to use the limit too. What the pauses leave unused is theirs then.
const SHARED_FOR_MS = 10 * 60_000;

// A leaver's login takes some three calls in an app, so this is enough for sixty leavers on the smallest plan.
const LEAST_RESERVED = 200;
const RESERVED_SHARE = 0.1;

const DAY_MS = 24 * 60 * 60 * 1000;
const SHORTEST_SPACING_MS = 100;
const LONGEST_SPACING_MS = 6_000;
const NEGLIGIBLE_SPACING_MS = 12;
const SPACING_HALF_LIFE_MS = 60_000;
const HOLD_PER_SPACING = 10;

/** The counter of a surface that nobody has called yet. */
export const UNUSED: Counter = {
  next: 0,
  start: 0,
  delays: [],
  shifted: 0,
  holdUntil: 0,
  spacing: 0,
  spacedAt: 0,
  used: {},
  dayOverUntil: 0,
  askAgainAt: 0,
  version: 0,
};

/** The grid of a surface. Where the limit is not known, refusals widen the spacing, and time narrows it. */
export function paceOf(limit: Limit | 'unknown', counter: Counter, now: number): Pace {
  if (limit === 'unknown') return { spanMs: 0, spacingMs: decayedSpacing(counter, now) };
  const spanMs = limit.windowMs + Math.max(JITTER_MS, limit.windowMs * JITTER_SHARE);
  return { spanMs, spacingMs: spanMs / limit.capacity };
}

/** Whether a call needs no slot: the limit is not known, and no recent refusal asks it to wait. */
export function isOpen(limit: Limit | 'unknown', counter: Counter, now: number): boolean {
  return limit === 'unknown' && counter.holdUntil <= now && decayedSpacing(counter, now) === 0;
}

/**
 * How much of the grid a call takes, in milliseconds. A call that costs more than 1 is sent at its last position, and
 * as many positions stay free after that as the call has before it.
 */
export function widthOf({ spacingMs }: Pace, cost: number): number {
  return (2 * cost - 1) * spacingMs;
}

/** The slot that a call gets from the counter as it was before its reservation. */
export function slotOf(before: Counter, pace: Pace, cost: number): Slot {
  const opensAt = openingOf(before, pace, lastPosition(before, pace, cost));
  return { opensAt, closesAt: opensAt + LATENESS_MS };
}

/** The highest `next` that gives the call a slot which opens by `time`, if nothing but `next` changes. */
export function latestNext(seen: Counter, pace: Pace, cost: number, time: number): number {
  const { spanMs, spacingMs } = pace;
  const intoSpan = phaseOf(seen, pace, time);
  // A sum of spacings may miss the last position by a rounding error.
  const latest = Math.min(spanMs - spacingMs / 2, phaseOpenAt(seen, pace, intoSpan));
  return time - intoSpan + Math.max(0, latest) - (cost - 1) * spacingMs;
}

/** Whether the counter's next slot has passed. */
export function isLagging(counter: Counter, pace: Pace, now: number): boolean {
  return slotOf(counter, pace, 1).closesAt < now;
}

/**
 * Whether a call whose own slot has passed moves less when it is late than it would leave unused if it took another slot.
 */
export function mayBeLate(slot: Slot, counter: Counter, pace: Pace, now: number): boolean {
  if (isShared(counter, now)) return false;
  return now - slot.opensAt < LATE_SHARE * pace.spanMs;
}

/**
 * The counter changed so that its next slot, which has passed, opens at `opensAt`. Of the calls that follow, only those
 * are later than they were which would come before the call at the same place of their span. Where others use the limit
 * too, all are later than the even grid by what it lags behind. After a whole span the grid begins again.
 */
export function restarted(counter: Counter, pace: Pace, opensAt: number): Counter {
  const { next } = counter;
  if (opensAt - openingOf(counter, pace, next) >= pace.spanMs) {
    const again = moved(counter, opensAt - next);
    return { ...again, start: opensAt, delays: [] };
  }
  const phase = phaseOf(counter, pace, next);
  const isEven = isShared(counter, opensAt);
  const unused = isEven ? Math.max(0, opensAt - next) : 0;
  const later = delayedFrom(counter, {
    place: (phase / pace.spanMs) * PLACES,
    delay: opensAt - unused - next + BURST_SHARE * phase,
    mostBefore: isEven ? evenDelays(pace) : [],
  });
  // The last call of a span comes before the first one of the next.
  const least = Math.max(later[0] ?? 0, (later[PLACES] ?? 0) - BURST_SHARE * pace.spanMs);
  return moved({ ...counter, delays: later.map((delay) => Math.max(0, delay - least)) }, least + unused);
}

/**
 * The delays with a call at a place that is later, and all behind it not earlier.
 *
 * @param call.mostBefore what the delays at the places before the call must not exceed for its sake.
 */
function delayedFrom(
  { delays }: Counter,
  { place, delay, mostBefore }: { place: number; delay: number; mostBefore: readonly number[] },
): number[] {
  const before = Math.floor(place);
  const delayBefore = Math.min(delay, mostBefore[before] ?? delay);
  const delayBehind = delayBefore < delay ? delayBefore + (delay - delayBefore) / (place - before) : delay;
  return places().map((index) => {
    const known = delays[index] ?? 0;
    if (index < before) return known;
    return Math.max(known, index === before ? delayBefore : delayBehind);
  });
}

/**
 * The counter after a refusal: every slot that is not used yet moves by the wait.
 *
 * @param wait in milliseconds; undefined when the vendor does not say how long.
 */
export function pushedBack(
  counter: Counter,
  limit: Limit | 'unknown',
  now: number,
  wait: number | undefined,
): Counter {
  const spacing = limit === 'unknown' ? doubledSpacing(counter, now) : 0;
  const unsaid = limit === 'unknown' ? HOLD_PER_SPACING * spacing : limit.windowMs;
  // Another worker's clock may be ahead of the one that reads the wait.
  const hold = (wait ?? unsaid) + JITTER_MS;
  const pace = paceOf(limit, counter, now);
  const lag = Math.max(0, now - openingOf(counter, pace, counter.next));
  // Somebody else uses the token too, so no part of the limit is known to be free.
  const delays = evenDelays(pace);
  const beyond = Math.max(0, ...counter.delays.map((delay, index) => delay - (delays[index] ?? 0)));
  return {
    ...moved(counter, lag + hold + beyond),
    holdUntil: now + hold,
    delays,
    spacing,
    spacedAt: now + hold,
  };
}

/**
 * The counter after an answer that the limit is used up for the next `wait` milliseconds; null when the next slot is
 * later than that anyway, or those that were given out are what uses it up: a vendor's wait is in whole seconds, and the
 * grid knows better.
 */
export function usedUp(
  counter: Counter,
  limit: Limit | 'unknown',
  now: number,
  wait: number,
): Counter | null {
  const isOurs = limit !== 'unknown' && openedIn(counter, limit, now) >= limit.capacity;
  if (isOurs && !isShared(counter, now)) return null;
  const missing = now + wait + JITTER_MS - openingOf(counter, paceOf(limit, counter, now), counter.next);
  return missing > JITTER_MS ? moved(counter, missing) : null;
}

/** How many of the positions that are given out have opened within the window that ends now, or shortly before it. */
function openedIn(counter: Counter, limit: Limit, now: number): number {
  const pace = paceOf(limit, counter, now);
  const indexOf = (position: number) => Math.floor((position - counter.start) / pace.spacingMs + 0.01);
  const openedBy = (time: number) => indexOf(latestNext(counter, pace, 1, time));
  return Math.min(indexOf(counter.next) - 1, openedBy(now)) - openedBy(now - limit.windowMs - CLOCKS_MS);
}

/** How much of each day's budget is kept for shutting logins. */
export function reservedOf(limit: Limit | 'unknown'): number {
  if (limit === 'unknown') return LEAST_RESERVED;
  const { perDay = 0, reservedPerDay } = limit;
  return reservedPerDay ?? Math.max(LEAST_RESERVED, Math.ceil(RESERVED_SHARE * perDay));
}

/**
 * How many positions of the span that is under way are given out; all of them where the next call waits for another span.
 */
export function takenNow(counter: Counter, limit: Limit, now: number): number {
  const pace = paceOf(limit, counter, now);
  const begin = now - phaseOf(counter, pace, now);
  const taken = Math.round((counter.next - begin) / pace.spacingMs);
  return Math.min(limit.capacity, Math.max(0, taken));
}

/** How long a call of cost 1 would wait that is made now, in whole milliseconds. */
export function waitOf(counter: Counter, limit: Limit | 'unknown', now: number): number {
  if (isOpen(limit, counter, now)) return 0;
  const { opensAt } = slotOf(counter, paceOf(limit, counter, now), 1);
  return Math.max(0, Math.ceil(opensAt - now));
}

/** The number of the day since 1970. */
export function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}

/** How long until the day's budget is new, in milliseconds. */
export function untilNextDayMs(now: number): number {
  return DAY_MS - (now % DAY_MS);
}

function isShared({ holdUntil }: Counter, now: number): boolean {
  return now - holdUntil < SHARED_FOR_MS;
}

function moved(counter: Counter, by: number): Counter {
  const { next, start, shifted } = counter;
  return { ...counter, next: next + by, start: start + by, shifted: shifted + by };
}

function lastPosition({ next }: Counter, { spacingMs }: Pace, cost: number): number {
  return next + (cost - 1) * spacingMs;
}

function openingOf(counter: Counter, pace: Pace, position: number): number {
  const phase = phaseOf(counter, pace, position);
  return position - BURST_SHARE * phase + delayAt(counter, pace, phase);
}

/** How much later than at the earliest a call is at a place of its span. */
function delayAt({ delays }: Counter, { spanMs }: Pace, phase: number): number {
  if (spanMs === 0) return 0;
  const place = (phase / spanMs) * PLACES;
  const before = Math.floor(place);
  const delay = delays[before] ?? 0;
  return delay + ((delays[before + 1] ?? delay) - delay) * (place - before);
}

/** How far into its span the last position lies that opens by then; both in milliseconds from the span's beginning. */
function phaseOpenAt({ delays }: Counter, { spanMs }: Pace, intoSpan: number): number {
  const opensAt = (index: number) => (1 - BURST_SHARE) * phaseAt(index) + (delays[index] ?? 0);
  const phaseAt = (index: number) => (index * spanMs) / PLACES;
  const place = places().findLastIndex((index) => opensAt(index) <= intoSpan);
  if (place === PLACES) return spanMs;
  const share = (intoSpan - opensAt(place)) / (opensAt(place + 1) - opensAt(place));
  return phaseAt(place) + (share * spanMs) / PLACES;
}

/** The delays with which calls are as far apart as positions. */
function evenDelays({ spanMs }: Pace): readonly number[] {
  return spanMs === 0 ? [] : places().map((index) => (BURST_SHARE * spanMs * index) / PLACES);
}

function places(): number[] {
  return Array.from({ length: PLACES + 1 }, (_, index) => index);
}

/** How far into its span a position lies, in milliseconds. */
function phaseOf({ start }: Counter, { spanMs, spacingMs }: Pace, position: number): number {
  if (spanMs === 0) return 0;
  const phase = (position - start) % spanMs;
  // A sum of spacings may fall short of a whole span by a rounding error.
  if (spanMs - phase < spacingMs / 2) return 0;
  return phase < 0 ? phase + spanMs : phase;
}

function decayedSpacing({ spacing, spacedAt }: Counter, now: number): number {
  const decayed = spacing * 0.5 ** (Math.max(0, now - spacedAt) / SPACING_HALF_LIFE_MS);
  return decayed < NEGLIGIBLE_SPACING_MS ? 0 : Math.round(decayed);
}

function doubledSpacing(counter: Counter, now: number): number {
  const doubled = 2 * decayedSpacing(counter, now);
  return Math.min(LONGEST_SPACING_MS, Math.max(SHORTEST_SPACING_MS, doubled));
}
