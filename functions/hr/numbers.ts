import { hiredDetail, isElsewhere, tellHire } from './joiners.ts';
import type { Look } from './look.ts';

/** A new number under the same record is the same person. @returns whether it was told */
export function takeNewNumber(look: Look): boolean {
  const { known, worker } = look;
  const { employeeNumber } = worker;
  const { employeeId } = known;
  if (employeeNumber == null || employeeNumber === employeeId || known.hire === null || known.hire.assumed)
    return false;
  known.employeeId = employeeNumber;
  const detail = hiredDetail(look, employeeId);
  if (detail === null || isElsewhere(look)) {
    known.employeeId = employeeId;
    return false;
  }
  tellHire(look, detail);
  return true;
}

/** Whom no event has named may have another number without telling. */
export function renumberUntold({ known, worker }: Look): void {
  const { hire, termination } = known;
  const { employeeNumber } = worker;
  if (employeeNumber != null && termination === null && (hire === null || hire.assumed))
    known.employeeId = employeeNumber;
}
