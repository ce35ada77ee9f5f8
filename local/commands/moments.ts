/** An instant as a clock on the wall shows it in a time zone, such as the employee's; in UTC where none is known. */
export function momentIn(instant: Date | string, timeZone: string | null): string {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ dateStyle: 'medium', timeStyle: 'short' },
    timeZone: timeZone ?? 'UTC',
  });
  const moment = format.format(new Date(instant));
  return timeZone === null ? `${moment} UTC` : `${moment} in ${timeZone}`;
}
