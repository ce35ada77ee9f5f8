import { addDays, create, toZonedDateTime } from 'temporal-polyfill/fns/PlainDate';

/**
 * The first instant of a calendar day in a time zone. Where a clock change skips midnight, it is the first
 * instant that exists on that day.
 *
 * @param date an ISO date, `2026-11-30`.
 * @param timeZone an IANA name, `Europe/Berlin`.
 */
export function startOfDay(date: string, timeZone: string): Date {
  return startOfDayPlus(date, timeZone, 0);
}

/** The instant at which a calendar day is over in a time zone: the start of the next. */
export function endOfDay(date: string, timeZone: string): Date {
  return startOfDayPlus(date, timeZone, 1);
}

/** Whether the runtime knows this time zone. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

function startOfDayPlus(date: string, timeZone: string, days: number): Date {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const wanted = addDays(create(year, month, day), days);
  return new Date(toZonedDateTime(wanted, timeZone).epochMilliseconds);
}
