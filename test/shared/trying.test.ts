import { expect, it, vi } from 'vitest';
import {
  isToBeTold,
  nextTry,
  type Patience,
  patienceFromEnvironment,
  type Trying,
} from '../../functions/shared/trying.ts';

const BEGIN = Date.parse('2026-11-29T10:00:00Z');
const HOUR_MS = 3_600_000;

/** All attempts until patience ends, where each fails at once. */
function failAlways(patience: Patience): Trying[] {
  const all: Trying[] = [];
  let now = BEGIN;
  for (;;) {
    const next = nextTry(all.at(-1) ?? null, { now, reason: 'It is down.' }, patience);
    if (next === null) return all;
    all.push(next);
    now = Date.parse(next.next);
  }
}

const delays = (all: readonly Trying[]) =>
  all.map(
    ({ next }, index) => (Date.parse(next) - Date.parse(all[index - 1]?.next ?? all[0]?.since ?? '')) / 1000,
  );

it('waits longer from one attempt to the next, up to a quarter of an hour, for 72 hours', () => {
  const all = failAlways(patienceFromEnvironment());
  expect(delays(all).slice(0, 8)).toEqual([30, 60, 120, 240, 480, 900, 900, 900]);
  expect(Math.max(...delays(all))).toBe(900);
  const last = Date.parse(all.at(-1)?.next ?? '');
  expect(last - BEGIN).toBeLessThanOrEqual(72 * HOUR_MS);
  expect(last - BEGIN).toBeGreaterThan(72 * HOUR_MS - 900_000);
  expect(all).toHaveLength(291);
  expect(all.map(({ attempts }) => attempts)).toEqual(all.map((_, index) => index + 1));
  expect(new Set(all.map(({ since }) => since))).toEqual(new Set(['2026-11-29T10:00:00.000Z']));
});

it('tells a person when a quarter of an hour has passed, and once only', () => {
  const patience = patienceFromEnvironment();
  const [first] = failAlways(patience);
  if (first === undefined) throw new Error('It was not tried.');
  expect(isToBeTold(first, BEGIN + 899_999, patience)).toBe(false);
  expect(isToBeTold(first, BEGIN + 900_000, patience)).toBe(true);
  expect(isToBeTold({ ...first, told: true }, BEGIN + HOUR_MS, patience)).toBe(false);
});

it('is in proportion where a laptop is less patient', () => {
  vi.stubEnv('PATIENCE_SCALE', '0.01');
  vi.stubEnv('GIVE_UP_AFTER_SECONDS', '60');
  const patience = patienceFromEnvironment();
  expect(patience).toEqual({ first: 0.3, longest: 9, tellAfter: 9, giveUpAfter: 0.6 });
  expect(delays(failAlways(patience))).toEqual([0.3]);
});
