import { addDays, create, toZonedDateTime } from 'temporal-polyfill/fns/PlainDate';

/**
 * The first instant of a calendar day in a time zone. Where a clock change skips midnight, it is the first
 * instant that exists on that day.
 *
 * @param date an ISO date, `2026-11-30`.
 * @param timeZone an IANA name, `Europe/Berlin`.
 * @param plusDays so many days after the date, or before it.
 */
export function startOfDay(date: string, timeZone: string, plusDays = 0): Date {
  return startOfDayPlus(date, timeZone, plusDays);
}

/** The instant at which a calendar day is over in a time zone: the start of the next. */
export function endOfDay(date: string, timeZone: string): Date {
  return startOfDayPlus(date, timeZone, 1);
}

/** The calendar day that it is in a time zone at an instant, as an ISO date. @param now in epoch milliseconds. */
export function dayAt(now: number, timeZone: string): string {
  return dayFormat(timeZone).format(now);
}

// Making one takes longer than all else that is done about a person of a roster.
const dayFormats = new Map<string, Intl.DateTimeFormat>();

/** @throws RangeError where the runtime does not know the time zone. */
function dayFormat(timeZone: string): Intl.DateTimeFormat {
  const known = dayFormats.get(timeZone);
  // Swedish writes a date as ISO does.
  const format = known ?? new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' });
  dayFormats.set(timeZone, format);
  return format;
}

/** Whether the runtime knows this time zone. */
export function isTimeZone(name: string): boolean {
  try {
    dayFormat(name);
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
