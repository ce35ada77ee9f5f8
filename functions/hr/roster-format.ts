import * as z from 'zod/mini';
import type { FieldAliases } from '../files/columns.ts';
import { comparable } from './patterns.ts';
import type { Worker } from './worker.ts';

/** The fields of a worker, and how exports call their columns. */
export const ROSTER_COLUMNS = {
  sourceId: ['worker id', 'employee id', 'person id', 'id', 'employee uuid', 'uuid', 'eeid', 'associate id'],
  employeeNumber: ['employee #', 'employee no', 'employee number', 'personnel number', 'staff number'],
  previousId: ['previous employee id', 'previous employee number', 'former employee id'],
  firstName: ['given name', 'forename', 'legal first name'],
  lastName: ['surname', 'family name', 'legal last name'],
  workEmail: ['email', 'email address', 'work email address', 'business email', 'company email'],
  title: ['job title', 'position', 'business title', 'position title'],
  department: ['department name', 'team', 'team name'],
  location: ['work location', 'office', 'site'],
  employmentType: ['employment status', 'worker type', 'employee type', 'contract type'],
  managerId: ['manager employee id', 'supervisor id', 'reports to id', 'manager number'],
  managerEmail: ['supervisor email', 'reports to email', 'manager work email'],
  startDate: ['hire date', 'employment start date', 'first day', 'date of joining', 'join date'],
  lastDay: ['last day of work', 'last working day', 'termination date', 'end date', 'leave date'],
  terminationReason: ['reason for leaving', 'leaving reason', 'termination type'],
  status: ['worker status', 'employee status', 'state'],
} as const satisfies FieldAliases<keyof Worker>;
export type RosterField = keyof typeof ROSTER_COLUMNS;
const FIELDS = ['sourceId', ...Object.keys(ROSTER_COLUMNS).slice(1)] as [RosterField, ...RosterField[]];

const Status = z.enum(['prehire', 'active', 'leave', 'inactive']);

/** How days are written: YYYY, MM or M, and DD or D, with whatever stands between them. */
export const DateFormat = z
  .string()
  .check(z.refine(isDateFormat, { error: 'must have YYYY, MM or M, and DD or D, each once' }));
export const USUAL_DATES = 'YYYY-MM-DD';

/** How a company's export is read. Whatever is not declared is never guessed. */
export const RosterFormat = z.strictObject({
  /** Field → column; the usual names need no entry. */
  columns: z._default(z.partialRecord(z.enum(FIELDS), z.string().check(z.minLength(1))), {}),
  dates: z._default(DateFormat, USUAL_DATES),
  /** What the export's words for a status mean, besides the usual ones. */
  statuses: z._default(z.record(z.string(), Status), {}),
});
export type RosterFormat = z.infer<typeof RosterFormat>;

export const PLAIN_FORMAT: RosterFormat = { columns: {}, dates: USUAL_DATES, statuses: {} };

const USUAL_STATUSES: Record<z.infer<typeof Status>, readonly string[]> = {
  prehire: ['prehire', 'pre-hire', 'pending', 'onboarding', 'future hire', 'not started'],
  active: ['active', 'current', 'employed', 'yes', 'true', '1'],
  leave: ['leave', 'on leave', 'leave of absence'],
  inactive: ['inactive', 'terminated', 'left', 'former', 'retired', 'deceased', 'no', 'false', '0'],
};

/** The status that a word means; undefined where nobody has said. */
export function statusOf(word: string, { statuses }: RosterFormat): Worker['status'] {
  const declared = Object.entries(statuses).find(([name]) => comparable(name) === comparable(word));
  if (declared !== undefined) return declared[1];
  const usual = Object.entries(USUAL_STATUSES).find(([, words]) => words.includes(comparable(word)));
  return Status.safeParse(usual?.[0]).data;
}

const PARTS = /YYYY|MM|M|DD|D/g;

function isDateFormat(format: string): boolean {
  const parts = format.match(PARTS)?.map((part) => part[0]);
  return parts?.toSorted().join('') === 'DMY';
}

/** A day as ISO has it; undefined where it is not written in the declared way, or is no day of the calendar. */
export function dayOf(text: string, format: string): string | undefined {
  const order = format.match(PARTS) ?? [];
  const pattern = format
    .split(PARTS)
    .map((between) => between.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'))
    .reduce((whole, between, index) => `${whole}${patternOf(order[index - 1] ?? '')}${between}`);
  const found = new RegExp(`^${pattern}$`).exec(text.trim());
  if (found === null) return undefined;
  const part = (letter: string) => found[order.findIndex((name) => name.startsWith(letter)) + 1] ?? '';
  const day = `${part('Y')}-${part('M').padStart(2, '0')}-${part('D').padStart(2, '0')}`;
  return z.safeParse(z.iso.date(), day).data;
}

function patternOf(part: string): string {
  if (part === 'YYYY') return String.raw`(\d{4})`;
  return part.length === 2 ? String.raw`(\d{2})` : String.raw`(\d{1,2})`;
}
