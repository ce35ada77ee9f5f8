import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { trainingDeadline } from '../../functions/training/start.ts';
import { waitSeconds } from '../../functions/training/waits.ts';
import { loadStateMachine } from '../../state-machines/load.ts';

const HOUR = 3600;
const DAY = 24 * HOUR;
const STARTED_AT = Date.UTC(2026, 0, 5, 9);

/** All waits of a follow-up that stays pending, in seconds, after the hour that the state machine begins with. */
function waitsUntil(deadline: number): number[] {
  const waits: number[] = [];
  let now = STARTED_AT + HOUR * 1000;
  for (;;) {
    const wait = waitSeconds({ startedAt: STARTED_AT, deadline, now });
    if (wait === 0) return waits;
    waits.push(wait);
    now += wait * 1000;
  }
}

describe('the waits of a follow-up', () => {
  const MONTH = STARTED_AT + 30 * DAY * 1000;

  it('double up to a day, and end at the deadline', () => {
    const waits = waitsUntil(MONTH);
    expect(waits.slice(0, 6)).toEqual([1, 2, 4, 8, 16, 24].map((hours) => hours * HOUR));
    expect(Math.max(...waits)).toBe(DAY);
    expect(HOUR + waits.reduce((sum, wait) => sum + wait, 0)).toBe(30 * DAY);
  });

  it('are an hour at least, where a round is early', () => {
    for (const passed of [0, 1, 59 * 60])
      expect(waitSeconds({ startedAt: STARTED_AT, deadline: MONTH, now: STARTED_AT + passed * 1000 })).toBe(
        HOUR,
      );
  });

  it('are whole seconds, never below one, and none is left at the deadline', () => {
    for (const left of [1, 999, 1001, 60_500])
      expect(waitSeconds({ startedAt: STARTED_AT, deadline: MONTH, now: MONTH - left })).toBe(
        Math.ceil(left / 1000),
      );
    for (const past of [0, 1, 1e9])
      expect(waitSeconds({ startedAt: STARTED_AT, deadline: MONTH, now: MONTH + past })).toBe(0);
  });
});

describe('the deadline', () => {
  const NOW = '2026-01-05T09:00:00.000Z';

  it.each([
    ['the first day', '2026-02-01', NOW, '2026-03-03T00:00:00.000Z'],
    ['the onboarding, where that was later', '2025-12-01', NOW, '2026-02-04T09:00:00.000Z'],
    ['no later than an execution lives', '2028-01-01', NOW, '2026-12-31T09:00:00.000Z'],
    [
      'the first day, for which an onboarding has waited for a year',
      '2027-01-05',
      '2027-01-05T00:01:00.000Z',
      '2027-02-04T00:01:00.000Z',
    ],
  ])('counts from %s', (_, startDate, now, deadline) => {
    expect(trainingDeadline(startDate, 30, Date.parse(now))).toBe(deadline);
  });
});

describe('the history of an execution', () => {
  // https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
  const MOST_EVENTS = 25_000;
  const Retry = z.object({
    IntervalSeconds: z.number(),
    BackoffRate: z.number(),
    MaxDelaySeconds: z.number(),
    MaxAttempts: z.int(),
  });
  const Task = z.object({ Retry: z.tuple([Retry], Retry) });
  const { DrataCheckTraining } = loadStateMachine('training-follow-up').States;
  const { Retry: retriers } = z.parse(Task, DrataCheckTraining);
  const retries = retriers.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);
  // TaskScheduled, TaskStarted and TaskFailed or TaskSucceeded for each attempt; the three states' entries and exits.
  const mostEventsOfARound = 3 * (1 + retries) + 6;

  it('bears a Drata that is down for hours', () => {
    const [{ IntervalSeconds, BackoffRate, MaxDelaySeconds, MaxAttempts }] = retriers;
    const delays = Array.from({ length: MaxAttempts }, (_, attempt) =>
      Math.min(IntervalSeconds * BackoffRate ** attempt, MaxDelaySeconds),
    );
    // Full jitter takes half of it on average.
    expect(delays.reduce((sum, delay) => sum + delay, 0) / 2).toBeGreaterThan(4 * HOUR);
  });

  it.each([30, 300])(
    'has room for every round when training is due after %i days, whatever fails',
    (dueDays) => {
      for (let ahead = 0; ahead <= 3 * 365; ahead += 5) {
        const startDate = new Date(STARTED_AT + ahead * DAY * 1000).toISOString().slice(0, 10);
        const deadline = trainingDeadline(startDate, dueDays, STARTED_AT);
        const rounds = 1 + waitsUntil(Date.parse(deadline)).length;
        expect(rounds).toBeLessThanOrEqual(115);
        expect(rounds * mostEventsOfARound).toBeLessThan(MOST_EVENTS / 2);
      }
    },
  );
});
