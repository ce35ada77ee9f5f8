import { sameEmail } from '../shared/email.ts';
import type { Personnel } from './personnel-reads.ts';

/** Somebody as HR knows them; null is what HR does not tell. Dates are ISO dates. */
export type DrataHire = {
  employeeId: string;
  email: string;
  firstName: string;
  lastName: string;
  title: string | null;
  department: string | null;
  employmentType: string | null;
  startDate: string;
  managerEmail: string | null;
};

/** What HR says about a person and Drata keeps in a field of its own. */
const HR_FIELDS = [
  'firstName',
  'lastName',
  'title',
  'department',
  'employmentType',
  'startDate',
  'externalId',
  'managerId',
] as const;
export type HrFields = Record<(typeof HR_FIELDS)[number], string | null>;

/** The fields of a hire's record. @param managerId the manager's record; null when it is not known. */
export function hrFields(hire: DrataHire, managerId: string | null): HrFields {
  const { employeeId, firstName, lastName, title, department, employmentType, startDate } = hire;
  return {
    firstName,
    lastName,
    title,
    department,
    employmentType,
    startDate,
    externalId: employeeId,
    managerId,
  };
}

/** The id of the one record with the manager's address; null when none or several have it: that stops no hire. */
export function idOfManager(everybody: readonly Personnel[], managerEmail: string | null): string | null {
  if (managerEmail === null) return null;
  const managers = everybody.filter(({ email }) => sameEmail(email ?? '', managerEmail));
  const [manager] = managers;
  return manager === undefined || managers.length > 1 ? null : manager.id;
}

/** The body that brings a record in line with HR and makes it active; empty when nothing differs. */
export function differences(personnel: Personnel, wanted: HrFields): Record<string, unknown> {
  return {
    ...differingFields(personnel, wanted),
    ...(personnel.isActive === true ? {} : { isActive: true }),
    // Drata would go on with the offboarding if the end date stayed.
    ...(personnel.endDate === null ? {} : { endDate: null }),
  };
}

/** The wanted fields that the record does not have yet. What HR does not tell is not wanted. */
export function differingFields(personnel: Partial<Personnel>, wanted: HrFields): Record<string, unknown> {
  const current = (field: (typeof HR_FIELDS)[number]) => {
    const value = personnel[field] ?? null;
    return field === 'startDate' ? dayOf(value) : value;
  };
  const differing = HR_FIELDS.filter((field) => wanted[field] !== null && current(field) !== wanted[field]);
  return Object.fromEntries(differing.map((field) => [field, wanted[field]]));
}

/** The day of a date. Drata documents dates without a time; a time that is there all the same says nothing more. */
export function dayOf(date: string | null): string | null {
  return date === null ? null : date.slice(0, 10);
}
