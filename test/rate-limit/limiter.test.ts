import * as fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod/mini';
import { type Limiter, limiterFromEnvironment, sharedLimiter } from '../../functions/rate-limit/limiter.ts';
import type { RateTable } from '../../functions/rate-limit/rate-table.ts';
import { dayOf, type Limit } from '../../functions/rate-limit/slots.ts';
import { withDeadline } from '../../functions/shared/deadline.ts';
import {
  LimiterUnavailableError,
  VendorDailyLimitError,
  VendorRateLimitedError,
} from '../../functions/shared/errors.ts';
import { withPriorityOf } from '../../functions/shared/priority.ts';
import { vendorHttp } from '../../functions/vendor/http.ts';
import { RequestWindow } from '../../local/vendors/request-window.ts';
import { staticCredential } from '../contract-subject.ts';
import { type VirtualClock, virtualClock } from '../shared/virtual-clock.ts';
import { memoryRateTable } from './memory-rate-table.ts';

const START = Date.parse('2026-11-20T09:00:00Z');
const PIPEDRIVE: Limit = { capacity: 80, windowMs: 2_000, perDay: 80_000 };
const CALL = { vendor: 'pipedrive', operation: 'findUser', method: 'GET', path: '/users/7' } as const;

const LEAVER = { workflow: 'offboarding' };
const JOINER = { workflow: 'onboarding' };
const HAND_OVER = { workflow: 'offboarding', reassignTo: 'mara@northlight.example' };
const AUDIT = {};

let clock: VirtualClock;
let table: RateTable;
let writes = 0;
let reads = 0;

/** The table as the workers see it. */
function counting(inner: RateTable): RateTable {
  return {
    read: async (key) => {
      reads += 1;
      return inner.read(key);
    },
    reserve: async (...reservation) => {
      writes += 1;
      return inner.reserve(...reservation);
    },
    amend: async (...amendment) => {
      writes += 1;
      return inner.amend(...amendment);
    },
    endDay: async (...day) => {
      writes += 1;
      return inner.endDay(...day);
    },
    setUsed: async (...used) => {
      writes += 1;
      return inner.setUsed(...used);
    },
  };
}

/** A table that is 5 to 60 ms away, and now and then half a second; `random` gives numbers from 0 to 1. */
function distant(inner: RateTable, random: () => number, stalls = 0): RateTable {
  const trip = () => clock.sleep(random() < stalls ? 500 : 2.5 + 27.5 * random());
  const there = async <T>(use: () => Promise<T>): Promise<T> => {
    await trip();
    const answer = await use();
    await trip();
    return answer;
  };
  return {
    read: (key) => there(() => inner.read(key)),
    reserve: (...reservation) => there(() => inner.reserve(...reservation)),
    amend: (...amendment) => there(() => inner.amend(...amendment)),
    endDay: (...day) => there(() => inner.endDay(...day)),
    setUsed: (...used) => there(() => inner.setUsed(...used)),
  };
}

const worker = (
  options: { limit?: Limit | 'unknown'; skew?: number; table?: RateTable; late?: () => number } = {},
): Limiter =>
  sharedLimiter({
    key: 'RATE#pipedrive#rest',
    limit: options.limit ?? PIPEDRIVE,
    table: options.table ?? table,
    now: () => clock.now() + (options.skew ?? 0),
    sleep: (ms) => clock.sleep(ms + (options.late?.() ?? 0)),
  });

const admit = (limiter: Limiter, event: unknown = LEAVER, cost = 1) =>
  withPriorityOf(event, () => limiter.admit(CALL, cost));
/** How long the call waits, in milliseconds. */
const waitOf = async (limiter: Limiter, event: unknown = LEAVER, cost = 1): Promise<number> => {
  const before = clock.now();
  await clock.run(admit(limiter, event, cost));
  return clock.now() - before;
};
const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  clock.run(
    promise.then(
      () => new Error('It did not fail.'),
      (error: Error) => error,
    ),
  );
const refuse = (limiter: Limiter, headers: Record<string, string> = {}) =>
  clock.run(limiter.learn({ headers: new Headers(headers), refusal: 'rate_limited' }));
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));
const counter = async () => (await table.read('RATE#pipedrive#rest')) ?? expect.fail('There is no counter.');

beforeEach(() => {
  clock = virtualClock(START);
  writes = 0;
  reads = 0;
  table = counting(memoryRateTable());
});

describe('a known limit', () => {
  it('lets a burst through after a pause, and then spends the rest of the window waiting', async () => {
    const limiter = worker();
    const waits = [];
    for (let call = 0; call < 160; call += 1) waits.push(await waitOf(limiter));
    for (const burst of [waits.slice(1, 80), waits.slice(81)])
      for (const wait of burst) expect(wait).toBeCloseTo(2.7, 0);
    expect(waits[0]).toBe(0);
    expect(waits[80]).toBeGreaterThan(1_900);
    expect(waits[80]).toBeLessThan(2_000);
  });

  it('costs one write a call, and a look before it after a pause', async () => {
    const limiter = worker();
    await waitOf(limiter);
    writes = 0;
    for (let call = 0; call < 30; call += 1) await waitOf(limiter);
    expect([writes, reads]).toEqual([30, 1]);
    await clock.run(clock.sleep(60_000));
    writes = 0;
    await waitOf(limiter);
    expect([writes, reads]).toEqual([1, 2]);
  });

  it('costs one write for the first call of each worker on an idle counter, one after the other', async () => {
    await waitOf(worker());
    writes = 0;
    for (let call = 0; call < 20; call += 1) {
      await clock.run(clock.sleep(300 + 700 * call));
      expect(await waitOf(worker())).toBe(0);
    }
    expect(writes).toBe(20);
  });

  it('costs somebody who calls slowly one write a call, because nobody else moves the counter', async () => {
    const limiter = worker();
    await waitOf(limiter);
    writes = 0;
    for (let call = 0; call < 20; call += 1) {
      await clock.run(clock.sleep(200));
      expect(await waitOf(limiter)).toBe(0);
    }
    expect(writes).toBe(20);
  });

  it('costs a herd of workers on an idle counter two writes each at most', async () => {
    await waitOf(worker());
    await clock.run(clock.sleep(3_600_000));
    writes = 0;
    await clock.run(Promise.all(many(300, () => admit(worker({ table: distant(table, Math.random) })))));
    expect(writes).toBeLessThanOrEqual(2 * 300);
    expect(clock.now() - START - 3_600_000).toBeLessThan(4 * 2_150);
  });

  it('waits in the Lambda for what is near, and gives up what is far without a slot', {
    tags: 'slow',
  }, async () => {
    const waiting = many(2_000, () => admit(worker()));
    const ended = await clock.run(Promise.allSettled(waiting));
    const refused = ended.filter(({ status }) => status === 'rejected').length;
    // The last one's reservation was for a slot that opens by then.
    expect(clock.now() - START).toBeLessThanOrEqual(50_000);
    expect(clock.now() - START).toBeGreaterThan(49_000);
    expect(refused).toBeGreaterThan(50);
    expect(await counter()).toMatchObject({ used: { [dayOf(START)]: 2_000 - refused } });
  });

  it('says how long it would have taken; whoever knows that already spends no write on it', async () => {
    const limiter = worker();
    const waiting = many(1_500, () => admit(limiter));
    await clock.run(clock.sleep(0));
    [writes, reads] = [0, 0];
    const error = await failureOf(admit(worker(), JOINER));
    expect(error).toBeInstanceOf(VendorRateLimitedError);
    expect(error).toMatchObject({ retryAfterMs: expect.closeTo(1_500 * (2_150 / 80), -3.5) });
    expect([writes, reads]).toEqual([0, 1]);
    expect(await failureOf(admit(limiter, JOINER))).toBeInstanceOf(VendorRateLimitedError);
    expect([writes, reads]).toEqual([0, 1]);
    await clock.run(Promise.all(waiting));
  });

  it('uses a slot that passed while its reservation was written by moving the grid, not by taking another', async () => {
    const slow: RateTable = {
      ...table,
      reserve: async (...reservation) => {
        const found = await table.reserve(...reservation);
        await clock.sleep(3_000);
        return found;
      },
    };
    await waitOf(worker());
    expect(await waitOf(worker({ table: slow }))).toBeGreaterThanOrEqual(3_000);
    expect((await counter()).next).toBeCloseTo(clock.now() + 2_150 / 80);
  });

  it.each([
    [
      'is called late where its slot has passed a little, and moves only what is at its place of the span',
      100,
      0,
    ],
    ['takes another slot where its own has passed for long', 700, 1],
  ])('%s', async (_, lateMs, taken) => {
    const lates = [lateMs];
    const late = worker({ late: () => lates.shift() ?? 0 });
    const others = Promise.all(many(100, () => admit(worker())));
    await clock.run(clock.sleep(0));
    const { next } = await counter();
    const call = admit(late);
    await clock.run(Promise.all([others, call]));
    const { next: after, shifted } = await counter();
    expect(after - next).toBeCloseTo((1 + taken) * (2_150 / 80), 0);
    expect(shifted).toBe(START);
    // The first of the next span come when they would have come anyway.
    const waits = [];
    for (let wanted = 0; wanted < 57; wanted += 1) waits.push(await waitOf(worker()));
    expect(clock.now() - START).toBeLessThan(2_150 + 300 + lateMs);
  });

  it('asks nobody in vain for the last place of a span', async () => {
    const drift = { capacity: 200, windowMs: 60_000 };
    for (let span = 0; span < 3; span += 1) {
      writes = 0;
      for (let call = 0; call < 200; call += 1) await waitOf(worker({ limit: drift }));
      expect(writes).toBe(200);
      await clock.run(clock.sleep(61_000));
    }
  });

  it('loses little where whoever calls is often busy with something else', async () => {
    let open = 1_600;
    let busyUntil = START;
    const goOn = (ms: number) => clock.sleep(Math.max(ms, busyUntil - clock.now()));
    const slowed = <T extends unknown[], R>(use: (...parameters: T) => Promise<R>) => {
      return async (...parameters: T): Promise<R> => {
        const found = await use(...parameters);
        await goOn(10);
        return found;
      };
    };
    const limiter = worker({
      table: { ...table, reserve: slowed(table.reserve), amend: slowed(table.amend) },
    });
    const otherWork = async () => {
      while (open > 0) {
        await clock.sleep(400);
        busyUntil = clock.now() + 100;
      }
    };
    const calls = async () => {
      for (; open > 0; open -= 1) {
        await admit(limiter, HAND_OVER);
        await goOn(150);
      }
    };
    await clock.run(Promise.all([otherWork(), ...many(12, calls)]));
    expect((clock.now() - START) / (20 * 2_150)).toBeLessThan(1.015);
  });

  it('counts a call by its cost', async () => {
    const limiter = worker({ limit: { capacity: 10, windowMs: 1_000 } });
    const window = new RequestWindow({ capacity: 10, windowMs: 1_000 }, clock.now);
    for (const cost of [5, 2, 5, 1, 1, 10, 3, 1, 10]) {
      await waitOf(limiter, LEAVER, cost);
      for (let unit = 0; unit < cost; unit += 1) expect(window.take()).toBe(true);
    }
  });

  it('counts a costly call within one span, wherever the span ends', async () => {
    const limit = { capacity: 10, windowMs: 1_000 };
    for (let before = 0; before < 10; before += 1) {
      table = memoryRateTable();
      const limiter = worker({ limit });
      const window = new RequestWindow(limit, clock.now);
      for (const cost of [...many(before, () => 1), 2, 3, ...many(12, () => 1)]) {
        await waitOf(before % 2 === 0 ? limiter : worker({ limit }), LEAVER, cost);
        for (let unit = 0; unit < cost; unit += 1) expect(window.take()).toBe(true);
      }
      await clock.run(clock.sleep(60_000));
    }
  });

  it('is kept per surface', async () => {
    await clock.run(Promise.all(many(200, () => admit(worker()))));
    const scim = sharedLimiter({ key: 'RATE#drift#scim', limit: PIPEDRIVE, table, ...clock });
    expect(await waitOf(scim)).toBe(0);
  });
});

describe('a fleet', () => {
  const fleet = fc.record({
    capacity: fc.integer({ min: 5, max: 60 }),
    windowMs: fc.integer({ min: 400, max: 4_000 }),
    skews: fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 2, maxLength: 6 }),
    calls: fc.array(
      fc.record({
        dueMs: fc.integer({ min: 0, max: 6_000 }),
        cost: fc.constantFrom(1, 1, 1, 2, 5),
        worker: fc.nat(5),
        fate: fc.constantFrom('sent', 'sent', 'sent', 'sent', 'crashed'),
      }),
      { minLength: 20, maxLength: 120 },
    ),
    bursts: fc.boolean(),
    seed: fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })),
  });

  it('with clocks 50 ms off and a table 5 to 60 ms away never breaks a strict window', async () => {
    const failures: unknown[] = [];
    await fc.assert(
      fc.asyncProperty(fleet, async ({ capacity, windowMs, skews, calls, bursts, seed }) => {
        clock = virtualClock(START);
        const random = () => seed.next().value ?? 0;
        const limit = { capacity, windowMs };
        const window = new RequestWindow(limit, clock.now);
        const shared = distant(memoryRateTable(), random, 0.05);
        const late = () => (random() < 0.05 ? 600 : 2) * random();
        const workers = skews.map((skew) => worker({ limit, skew, table: shared, late }));
        let breaches = 0;
        const run = async ({ dueMs, cost, worker: index, fate }: (typeof calls)[number]): Promise<void> => {
          await clock.sleep(bursts ? dueMs - (dueMs % 2_000) : dueMs);
          const limiter = workers[index % workers.length] ?? expect.fail('There are no workers.');
          await admit(limiter, LEAVER, cost);
          if (fate === 'crashed') return;
          await clock.sleep(3 * random());
          for (let unit = 0; unit < cost; unit += 1) if (!window.take()) breaches += 1;
        };
        const ended = await clock.run(Promise.allSettled(calls.map(run)));
        for (const end of ended)
          if (end.status === 'rejected' && !(end.reason instanceof VendorRateLimitedError))
            failures.push(end.reason);
        expect(breaches).toBe(0);
      }),
      { numRuns: 40 },
    );
    expect(failures).toEqual([]);
  });

  it('uses nearly all of the limit, with nearly one write a call', async () => {
    const shared = distant(table, Math.random);
    const workers = many(8, (index) => worker({ skew: -50 + (index * 100) / 7, table: shared }));
    const window = new RequestWindow(PIPEDRIVE, clock.now);
    const run = async (limiter: Limiter) => {
      await admit(limiter);
      expect(window.take()).toBe(true);
    };
    const calls = 1_180;
    await clock.run(
      Promise.all(many(calls, (index) => run(workers[index % 8] ?? expect.fail('There are no workers.')))),
    );
    const rate = calls / (clock.now() - START);
    expect(rate / (80 / 2_000)).toBeGreaterThan(0.93);
    expect(writes).toBeLessThanOrEqual(1.1 * calls);
  });
});

describe('a crash', () => {
  it('of the first worker after a pause leaves nothing that the others wait for', async () => {
    const mortal = { ...table, amend: () => Promise.reject(new Error('gone')) };
    await waitOf(worker());
    await clock.run(clock.sleep(60_000));
    expect(await failureOf(admit(worker({ table: mortal })))).toBeInstanceOf(LimiterUnavailableError);
    for (let call = 0; call < 40; call += 1) expect(await waitOf(worker())).toBeLessThan(3);
  });

  it('between reservation and call costs one slot', async () => {
    const limiter = worker();
    for (let call = 0; call < 40; call += 1) await waitOf(limiter);
    const gone = admit(worker());
    await clock.run(clock.sleep(0));
    expect(await waitOf(limiter)).toBeCloseTo(2 * 2.7, 0);
    await clock.run(gone);
  });
});

describe('priorities', () => {
  const backlog = (count: number, event: unknown) =>
    Promise.allSettled(many(count, () => admit(worker(), event)));

  it('let an audit hold up nobody for more than 2 s, a hand-over for 5 s, and a joiner for 10 s', {
    tags: 'slow',
  }, async () => {
    const audits = backlog(1_000, AUDIT);
    await clock.run(clock.sleep(0));
    expect((await counter()).next - START).toBeLessThanOrEqual(2 * 2_150);
    const handOvers = backlog(1_000, HAND_OVER);
    await clock.run(clock.sleep(0));
    expect((await counter()).next - START).toBeLessThanOrEqual(5_000 + 2_150);
    const joiners = backlog(1_000, JOINER);
    await clock.run(clock.sleep(0));
    expect((await counter()).next - START).toBeLessThanOrEqual(10_000 + 2_150);
    expect(await waitOf(worker(), LEAVER)).toBeLessThanOrEqual(10_000 + 2_150);
    await clock.run(Promise.all([audits, handOvers, joiners]));
  });

  it('let leavers take everything as long as there are enough of them', async () => {
    const leavers = backlog(1_800, LEAVER);
    await clock.run(clock.sleep(0));
    for (const event of [JOINER, HAND_OVER, AUDIT])
      expect(await failureOf(admit(worker(), event))).toBeInstanceOf(VendorRateLimitedError);
    await clock.run(leavers);
  });

  it('take no slot that opens after the step has ended', async () => {
    const leavers = backlog(400, LEAVER);
    await clock.run(clock.sleep(0));
    const call = withDeadline(START + 5_000, () => admit(worker(), LEAVER));
    expect(await failureOf(call)).toBeInstanceOf(VendorRateLimitedError);
    await clock.run(leavers);
  });
});

describe('a refusal', () => {
  it.each([
    ['a delta', { 'x-ratelimit-reset': '7' }],
    ['epoch seconds', { 'x-ratelimit-reset': String(START / 1000 + 7) }],
    ['epoch milliseconds', { 'x-ratelimit-reset': String(START + 7_000) }],
    ['Retry-After in seconds', { 'retry-after': '7' }],
    ['Retry-After as a date', { 'retry-after': new Date(START + 7_000).toUTCString() }],
  ])('holds everyone for as long as the vendor asks, said as %s', async (_, headers) => {
    const first = worker();
    await waitOf(first);
    await refuse(first, headers);
    for (const other of [worker(), first]) {
      const wait = await waitOf(other);
      if (other !== first) expect(wait).toBeGreaterThanOrEqual(7_000);
      if (other !== first) expect(wait).toBeLessThan(7_000 + 400);
    }
  });

  it('holds for a whole window when the vendor does not say', async () => {
    await waitOf(worker());
    await refuse(worker());
    expect(await waitOf(worker())).toBeGreaterThanOrEqual(2_000);
  });

  it('told by many workers at once moves the slots once', async () => {
    await waitOf(worker());
    const { next } = await counter();
    const headers = new Headers({ 'retry-after': '5' });
    const refused = many(20, () => worker({ table: distant(table, Math.random) }));
    await clock.run(Promise.all(refused.map(({ learn }) => learn({ headers, refusal: 'rate_limited' }))));
    const pushed = await counter();
    expect(pushed.next - next).toBeGreaterThanOrEqual(5_000);
    expect(pushed.next - next).toBeLessThan(5_400);
    await refuse(worker(), { 'retry-after': '5' });
    expect(await counter()).toEqual(pushed);
  });

  it('holds those too that wait already, and keeps them apart', async () => {
    const arrivals: number[] = [];
    const waiting = many(200, () => admit(worker()).then(() => arrivals.push(clock.now() - START)));
    await clock.run(clock.sleep(100));
    await refuse(worker(), { 'retry-after': '10' });
    await clock.run(Promise.all(waiting));
    const held = arrivals.filter((at) => at > 100);
    // About to be sent, or waiting for less than is worth a look.
    const tooLate = held.filter((at) => at < 1_100);
    expect(tooLate.length).toBeLessThan(45);
    const rest = held.filter((at) => at >= 1_100);
    expect(Math.min(...rest)).toBeGreaterThanOrEqual(10_100);
    for (const [index, at] of rest.slice(80).entries())
      expect(at - (rest[index] ?? 0)).toBeGreaterThan(2_000);
  });

  it('beyond what a step waits for makes every worker give up at once', async () => {
    await waitOf(worker());
    await refuse(worker(), { 'retry-after': '600' });
    writes = 0;
    const error = await failureOf(admit(worker()));
    expect(error).toMatchObject({
      name: 'VendorRateLimitedError',
      retryAfterMs: expect.closeTo(600_000, -4),
    });
    expect(writes).toBe(0);
    expect(await counter()).toMatchObject({ used: { [dayOf(START)]: 1 } });
  });

  it('is foreseen when an answer says that nothing is left', async () => {
    const limiter = worker();
    await waitOf(limiter);
    const headers = new Headers({ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2' });
    await clock.run(limiter.learn({ headers, refusal: null }));
    expect(await waitOf(worker())).toBeGreaterThanOrEqual(2_000);
  });

  it('is expected by the grid alone where our own calls have used everything up, as the vendor counts in seconds', async () => {
    const limiter = worker();
    for (let call = 0; call < 80; call += 1) await waitOf(limiter);
    const headers = new Headers({
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(START / 1000 + 3),
    });
    await clock.run(limiter.learn({ headers, refusal: null }));
    await waitOf(worker());
    expect(clock.now() - START).toBeCloseTo(2_150, 0);
  });

  it.each([
    ['is not made up for in the ten minutes after one, as somebody else uses the limit too', 9, [250, 400]],
    ['is made up for after that', 11, [0, 100]],
  ])('leaves a pause that %s', async (_, minutes, [least = 0, most = 0]) => {
    await waitOf(worker());
    await refuse(worker(), { 'retry-after': '1' });
    await clock.run(clock.sleep(minutes * 60_000));
    for (let call = 0; call < 150; call += 1) {
      await waitOf(worker());
      await clock.run(clock.sleep(26));
    }
    await clock.run(clock.sleep(300));
    const begin = clock.now();
    for (let call = 0; call < 12; call += 1) await waitOf(worker());
    expect(clock.now() - begin).toBeGreaterThanOrEqual(least);
    expect(clock.now() - begin).toBeLessThanOrEqual(most);
  });

  it('leaves room for others in every window of the ten minutes after it, whatever pauses there are', async () => {
    const limiter = worker();
    await waitOf(limiter);
    await refuse(limiter, { 'retry-after': '1' });
    const arrivals: number[] = [];
    const calls = async () => {
      while (arrivals.length < 800) {
        await admit(limiter, HAND_OVER);
        arrivals.push(clock.now());
        await clock.sleep(arrivals.length % 150 < 12 ? 400 : 100);
      }
    };
    await clock.run(Promise.all(many(12, calls)));
    const most = arrivals.map((end) => arrivals.filter((at) => at > end - 2_000 && at <= end).length);
    expect(Math.max(...most)).toBeLessThan(77);
  });

  it('is foreseen where others have used up what our own calls have not', async () => {
    const limiter = worker();
    for (let call = 0; call < 70; call += 1) await waitOf(limiter);
    const headers = new Headers({
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(START / 1000 + 3),
    });
    await clock.run(limiter.learn({ headers, refusal: null }));
    await waitOf(worker());
    expect(clock.now() - START).toBeGreaterThanOrEqual(3_000);
  });

  it('is not expected when an answer says that something is left, or says nothing', async () => {
    const limiter = worker();
    await waitOf(limiter);
    writes = 0;
    for (const headers of [{ 'x-ratelimit-remaining': '3', 'x-ratelimit-reset': '2' }, {}])
      await clock.run(limiter.learn({ headers: new Headers(headers), refusal: null }));
    expect(writes).toBe(0);
    expect(await waitOf(worker())).toBeLessThan(3);
  });
});

describe('an unknown limit', () => {
  const unknown = () => worker({ limit: 'unknown' });

  it('costs nothing but a read until it is hit', async () => {
    for (let call = 0; call < 50; call += 1) expect(await waitOf(unknown())).toBe(0);
    expect([writes, reads]).toEqual([0, 50]);
  });

  it.each([
    ['in seconds', '7'],
    ['as a date', new Date(START + 7_000).toUTCString()],
  ])('is waited for exactly as Retry-After says %s', async (_, retryAfter) => {
    await refuse(unknown(), { 'retry-after': retryAfter });
    const wait = await waitOf(unknown());
    expect(wait).toBeGreaterThanOrEqual(7_000);
    expect(wait).toBeLessThanOrEqual(7_150);
  });

  it('spreads calls after a refusal, twice as far after the next, and forgets it with time', async () => {
    const spacing = async () => {
      await waitOf(unknown());
      return waitOf(unknown());
    };
    await refuse(unknown(), { 'retry-after': '1' });
    expect(await spacing()).toBeCloseTo(100, -1);
    await refuse(unknown(), { 'retry-after': '1' });
    expect(await spacing()).toBeCloseTo(200, -1);
    await clock.run(clock.sleep(60_000));
    expect(await spacing()).toBeCloseTo(100, -1);
    await clock.run(clock.sleep(600_000));
    expect(await spacing()).toBe(0);
  });

  it('is held longer and longer when the vendor does not say how long', async () => {
    const holds = [];
    for (let refusal = 0; refusal < 4; refusal += 1) {
      await refuse(unknown());
      holds.push(await waitOf(unknown()));
    }
    expect(holds.map((hold) => Math.floor(hold / 1_000))).toEqual([1, 2, 4, 8]);
  });
});

describe('the day’s budget', () => {
  const isDayOver = async (limiter: Limiter, headers: Record<string, string> = {}) =>
    limiter.isDayOver?.(new Headers(headers), 40);
  const limit = { capacity: 80, windowMs: 2_000, perDay: 5 };

  it('ends before the call, for every worker, until the day is over', async () => {
    for (let call = 0; call < 5; call += 1) await waitOf(worker({ limit }));
    const spent = await counter();
    expect(await failureOf(admit(worker({ limit })))).toBeInstanceOf(VendorDailyLimitError);
    expect((await counter())?.used).toEqual(spent?.used);
    await clock.run(clock.sleep(Date.parse('2026-11-21T00:00:00Z') - clock.now()));
    for (let call = 0; call < 5; call += 1) expect(await waitOf(worker({ limit }))).toBeLessThan(150);
    expect(await failureOf(admit(worker({ limit })))).toBeInstanceOf(VendorDailyLimitError);
  });

  it('is not overspent by many at once, nor by a call of a higher cost', async () => {
    const ended = await clock.run(
      Promise.allSettled(
        many(20, () => admit(worker({ limit, table: distant(table, Math.random) }), LEAVER, 2)),
      ),
    );
    expect(ended.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await counter()).toMatchObject({ used: { [dayOf(START)]: 4 } });
  });

  it('is used up by what a call costs of the day, not by its share of the window', async () => {
    const tokens = { capacity: 80, windowMs: 2_000, perDay: 100 };
    const spend = () => withPriorityOf(LEAVER, () => worker({ limit: tokens }).admit(CALL, 1, 40));
    await clock.run(spend());
    await clock.run(spend());
    expect(await counter()).toMatchObject({ used: { [dayOf(START)]: 80 } });
    expect(await failureOf(spend())).toBeInstanceOf(VendorDailyLimitError);
    expect(await waitOf(worker({ limit: tokens }), LEAVER, 1)).toBeLessThan(150);
  });

  it.each([
    ['nine tenths of it are used here', { used: 90, headers: {}, isOver: true }],
    ['less is used here', { used: 89, headers: {}, isOver: false }],
    [
      'the answer says that there is some left',
      { used: 90, headers: { 'x-daily-ratelimit-token-remaining': '7' }, isOver: false },
    ],
  ])(
    'is known to be over for a refusal that does not say so where %s',
    async (_, { used, headers, isOver }) => {
      const limiter = worker({ limit: { capacity: 80, windowMs: 2_000, perDay: 100 } });
      await clock.run(withPriorityOf(LEAVER, () => limiter.admit(CALL, 1, used)));
      expect(await clock.run(isDayOver(limiter, headers))).toBe(isOver);
    },
  );

  it('is over where the vendor has said in the last ten minutes that less is left than the call takes', async () => {
    const limiter = worker({ limit: { capacity: 80, windowMs: 2_000 } });
    expect(await clock.run(isDayOver(limiter))).toBe(false);
    const headers = new Headers({ 'x-daily-ratelimit-token-remaining': '39' });
    await clock.run(limiter.learn({ headers, refusal: null }));
    expect(await clock.run(isDayOver(limiter))).toBe(true);
    await clock.run(clock.sleep(10 * 60_000));
    expect(await clock.run(isDayOver(limiter))).toBe(false);
  });

  const ended = { refusal: 'daily_limit' as const };
  const minutes = (count: number) => clock.run(clock.sleep(count * 60_000));

  it('is new when the vendor says, whose day may begin at any hour', async () => {
    const limiter = worker({ limit });
    await waitOf(limiter);
    const headers = new Headers({ 'retry-after': String(2 * 3600) });
    await clock.run(limiter.learn({ headers, ...ended }));
    expect(await failureOf(admit(worker({ limit })))).toMatchObject({ retryAfterMs: 2 * 3_600_000 });
    await minutes(119);
    expect(await failureOf(admit(worker({ limit })))).toBeInstanceOf(VendorDailyLimitError);
    await minutes(1);
    expect(await waitOf(worker({ limit }))).toBeLessThan(150);
  });

  it('is asked about every quarter of an hour where the vendor does not say when it is new', async () => {
    const limiter = worker({ limit });
    await waitOf(limiter);
    for (const time of ['once', 'twice']) {
      await clock.run(limiter.learn({ headers: new Headers(), ...ended }));
      await minutes(14);
      expect(await failureOf(admit(worker({ limit }))), time).toBeInstanceOf(VendorDailyLimitError);
      await minutes(1);
      expect(await waitOf(worker({ limit })), time).toBeLessThan(150);
    }
  });

  it('that was counted to its end is asked about for one login in a quarter of an hour, as it may be new', async () => {
    for (let call = 0; call < 5; call += 1) await waitOf(worker({ limit }));
    expect(await failureOf(admit(worker({ limit })))).toBeInstanceOf(VendorDailyLimitError);
    await minutes(15);
    expect(await failureOf(admit(worker({ limit }), HAND_OVER))).toMatchObject({
      message: expect.stringContaining('By the days of UTC it is new at 2026-11-21T00:00:00Z'),
    });
    expect(await waitOf(worker({ limit }))).toBeLessThan(150);
    const asked = new Date(clock.now() + 15 * 60_000).toISOString().slice(0, 19);
    expect(await failureOf(admit(worker({ limit })))).toMatchObject({
      name: 'VendorDailyLimitError',
      message: expect.stringContaining(
        `was not sent: the daily request budget is used up. Pipedrive is asked at ${asked}Z whether it is new. If the login cannot stay open until then, deactivate the account in Pipedrive.`,
      ),
    });
  });

  it('is counted anew when the vendor says that much more is left than was counted', async () => {
    const large = { capacity: 80, windowMs: 2_000, perDay: 1_000 };
    const limiter = worker({ limit: large });
    await clock.run(withPriorityOf(LEAVER, () => limiter.admit(CALL, 1, 900)));
    const left = (count: number) => new Headers({ 'x-daily-requests-left': String(count) });
    await clock.run(limiter.learn({ headers: left(99), refusal: null, dailyCost: 900 }));
    expect(await counter()).toMatchObject({ used: { [dayOf(START)]: 900 } });
    await clock.run(withPriorityOf(LEAVER, () => limiter.admit(CALL, 1, 1)));
    await clock.run(limiter.learn({ headers: left(999), refusal: null, dailyCost: 1 }));
    expect(await counter()).toMatchObject({ used: { [dayOf(START)]: 1 } });
  });

  it('is over when the vendor says so, whatever was counted here', async () => {
    const limiter = worker({ limit });
    await waitOf(limiter);
    await clock.run(limiter.learn({ headers: new Headers(), refusal: 'daily_limit' }));
    expect(await failureOf(admit(worker({ limit })))).toBeInstanceOf(VendorDailyLimitError);
  });
});

describe('what of the day’s budget is kept for shutting logins', () => {
  const limit = { capacity: 80, windowMs: 2_000, perDay: 300 };
  const spend = async (limited: Limit, event: unknown, most: number): Promise<number> => {
    const limiter = worker({ limit: limited });
    for (let spent = 0; spent < most; spent += 1) {
      const ended = await clock.run(
        admit(limiter, event).then(
          () => null,
          (error: Error) => error,
        ),
      );
      if (ended instanceof VendorDailyLimitError) return spent;
      expect(ended).toBeNull();
    }
    return most;
  };

  it.each([
    ['a hand-over', HAND_OVER],
    ['an audit', AUDIT],
    ['a joiner', JOINER],
  ])('is 200 at least, and not used for %s', async (_, event) => {
    expect(await spend(limit, event, 400)).toBe(100);
    const error = await failureOf(admit(worker({ limit }), event));
    expect(error).toMatchObject({
      name: 'VendorDailyLimitError',
      retryAfterMs: 15 * 3_600_000 - sinceStart(),
    });
    expect(error.message).toContain('is kept for shutting logins');
    expect(error.message).toContain('The run does not try again by itself; do this again after that.');
    expect(await spend(limit, LEAVER, 400)).toBe(200);
    expect((await failureOf(admit(worker({ limit }), LEAVER))).message).toContain('is used up');
  });

  it.each([
    ['a tenth', {}, 3_000, 2_700],
    ['what the deployment sets', { reservedPerDay: 40 }, 300, 260],
    ['nothing, where the deployment says so', { reservedPerDay: 0 }, 300, 300],
    ['everything, where the budget is as small', {}, 200, 0],
  ])('is %s', async (_, setting, perDay, left) => {
    expect(await spend({ ...limit, perDay, ...setting }, HAND_OVER, perDay + 1)).toBe(left);
  });

  const told = (left: number) => new Headers({ 'x-daily-requests-left': String(left) });

  it('is counted by what the vendor says is left, as others use the token too', async () => {
    const limiter = worker();
    await clock.run(limiter.learn({ headers: told(8_000), refusal: null }));
    writes = 0;
    const error = await failureOf(admit(limiter, HAND_OVER));
    expect(error).toMatchObject({ name: 'VendorDailyLimitError' });
    expect(writes).toBe(0);
    await clock.run(admit(limiter, LEAVER));
    await clock.run(limiter.learn({ headers: told(8_001), refusal: null }));
    await clock.run(admit(limiter, HAND_OVER));
  });

  it('is not used by calls that are made at once, of which no answer has said anything', async () => {
    const limiter = worker();
    await clock.run(limiter.learn({ headers: told(8_002), refusal: null }));
    await clock.run(Promise.all(many(2, () => admit(limiter, HAND_OVER))));
    expect(await failureOf(admit(limiter, HAND_OVER))).toBeInstanceOf(VendorDailyLimitError);
    for (const left of [8_001, 8_000]) await clock.run(limiter.learn({ headers: told(left), refusal: null }));
    expect(await failureOf(admit(limiter, HAND_OVER))).toBeInstanceOf(VendorDailyLimitError);
    // A call that got no answer is not under way any more.
    await clock.run(limiter.learn({ headers: told(8_001), refusal: null }));
    await clock.run(admit(limiter, HAND_OVER));
    await clock.run(limiter.learn({ headers: new Headers(), refusal: null }));
    await clock.run(admit(limiter, HAND_OVER));
  });

  it('is asked about again after ten minutes, as the vendor’s day may begin at another time', async () => {
    const limiter = worker();
    await clock.run(limiter.learn({ headers: told(0), refusal: null }));
    await clock.run(clock.sleep(599_000));
    expect(await failureOf(admit(limiter, AUDIT))).toBeInstanceOf(VendorDailyLimitError);
    await clock.run(clock.sleep(1_000));
    await clock.run(admit(limiter, AUDIT));
  });

  const sinceStart = () => clock.now() - START;
});

describe('a limit that the environment replaces', () => {
  const limiter = (text: string) => {
    vi.stubEnv('COORDINATION_TABLE', 'coordination');
    vi.stubEnv('PIPEDRIVE_RATE_LIMIT', text);
    onTestFinished(() => void vi.unstubAllEnvs());
    return () => limiterFromEnvironment('RATE#pipedrive#rest', 'PIPEDRIVE_RATE_LIMIT', PIPEDRIVE);
  };

  it.each([
    '{"capacity":200,"windowMs":2000}',
    '{"capacity":1,"windowMs":1,"perDay":9}',
    '{"capacity":1,"windowMs":1,"perDay":9,"reservedPerDay":0}',
    '"unknown"',
  ])('may be %s', (text) => {
    expect(limiter(text)).not.toThrow();
  });

  it.each([
    '',
    '80',
    '{"capacity":0,"windowMs":2000}',
    '{"capacity":80}',
    '{"capacity":8,"windowMs":1,"per_day":9}',
  ])('may not be %j', (text) => {
    expect(limiter(text)).toThrow('PIPEDRIVE_RATE_LIMIT must be "unknown" or a limit such as {"capacity":80');
  });
});

describe('a table that cannot be reached', () => {
  const down: RateTable = {
    read: () => Promise.reject(new Error('connect ECONNREFUSED')),
    reserve: () => Promise.reject(new Error('connect ECONNREFUSED')),
    amend: () => Promise.reject(new Error('connect ECONNREFUSED')),
    endDay: () => Promise.reject(new Error('connect ECONNREFUSED')),
    setUsed: () => Promise.reject(new Error('connect ECONNREFUSED')),
  };
  const surface = {
    vendor: 'pipedrive',
    surface: 'rest',
    baseUrlVariable: 'PIPEDRIVE_BASE_URL',
    defaultBaseUrl: 'https://api.pipedrive.com/v1',
    contentType: 'application/json',
    authorization: () => ({}),
    limit: PIPEDRIVE,
  } as const;
  const request = (limiter: Limiter, answer: Response) => {
    const send = vi.fn(async () => answer);
    const http = vendorHttp(surface, { limiter, fetch: send, credential: staticCredential('token') });
    return { send, result: http.request({ ...CALL, answer: z.unknown() }) };
  };

  it.each([PIPEDRIVE, 'unknown'] as const)('stops every call, limit %o', async (limit) => {
    const { send, result } = request(worker({ limit, table: down }), new Response('{}'));
    expect(await failureOf(result)).toBeInstanceOf(LimiterUnavailableError);
    expect(send).not.toHaveBeenCalled();
  });

  it('after the call takes nothing away from its answer', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '2' };
    let calls = 0;
    const dying: RateTable = {
      ...table,
      read: () => {
        calls += 1;
        return calls === 1 ? table.read('RATE#pipedrive#rest') : down.read('');
      },
    };
    const { result } = request(worker({ table: dying }), new Response('{"id":7}', { headers }));
    expect(await clock.run(result)).toEqual({ id: 7 });
  });
});
