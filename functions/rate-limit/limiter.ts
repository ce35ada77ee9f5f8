import * as z from 'zod/mini';
import { currentDeadline } from '../shared/deadline.ts';
import {
  InvalidInputError,
  LimiterUnavailableError,
  type VendorCall,
  VendorDailyLimitError,
  VendorRateLimitedError,
} from '../shared/errors.ts';
import { parseJson } from '../shared/json.ts';
import { oncePerPlace } from '../shared/once-per-place.ts';
import { currentPriority, type Priority } from '../shared/priority.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import { coordinationTableFromEnvironment } from '../tables/coordination-table.ts';
import { isUsedUp, leftToday, nextDayMs, requestedWaitMs } from './rate-limit.ts';
import { type RateTable, rateTable, type Spending } from './rate-table.ts';
import {
  type Counter,
  dayOf,
  isLagging,
  isOpen,
  LATENESS_MS,
  type Limit,
  latestNext,
  mayBeLate,
  type Pace,
  paceOf,
  pushedBack,
  reservedOf,
  restarted,
  type Slot,
  slotOf,
  UNUSED,
  untilNextDayMs,
  usedUp,
  widthOf,
} from './slots.ts';

/** Keeps all Lambdas together within a vendor's limit. */
export type Limiter = {
  /**
   * Resolves when the call may be sent.
   *
   * @param cost how much of the vendor's limit the call uses; a whole number.
   * @param dailyCost how much of the day's budget; as much unless given.
   * @throws VendorRateLimitedError when that would take too long; VendorDailyLimitError;
   *   LimiterUnavailableError.
   */
  admit(call: VendorCall, cost: number, dailyCost?: number): Promise<void>;
  /**
   * Whether a refusal is for the day's budget rather than for a short burst, by what is known of the day's use: Pipedrive
   * does not say. Left out where nothing is known.
   */
  isDayOver?(headers: Headers, dailyCost: number): Promise<boolean>;
  /**
   * Adapts to what an answer says about the limit. It never throws: the next refusal says the same again.
   *
   * @param answer.headers empty where no answer came.
   * @param answer.dailyCost what of the day's budget the call was admitted with; 1 unless given.
   */
  learn(answer: {
    headers: Headers;
    refusal: 'rate_limited' | 'daily_limit' | null;
    dailyCost?: number;
  }): Promise<void>;
};

export type LimiterOptions = {
  /** The counter's key. */
  key: string;
  limit: Limit | 'unknown';
  table: RateTable;
  /** The current time in epoch milliseconds. */
  now?: () => number;
  sleep?: Sleep;
};

// How far away a slot may be that a call takes. Whoever is less urgent leaves room: an urgent call never waits behind
// more than this of the others. A call without a slot waits, and asks again; see functions/vendor/patiently.ts.
const REACH_MS: Record<Priority, number> = {
  leaver: 50_000,
  joiner: 10_000,
  handOver: 5_000,
  audit: 2_000,
};

// How long what was read of the counter may be used. A slot that is farther away is looked up again shortly before it
// opens, because a refusal or a late call may have moved it.
const FRESH_FOR_MS = 1_000;
const FRESH_SHARE = 1 / 2;
const LOOK_AHEAD_SHARE = 1 / 4;
// How long the vendor's word on what is left of the day counts: its day may begin at another time than that of UTC.
const TOLD_FOR_MS = 10 * 60_000;
// How long the day's budget is taken for used up where the vendor does not say when it is new: its day may begin at
// another time than that of UTC. A login is tried as often.
const ASK_AGAIN_AFTER_MS = 15 * 60_000;
// By how much the vendor's word on the day may differ from what was counted, as a share of the budget.
const COUNTED_WRONG = 0.05;
// What of a day's budget has to be used for a refusal to be for it. Others use the budget too, unseen.
const NEARLY_ALL = 0.9;
// A restarted grid may be used once the answer to the write is back, and once the workers whose write failed have read
// the counter. Each may take twice as long as the last round trip, and a slot may be used a little late.
const TRIPS_AHEAD = 4;
const LONGEST_LEAD_MS = 100;
// How many reservations of one process run at the same time: after a pause, more would mostly fail through each other.
const LANES = 3;
// A try fails because of another worker or a slot that has passed. So many in a row should never happen.
const MOST_TRIES = 10;

/** One call that waits to be admitted. */
type Admission = {
  call: VendorCall;
  cost: number;
  dailyCost: number;
  giveUpAt: number;
  /** Whether it may use what is kept for shutting logins. */
  mayUseReserve: boolean;
  /** Whether the day's budget includes it already. */
  isPaid: boolean;
  /** The counter as it was before this call took its positions; null before that, and when they are given up. */
  own: Counter | null;
};

/** The limiter of one vendor surface over the table of counters. */
export function sharedLimiter(options: LimiterOptions): Limiter {
  const { key, limit, table, now = Date.now, sleep = realSleep } = options;
  const perDay = limit === 'unknown' ? undefined : limit.perDay;
  const reserved = reservedOf(limit);
  const freshForMs =
    limit === 'unknown' ? FRESH_FOR_MS : Math.min(FRESH_FOR_MS, FRESH_SHARE * limit.windowMs);
  let told: { left: number; at: number } | null = null;
  // The cost of the calls that were admitted and not answered: what the vendor says may not include them.
  let underWay = 0;
  let recent: { counter: Counter; at: number } | null = null;
  let lastTripMs = 0;
  const lanes: Promise<unknown>[] = [];
  let nextLane = 0;
  let reading: Promise<Counter> | null = null;

  const read = (): Promise<Counter> => {
    const found = reading ?? table.read(key).then((counter) => counter ?? UNUSED);
    reading = found;
    const forget = () => {
      if (reading === found) reading = null;
    };
    found.then(forget, forget);
    return found;
  };

  const freshlySeen = (): Counter | null =>
    recent !== null && now() - recent.at < freshForMs ? recent.counter : null;

  const see = (counter: Counter | null): void => {
    recent = counter === null ? null : { counter, at: now() };
  };

  const write = async (
    admission: Admission,
    change: (spending: Spending | null) => Promise<Counter | null>,
  ): Promise<Counter | null> => {
    const { dailyCost, isPaid } = admission;
    const startedAt = now();
    const budget = budgetOf(admission);
    const needsBudget = budget !== undefined && !isPaid;
    const found = await change(
      needsBudget ? { cost: dailyCost, day: dayOf(startedAt), perDay: budget } : null,
    );
    lastTripMs = now() - startedAt;
    if (found === null) see(null);
    else admission.isPaid = true;
    return found;
  };

  /** Takes the next positions; `seen` may be out of date. */
  const take = async (admission: Admission, seen: Counter): Promise<Slot | null> => {
    const { cost, giveUpAt } = admission;
    const pace = paceOf(limit, seen, now());
    const width = widthOf(pace, cost);
    const latest = latestNext(seen, pace, cost, giveUpAt);
    const before = await write(admission, (spending) => table.reserve(key, { width, latest, spending }));
    if (before === null) return null;
    see({ ...before, next: before.next + width });
    return keep(admission, before);
  };

  /**
   * Moves what lags behind the clock up to the clock. A call that has positions keeps them, and `base` is the counter as it
   * was before them. A call without positions takes the next ones, and `base` is `seen`.
   */
  const restart = async (admission: Admission, seen: Counter, base: Counter): Promise<Slot | null> => {
    const at = now();
    const pace = paceOf(limit, seen, at);
    const lead = Math.min(LONGEST_LEAD_MS, Math.max(0, TRIPS_AHEAD * lastTripMs - LATENESS_MS));
    const amended = restarted(base, pace, at + lead);
    const hasOwn = base !== seen;
    const width = hasOwn ? 0 : widthOf(pace, admission.cost);
    const wanted = { ...amended, next: seen.next + amended.next - base.next + width };
    const latest = hasOwn ? undefined : latestNext(seen, pace, 1, at);
    const found = await write(admission, (spending) => table.amend(key, seen, wanted, { latest, spending }));
    if (found === null) return null;
    const reservedByOthers = found.next - seen.next;
    see({ ...wanted, next: wanted.next + reservedByOthers, version: seen.version + 1 });
    return keep(admission, hasOwn ? amended : { ...amended, next: amended.next + reservedByOthers });
  };

  /** The slot of the positions that a call has taken; null when the slot has passed. */
  const keep = (admission: Admission, before: Counter): Slot | null => {
    const pace = paceOf(limit, before, now());
    admission.own = before;
    return usable(slotOf(before, pace, admission.cost));
  };

  const usable = (slot: Slot): Slot | null => (slot.closesAt < now() ? null : slot);

  /** How much of the day's budget may be used for the call; undefined when there is no budget. */
  const budgetOf = ({ mayUseReserve }: Admission): number | undefined => {
    if (perDay === undefined) return undefined;
    return mayUseReserve ? perDay : Math.max(0, perDay - reserved);
  };

  const dailyLimit = ({ call, mayUseReserve }: Admission, isReserved: boolean, askAgainInMs?: number) => {
    const at = now();
    return new VendorDailyLimitError(call, {
      now: at,
      waitMs: askAgainInMs ?? untilNextDayMs(at),
      knownBy: askAgainInMs === undefined ? 'utc' : 'nobody',
      isReserved,
      isForLogin: mayUseReserve,
    });
  };

  /** @throws VendorDailyLimitError while the day is taken for over */
  const assertDayGoesOn = (admission: Admission, { dayOverUntil }: Counter): void => {
    const waitMs = dayOverUntil - now();
    if (waitMs > 0) throw dailyLimit(admission, false, waitMs);
  };

  /**
   * Lets one call through though all is used by what was counted, so that the vendor says whether its day has begun; the
   * next one after a while. Only for a login that is to be shut.
   */
  const askAgain = async (admission: Admission, seen: Counter): Promise<void> => {
    const { askAgainAt } = seen;
    const at = now();
    const isToday = dayOf(askAgainAt) === dayOf(at);
    if (isToday && askAgainAt > at) throw dailyLimit(admission, false, askAgainAt - at);
    see(null);
    await table.endDay(key, at + ASK_AGAIN_AFTER_MS, 'askAgainAt');
    if (!isToday) throw dailyLimit(admission, false, ASK_AGAIN_AFTER_MS);
    admission.isPaid = true;
  };

  /** Somebody else may use the token too, so the vendor knows better than the counter what is left. */
  const assertNotReserved = (admission: Admission): void => {
    const { dailyCost, mayUseReserve } = admission;
    if (mayUseReserve || told === null || now() - told.at >= TOLD_FOR_MS) return;
    if (told.left - underWay - dailyCost < reserved) throw dailyLimit(admission, told.left > 0);
  };

  const assertReachable = async (admission: Admission, seen: Counter): Promise<void> => {
    const { call, cost, dailyCost, giveUpAt, isPaid } = admission;
    const at = now();
    const used = seen.used[dayOf(at)] ?? 0;
    const budget = budgetOf(admission);
    if (!isPaid) assertDayGoesOn(admission, seen);
    if (perDay !== undefined && budget !== undefined && !isPaid && used + dailyCost > budget) {
      if (!admission.mayUseReserve) throw dailyLimit(admission, used + dailyCost <= perDay);
      await askAgain(admission, seen);
    }
    const { opensAt } = slotOf(seen, paceOf(limit, seen, at), cost);
    if (opensAt > giveUpAt) throw new VendorRateLimitedError(call, opensAt - at);
  };

  /** Null when the call has to try again, because another worker was faster or the slot has passed. */
  const reserve = async (admission: Admission): Promise<Slot | null> => {
    const remembered = limit === 'unknown' ? null : freshlySeen();
    // A write without a look would cost more than the look where the counter lags, which it mostly does.
    const seen = remembered ?? (await read());
    const at = now();
    if (isOpen(limit, seen, at)) return { opensAt: at, closesAt: at + freshForMs };
    const pace = paceOf(limit, seen, at);
    const own = ownSlot(admission, seen, pace);
    if (own !== null && usable(own.slot) !== null) return own.slot;
    if (own !== null && mayBeLate(own.slot, seen, pace, at)) return restart(admission, seen, own.base);
    admission.own = null;
    await assertReachable(admission, seen);
    if (isLagging(seen, pace, at)) return restart(admission, seen, seen);
    return take(admission, seen);
  };

  /** The slot of the positions that a call has, on the grid as it is now; null for a call that has none. */
  const ownSlot = (
    { own, cost }: Admission,
    seen: Counter,
    pace: Pace,
  ): { slot: Slot; base: Counter } | null => {
    if (own === null) return null;
    const base = { ...seen, next: own.next + seen.shifted - own.shifted };
    return { slot: slotOf(base, pace, cost), base };
  };

  const reserveAtLast = async (admission: Admission): Promise<Slot> => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const slot = await reserve(admission);
      if (slot !== null) return slot;
    }
    throw new VendorRateLimitedError(admission.call, undefined);
  };

  const reserveInTurn = (admission: Admission): Promise<Slot> => {
    const lane = nextLane;
    nextLane = (nextLane + 1) % LANES;
    const reserved = (lanes[lane] ?? Promise.resolve()).then(() => reserveAtLast(admission));
    lanes[lane] = reserved.catch(() => {});
    return reserved;
  };

  /** Waits for the slot. Returns false when it has passed. */
  const reach = async (admission: Admission, slot: Slot): Promise<boolean> => {
    const { call, giveUpAt } = admission;
    let { opensAt, closesAt } = slot;
    while (opensAt - now() > freshForMs) {
      await sleep(opensAt - now() - LOOK_AHEAD_SHARE * freshForMs);
      const seen = await read();
      const again = ownSlot(admission, seen, paceOf(limit, seen, now()))?.slot ?? slot;
      if (again.opensAt <= opensAt) break;
      ({ opensAt, closesAt } = again);
      if (opensAt > giveUpAt) throw new VendorRateLimitedError(call, opensAt - now());
    }
    if (opensAt > now()) await sleep(opensAt - now());
    return now() <= closesAt;
  };

  const admitInTime = async (admission: Admission): Promise<void> => {
    const { call } = admission;
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const slot = await overTable(call, () => reserveInTurn(admission));
      if (await overTable(call, () => reach(admission, slot))) return;
    }
    throw new VendorRateLimitedError(call, undefined);
  };

  const amend = async (seen: Counter, wanted: Counter): Promise<void> => {
    see(null);
    await table.amend(key, seen, wanted, {});
  };

  const pushBack = async (headers: Headers): Promise<void> => {
    const seen = await read();
    const at = now();
    // Another worker was refused too, and has moved the slots already.
    if (seen.holdUntil > at) return;
    await amend(seen, pushedBack(seen, limit, at, requestedWaitMs(headers, at)));
  };

  const endDay = async (headers: Headers): Promise<void> => {
    if (perDay === undefined) return;
    see(null);
    const at = now();
    await table.endDay(key, at + (nextDayMs(headers, at) ?? ASK_AGAIN_AFTER_MS), 'dayOverUntil');
  };

  /** The vendor's day has begun since this one of UTC did, or what was counted is wrong for another reason. */
  const recount = async (left: number): Promise<void> => {
    if (perDay === undefined || recent === null) return;
    const at = now();
    const used = Math.max(0, perDay - left);
    const counted = recent.counter.used[dayOf(at)] ?? 0;
    if (counted - underWay - used <= COUNTED_WRONG * perDay) return;
    see(null);
    await table.setUsed(key, dayOf(at), used + underWay);
  };

  const keepOff = async (headers: Headers): Promise<void> => {
    const at = now();
    const wait = requestedWaitMs(headers, at);
    if (wait === undefined) return;
    const remembered = freshlySeen();
    if (remembered !== null && usedUp(remembered, limit, at, wait) === null) return;
    const seen = await read();
    const wanted = usedUp(seen, limit, at, wait);
    if (wanted !== null) await amend(seen, wanted);
  };

  return {
    admit: async (call, cost, dailyCost = cost) => {
      const priority = currentPriority();
      const admission: Admission = {
        call,
        cost,
        dailyCost,
        giveUpAt: Math.min(now() + REACH_MS[priority], currentDeadline()),
        mayUseReserve: priority === 'leaver',
        isPaid: false,
        own: null,
      };
      assertNotReserved(admission);
      underWay += dailyCost;
      try {
        await admitInTime(admission);
      } catch (error) {
        underWay -= dailyCost;
        throw error;
      }
    },
    isDayOver: async (headers, dailyCost) => {
      if (leftToday(headers) !== undefined) return false;
      const at = now();
      if (told !== null && at - told.at < TOLD_FOR_MS) return told.left < dailyCost;
      if (perDay === undefined) return false;
      const counter = await read().catch(() => UNUSED);
      return (counter.used[dayOf(at)] ?? 0) >= NEARLY_ALL * perDay;
    },
    learn: async ({ headers, refusal, dailyCost = 1 }) => {
      underWay = Math.max(0, underWay - dailyCost);
      const left = leftToday(headers);
      if (left !== undefined) told = { left, at: now() };
      const lesson = {
        rate_limited: () => pushBack(headers),
        daily_limit: () => endDay(headers),
        none: () => (isUsedUp(headers) ? keepOff(headers) : undefined),
      }[refusal ?? 'none'];
      try {
        await lesson();
        if (left !== undefined && refusal === null) await recount(left);
      } catch {
        // The caller gets the vendor's answer even when the table is down.
      }
    },
  };
}

const Positive = z.int().check(z.positive());

/** A limit that a deployment sets, because the company's plan allows more or less than usual. */
export const LimitSetting = z.union([
  z.literal('unknown'),
  z.strictObject({
    capacity: Positive,
    windowMs: Positive,
    perDay: z.exactOptional(Positive),
    reservedPerDay: z.exactOptional(z.int().check(z.nonnegative())),
  }),
]);

/**
 * The limiter of this deployment, from the environment.
 *
 * @param documented the limit that the vendor documents; the variable replaces it.
 * @throws InvalidInputError when the variable does not hold a limit.
 */
export function limiterFromEnvironment(
  key: string,
  variable: string,
  documented: Limit | 'unknown',
): Limiter {
  const limit = readLimitSetting(variable) ?? documented;
  const tableName = coordinationTableFromEnvironment();
  const name = JSON.stringify([tableName, key, limit]);
  const limiters = limitersOfProcess();
  const limiter = limiters.get(name) ?? sharedLimiter({ key, limit, table: rateTable(tableName) });
  limiters.set(name, limiter);
  return limiter;
}

// One for each surface, so that what one client has seen of the counter spares the next one a look.
const limitersOfProcess = oncePerPlace(() => new Map<string, Limiter>());

/**
 * The limit that a variable of the environment sets; undefined when the variable is not set.
 *
 * @throws InvalidInputError when it does not hold a limit.
 */
export function readLimitSetting(variable: string): Limit | 'unknown' | undefined {
  const text = process.env[variable];
  if (text === undefined) return undefined;
  const parsed = z.safeParse(LimitSetting, parseJson(text));
  if (parsed.success) return parsed.data;
  throw new InvalidInputError(
    `${variable} must be "unknown" or a limit such as {"capacity":80,"windowMs":2000}, with "perDay" for a daily budget and "reservedPerDay" for what of it is kept for shutting logins.`,
  );
}

/** Uses the table. When that fails, the call is not sent, and the error is one that is retried. */
async function overTable<T>(call: VendorCall, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (error instanceof VendorRateLimitedError || error instanceof VendorDailyLimitError) throw error;
    throw new LimiterUnavailableError(call, error instanceof Error ? error.name : 'unknown');
  }
}
