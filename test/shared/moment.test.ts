import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { endOfDay, isTimeZone, startOfDay } from '../../functions/shared/moment.ts';

const isoDate = new Map<string, Intl.DateTimeFormat>();
/** The date that a calendar on the wall shows there. */
function dateIn(timeZone: string, at: number): string {
  const format =
    isoDate.get(timeZone) ??
    new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' });
  isoDate.set(timeZone, format);
  return format.format(at);
}

const DAY = 86_400_000;

/** The difference to UTC there, as `GMT+01:00`. */
function offsetReader(timeZone: string): (at: number) => string {
  const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
  return (at) => format.format(at).split(' ').at(-1) ?? '';
}

/** The first instant in between at which the difference to UTC is another one than at `from`, to the minute. */
function firstChange(offsetAt: (at: number) => string, from: number, to: number): number {
  if (to - from <= 60_000) return to;
  const middle = (from + to) / 2;
  return offsetAt(middle) === offsetAt(from)
    ? firstChange(offsetAt, middle, to)
    : firstChange(offsetAt, from, middle);
}

/** Every clock change of 2026 to 2028, as the runtime's own calendar shows it. */
const CLOCK_CHANGES = Intl.supportedValuesOf('timeZone').flatMap((timeZone) => {
  const offsetAt = offsetReader(timeZone);
  const changes: { timeZone: string; at: number }[] = [];
  for (let at = Date.UTC(2026); at < Date.UTC(2029); at += 7 * DAY)
    if (offsetAt(at) !== offsetAt(at + 7 * DAY))
      changes.push({ timeZone, at: firstChange(offsetAt, at, at + 7 * DAY) });
  return changes;
});

describe('the start of a day', () => {
  it.each([
    ['2026-11-30', 'UTC', '2026-11-30T00:00:00.000Z'],
    ['2026-11-30', 'Europe/Berlin', '2026-11-29T23:00:00.000Z'],
    ['2026-06-30', 'Europe/Berlin', '2026-06-29T22:00:00.000Z'],
    ['2026-11-30', 'America/New_York', '2026-11-30T05:00:00.000Z'],
    ['2026-11-30', 'Pacific/Auckland', '2026-11-29T11:00:00.000Z'],
    ['2026-11-30', 'Asia/Kathmandu', '2026-11-29T18:15:00.000Z'],
    ['2028-02-29', 'UTC', '2028-02-29T00:00:00.000Z'],
  ])('%s in %s is %s', (date, timeZone, instant) => {
    expect(startOfDay(date, timeZone).toISOString()).toBe(instant);
  });

  it.each([
    // The clocks go from 00:00 to 01:00, so the day has no midnight.
    ['2026-04-24', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    ['2026-09-06', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
  ])('%s in %s, whose midnight is skipped, is %s', (date, timeZone, instant) => {
    expect(startOfDay(date, timeZone).toISOString()).toBe(instant);
  });

  it('is the first of two midnights where the clocks go back from 01:00 to 00:00', () => {
    expect(startOfDay('2026-11-01', 'America/Havana').toISOString()).toBe('2026-11-01T04:00:00.000Z');
  });
});

describe('the end of a day', () => {
  it.each([
    ['2026-11-30', 'Europe/Berlin', '2026-11-30T23:00:00.000Z'],
    ['2026-10-25', 'Europe/Berlin', '2026-10-25T23:00:00.000Z'],
    ['2026-03-29', 'Europe/Berlin', '2026-03-29T22:00:00.000Z'],
    ['2026-11-30', 'America/New_York', '2026-12-01T05:00:00.000Z'],
    ['2026-12-31', 'Pacific/Auckland', '2026-12-31T11:00:00.000Z'],
    ['2026-02-28', 'UTC', '2026-03-01T00:00:00.000Z'],
    ['2026-04-23', 'Africa/Cairo', '2026-04-23T22:00:00.000Z'],
    ['2026-09-05', 'America/Santiago', '2026-09-06T04:00:00.000Z'],
  ])('%s in %s is %s', (date, timeZone, instant) => {
    expect(endOfDay(date, timeZone).toISOString()).toBe(instant);
  });
});

describe('everywhere and always', () => {
  const timeZone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
  const date = fc
    .date({ min: new Date('2024-01-01'), max: new Date('2060-12-30'), noInvalidDate: true })
    .map((day) => day.toISOString().slice(0, 10));

  it('a day starts at the first instant at which the calendar there shows it', () => {
    fc.assert(
      fc.property(date, timeZone, (day, zone) => {
        const start = startOfDay(day, zone).getTime();
        expect(dateIn(zone, start)).toBe(day);
        expect(dateIn(zone, start - 1) < day).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('a day is over at the first instant of another date, 22 to 26 hours later', () => {
    fc.assert(
      fc.property(date, timeZone, (day, zone) => {
        const end = endOfDay(day, zone).getTime();
        expect(dateIn(zone, end - 1)).toBe(day);
        expect(dateIn(zone, end) > day).toBe(true);
        // Antarctica/Troll moves its clocks by two hours.
        const hours = (end - startOfDay(day, zone).getTime()) / 3_600_000;
        expect(hours).toBeGreaterThanOrEqual(22);
        expect(hours).toBeLessThanOrEqual(26);
      }),
      { numRuns: 500 },
    );
  });
});

describe.each(['Europe/Berlin', 'America/Los_Angeles', 'Australia/Sydney'])('on a machine in %s', (host) => {
  const hostBefore = process.env.TZ;
  afterEach(() => {
    if (hostBefore === undefined) delete process.env.TZ;
    else process.env.TZ = hostBefore;
  });
  const moveTo = (timeZone: string) => {
    process.env.TZ = timeZone;
    expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(timeZone);
  };

  // Days on which the machine's own clock changes, too.
  it.each([
    ['2027-10-30', 'America/Nuuk', '2027-10-31T02:00:00.000Z'],
    ['2026-03-07', 'America/Havana', '2026-03-08T05:00:00.000Z'],
    ['2026-04-04', 'America/Santiago', '2026-04-05T04:00:00.000Z'],
  ])('the end of %s in %s is %s', (date, timeZone, instant) => {
    moveTo(host);
    expect(endOfDay(date, timeZone).toISOString()).toBe(instant);
  });

  it('every day around every clock change of 2026 to 2028 starts and ends when the calendar there says', () => {
    moveTo(host);
    const wrong = CLOCK_CHANGES.flatMap(({ timeZone, at }) =>
      [-1, 0, 1].flatMap((days) => {
        const day = dateIn(timeZone, at + days * DAY);
        const start = startOfDay(day, timeZone).getTime();
        const end = endOfDay(day, timeZone).getTime();
        const starts = dateIn(timeZone, start) === day && dateIn(timeZone, start - 1) < day;
        const ends = dateIn(timeZone, end - 1) === day && dateIn(timeZone, end) > day;
        return starts && ends ? [] : [`${day} in ${timeZone}`];
      }),
    );
    expect(CLOCK_CHANGES.length).toBeGreaterThan(500);
    expect(wrong).toEqual([]);
  });
});

it('knows the names of time zones', () => {
  for (const name of ['Europe/Berlin', 'UTC', 'America/Argentina/Buenos_Aires'])
    expect(isTimeZone(name)).toBe(true);
  for (const name of ['', 'Berlin', 'Europe/Atlantis', 'Mars/Olympus']) expect(isTimeZone(name)).toBe(false);
});
