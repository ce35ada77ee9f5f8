import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Admission, admit, allowance, fullWindow } from '../../functions/gate/count.ts';
import { numberOfPeople, takeRoom } from '../../functions/gate/room.ts';
import type { RosterRow, RosterStore } from '../../functions/tables/roster-store.ts';
import { memoryGateStore } from './memory-gate-store.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-11-29T12:00:00Z');
const LIMIT = { people: 5, percent: 5 };

/** A roster of so many people who work here, and one who has left. */
function rosterOf(people: number): Pick<RosterStore, 'readAll'> & { reads: number } {
  const row = (number: number, login: RosterRow['login']) => ({ employeeId: `R-${number}`, login });
  const rows = [...Array.from({ length: people }, (_, n) => row(n, 'open')), row(people, 'shut')];
  const roster = {
    reads: 0,
    readAll: async function* () {
      roster.reads += 1;
      // Only these fields are read.
      yield rows as unknown as RosterRow[];
    },
  };
  return roster;
}

function gate(people: number) {
  const counts = memoryGateStore();
  const roster = rosterOf(people);
  let now = START;
  const sources = { counts, roster, now: () => now, sleep: async () => {} };
  return {
    roster,
    counts,
    sources,
    at: (moment: number) => {
      now = moment;
    },
    arrive: (employeeId: string, takes = true) =>
      takeRoom(sources, { kind: 'offboarding', employeeId, limit: LIMIT, takes }),
  };
}

it.each([
  [0, 5],
  [99, 5],
  [100, 5],
  [120, 6],
  [10_000, 500],
])('of %i people %i may go in a day, and twice as many in a week', (people, day) => {
  expect(allowance(LIMIT, people)).toEqual({ day, week: 2 * day });
});

it('lets exactly the allowed number go when 500 arrive at once', async () => {
  const { arrive } = gate(200);
  const answers = await Promise.all(Array.from({ length: 500 }, (_, n) => arrive(`E-${n}`)));
  expect(answers.filter((full) => full === null)).toHaveLength(10);
  expect(answers.find((full) => full !== null)).toEqual({ window: 'day', allowed: 10 });
});

it('counts a person once, also when the run is counted again after a crash', async () => {
  const { arrive, counts } = gate(5);
  for (let n = 0; n < 5; n += 1) expect(await arrive(`E-${n}`)).toBeNull();
  expect(await arrive('E-0')).toBeNull();
  expect(await arrive('E-9')).toEqual({ window: 'day', allowed: 5 });
  expect(
    new Set((await counts.read('offboarding')).admissions.map(({ employeeId }) => employeeId)).size,
  ).toBe(5);
});

it('has room again after a day, and after a week where that was full', async () => {
  const { arrive, at } = gate(5);
  for (let n = 0; n < 5; n += 1) await arrive(`E-${n}`);
  at(START + DAY - 1);
  expect(await arrive('E-10')).toEqual({ window: 'day', allowed: 5 });
  at(START + DAY);
  for (let n = 10; n < 15; n += 1) expect(await arrive(`E-${n}`)).toBeNull();
  at(START + 2 * DAY);
  expect(await arrive('E-20')).toEqual({ window: 'week', allowed: 10 });
  at(START + 7 * DAY);
  expect(await arrive('E-20')).toBeNull();
});

it('takes no room when it only looks', async () => {
  const { arrive, counts } = gate(5);
  expect(await arrive('E-1', false)).toBeNull();
  expect((await counts.read('offboarding')).admissions).toEqual([]);
});

it('counts who works here only where it makes a difference, and once an hour', async () => {
  const { arrive, roster, sources, at } = gate(7);
  for (let n = 0; n < 5; n += 1) await arrive(`E-${n}`);
  expect(roster.reads).toBe(0);
  await arrive('E-5');
  const reads = roster.reads;
  await arrive('E-6');
  expect(roster.reads).toBe(reads);
  at(START + HOUR);
  expect(await numberOfPeople(sources)).toBe(7);
  expect(roster.reads).toBe(2 * reads);
});

it('does not go back in time with a clock that is behind', async () => {
  const { arrive, at, counts } = gate(5);
  await arrive('E-1');
  at(START - HOUR);
  await arrive('E-2');
  expect((await counts.read('offboarding')).admissions.map(({ at: time }) => time)).toEqual([START, START]);
});

it('never lets more people through than are allowed in any window, however they arrive', () => {
  const arrivals = fc.array(fc.record({ person: fc.nat(30), afterMs: fc.nat(12 * HOUR) }), {
    maxLength: 120,
  });
  fc.assert(
    fc.property(arrivals, fc.integer({ min: 0, max: 8 }), (all, day) => {
      const allowed = { day, week: 2 * day };
      let admissions: Admission[] = [];
      const gone: Admission[] = [];
      let now = START;
      for (const { person, afterMs } of all) {
        now += afterMs;
        const employeeId = `E-${person}`;
        if (fullWindow(admissions, employeeId, allowed, now) !== null) continue;
        admissions = admit(admissions, employeeId, now);
        gone.push({ employeeId, at: now });
      }
      const within = (from: number, ms: number) =>
        new Set(gone.filter(({ at }) => at >= from && at < from + ms).map(({ employeeId }) => employeeId))
          .size;
      for (const { at } of gone) {
        expect(within(at, DAY)).toBeLessThanOrEqual(allowed.day);
        expect(within(at, 7 * DAY)).toBeLessThanOrEqual(allowed.week);
      }
    }),
  );
});
