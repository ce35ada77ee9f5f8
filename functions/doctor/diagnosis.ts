import type { Check, CheckName, Diagnosis } from '../tables/diagnosis-store.ts';

type Surface = Check['surface'];

export function ok(name: CheckName, finding: string, surface: Surface = 'rest'): Check {
  return { name, surface, status: 'ok', finding, advice: null };
}

export function unknown(name: CheckName, finding: string, surface: Surface = 'rest'): Check {
  return { name, surface, status: 'unknown', finding, advice: null };
}

export function wrong(name: CheckName, finding: string, advice: string, surface: Surface = 'rest'): Check {
  return { name, surface, status: 'wrong', finding, advice };
}

/** The findings that a summary shows where nothing is wrong, in this order. */
const TELLING: readonly CheckName[] = ['dialect', 'owner', 'admin', 'limit', 'scim'];

/** A diagnosis of checks. @param checkedAt in epoch milliseconds */
export function diagnosisOf(
  facts: Pick<Diagnosis, 'app' | 'dialect' | 'answers' | 'checks'>,
  checkedAt: number,
): Diagnosis {
  const { app, dialect, answers, checks } = facts;
  const faults = checks.filter(({ status }) => status === 'wrong');
  return {
    ...{ app, status: faults.length > 0 ? 'wrong' : 'ok' },
    summary: faults.length > 0 ? summaryOfFaults(faults) : summaryOf(checks),
    ...{ dialect, answers, checkedAt: new Date(checkedAt).toISOString(), checks },
  };
}

function summaryOfFaults(faults: readonly Check[]): string {
  const [first] = faults;
  const more = faults.length > 1 ? ` (+${faults.length - 1})` : '';
  return first === undefined ? '' : `${first.finding}: ${first.advice}${more}`;
}

/** That there is no SCIM is not worth a place in the line. */
function isTelling(name: CheckName): (check: Check) => boolean {
  return (check) =>
    check.name === name && check.status === 'ok' && (name === 'scim') === (check.surface === 'scim');
}

function summaryOf(checks: readonly Check[]): string {
  const found = TELLING.flatMap((name) => checks.filter(isTelling(name)));
  return found.map(({ finding }) => finding).join(', ');
}
