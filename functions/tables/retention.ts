/** The variable with the days for which reports, and whatever else runs have written down, are kept; 400 where it is empty. */
export const REPORT_DAYS_VARIABLE = 'REPORT_DAYS';

/** The variable with the days for which is kept who a leaver was; 400 where it is empty. */
export const LEAVER_DAYS_VARIABLE = 'LEAVER_DAYS';

const USUAL_DAYS = 400;

/** For how many days reports are kept. @throws Error when the variable is no number of days */
export function reportDays(): number {
  return daysOf(REPORT_DAYS_VARIABLE);
}

/** For how many days is kept who a leaver was. @throws Error when the variable is no number of days */
export function leaverDays(): number {
  return daysOf(LEAVER_DAYS_VARIABLE);
}

function daysOf(variable: string): number {
  const days = Number(process.env[variable] || USUAL_DAYS);
  if (Number.isInteger(days) && days > 0) return days;
  throw new Error(`${variable}: must be a number of days`);
}
