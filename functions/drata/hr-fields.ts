import { sameEmail } from '../shared/email.ts';
import type { ShownFact } from '../shared/shown-facts.ts';
import { sameText } from '../vendor/same-text.ts';
import { HR_FIELDS, type HrField, type Personnel } from './dialect/calls.ts';

/** Somebody as HR knows them; null is what HR does not tell. Dates are ISO dates. */
export type DrataPerson = {
  employeeId: string;
  email: string | null;
  firstName: string | null;
  lastName: string | null;
  title: string | null;
  department: string | null;
  employmentType: string | null;
  startDate: string | null;
  managerEmail: string | null;
};

/** Somebody for whom a record is created. */
export type DrataHire = DrataPerson & { email: string; firstName: string; lastName: string };

/** Null is what is not wanted: whatever is there stays. */
export type HrFields = Record<HrField, string | null>;

/** The fields of a hire's record. @param managerId the manager's record; null when it is not known. */
export function hrFields(person: DrataPerson, managerId: string | null): HrFields {
  const { employeeId, managerEmail: _, ...facts } = person;
  return { ...facts, externalId: employeeId, managerId };
}

/** The wanted fields that a dialect can write. */
export function writableFields(wanted: HrFields, writes: ReadonlySet<HrField>): HrFields {
  const fields = HR_FIELDS.map((field) => [field, writes.has(field) ? wanted[field] : null] as const);
  return { ...wanted, ...Object.fromEntries(fields) };
}

const IN_WORDS: Partial<Record<HrField, string>> = {
  email: 'address',
  firstName: 'first name',
  lastName: 'last name',
  title: 'title',
  department: 'department',
  employmentType: 'employment type',
  startDate: 'first day',
  managerId: 'manager',
};

const SHOWN_AS: Readonly<Record<string, ShownFact>> = {
  email: 'email',
  firstName: 'name',
  lastName: 'name',
  title: 'title',
  department: 'department',
};

/**
 * What HR tells of somebody that a dialect cannot write and the record does not show yet.
 * HR's own number is not among it: no person has to enter that.
 */
export function unwritableFields(
  personnel: Partial<Personnel>,
  person: DrataPerson,
  { wanted, writes }: { wanted: HrFields; writes: ReadonlySet<HrField> },
): HrField[] {
  const isManagerLeft = person.managerEmail !== null && !writes.has('managerId');
  const differing = differingFields(personnel, wanted);
  return HR_FIELDS.filter((field) => {
    if (field === 'managerId') return isManagerLeft;
    return field in IN_WORDS && field in differing && !writes.has(field);
  });
}

/** Fields as a person calls them. */
export function inWords(fields: readonly HrField[]): string {
  return new Intl.ListFormat('en-GB').format(fields.map((field) => IN_WORDS[field] ?? field));
}

/** The facts that some fields of a record show. */
export function shownBy(fields: readonly string[]): ShownFact[] {
  return [...new Set(fields.flatMap((field) => SHOWN_AS[field] ?? []))];
}

/** What can be new about somebody who has a record: neither the day they began nor HR's number of them. */
export function newsFields(person: DrataPerson, managerId: string | null): HrFields {
  return { ...hrFields(person, managerId), employmentType: null, startDate: null, externalId: null };
}

/** The wanted fields that the record does not have yet. */
export function differingFields(personnel: Partial<Personnel>, wanted: HrFields): Record<string, unknown> {
  const differing = HR_FIELDS.filter((field) => {
    const value = wanted[field];
    return value !== null && !isSame(field, personnel[field] ?? null, value);
  });
  return Object.fromEntries(differing.map((field) => [field, wanted[field]]));
}

/** What makes a record active that has ended; empty when it is. @param clearsEndDate whether Drata can be told so */
export function reopening({ isActive, endDate }: Personnel, clearsEndDate: boolean): Record<string, unknown> {
  return {
    ...(isActive === true ? {} : { isActive: true }),
    // Drata would go on with the offboarding if the end date stayed.
    ...(endDate === null || !clearsEndDate ? {} : { endDate: null }),
  };
}

/** The day of a date. Drata documents dates without a time; a time that is there all the same says nothing more. */
export function dayOf(date: string | null | undefined): string | null {
  return date?.slice(0, 10) ?? null;
}

/** The fields that are texts: an app may keep them in its own form, and nothing else depends on them. */
const TEXTS: ReadonlySet<string> = new Set<HrField>(['firstName', 'lastName', 'title', 'department']);

/** Whether nothing but texts is left to write. */
export function areTexts(differing: Record<string, unknown>): boolean {
  return Object.keys(differing).every((field) => TEXTS.has(field));
}

/** Whether a record shows after a write what it showed before. */
export function showsTheSame(before: Personnel, after: Personnel): boolean {
  return HR_FIELDS.every((field) => before[field] === after[field]);
}

function isSame(field: HrField, current: string | null, wanted: string): boolean {
  if (field === 'email') return sameEmail(current ?? '', wanted);
  if (TEXTS.has(field)) return sameText(current, wanted);
  return (field === 'startDate' ? dayOf(current) : current)?.trim() === wanted.trim();
}
