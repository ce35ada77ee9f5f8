import * as z from 'zod/mini';
import { type FieldAliases, mapColumns } from '../files/columns.ts';
import { DELIMITERS } from '../files/csv-rows.ts';
import type { FileReader } from '../files/file-store.ts';
import { openSource, readRows } from '../files/row-source.ts';
import type { SourceRow } from '../files/source-row.ts';
import { dayOf, PLAIN_FORMAT, ROSTER_COLUMNS, statusOf } from '../hr/roster-format.ts';
import { EmailAddress } from '../shared/email.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { EmployeeId } from '../shared/events.ts';
import { describeIssues } from '../shared/issues.ts';

const { employeeNumber, sourceId, workEmail, firstName, lastName, title, department } = ROSTER_COLUMNS;
const { managerEmail, startDate, lastDay, status, employmentType } = ROSTER_COLUMNS;

/** The fields of a person, and how exports of HR systems call their columns: as rosters do. */
const COLUMNS = {
  employeeId: employeeNumber,
  /** Stands in where there is no number, as in a roster. */
  sourceId,
  email: ['work email', ...workEmail],
  ...{ firstName, lastName, title, department, managerEmail },
  timeZone: ['tz'],
  ...{ startDate, lastDay, status },
  /** Stands in where there is no status: some exports say there that somebody was terminated. */
  employmentType,
} as const satisfies FieldAliases<string>;
type Field = keyof typeof COLUMNS;

/** The fields that a mapping may name. */
export const PERSON_FIELDS: readonly string[] = Object.keys(COLUMNS).filter(
  (field) => field !== 'sourceId' && field !== 'employmentType',
);

const REQUIRED = ['employeeId', 'email', 'firstName', 'lastName'] as const satisfies Field[];
const Text = z.string().check(z.minLength(1), z.maxLength(200));
const Known = z.nullable(Text);
const Day = z.nullable(z.iso.date());

const Row = z.object({
  employeeId: EmployeeId,
  /** Null for somebody who has none yet; no account can be theirs then. */
  email: z.nullable(EmailAddress),
  firstName: Text,
  lastName: Text,
  ...{ title: Known, department: Known, managerEmail: z.nullable(EmailAddress), timeZone: Known },
  ...{ startDate: Day, lastDay: Day, status: Known },
});

/** Somebody of the file. `hasLeft` is told by the status, or by a last day that is over. */
export type Person = Omit<z.infer<typeof Row>, 'status'> & { hasLeft: boolean };

const MOST_PROBLEMS = 20;

/** How a file is read: columns with names of their own, and how days are written. */
export type PeopleFormat = { columns: Record<string, string>; dates: string };

/**
 * The people of a file, which is read as a roster is: CSV with a header, or JSON.
 *
 * @param format field → column, for columns whose names are not the usual ones; and how days are written.
 * @param today as an ISO day.
 * @throws InvalidInputError with what is wrong, row by row; nothing of the file is used then.
 */
export async function readPeople(
  files: FileReader,
  file: string,
  { columns: mapping, dates }: PeopleFormat,
  today: string,
): Promise<Person[]> {
  const { header, rows } = await readAll(files, file);
  const broken = rows.flatMap(({ number, problem }) =>
    problem === null ? [] : [`row ${number} ${problem}`],
  );
  if (header.length === 0 && broken.length > 0) throw refused(file, broken);
  const { columns, problems } = mapColumns<Field>(header, COLUMNS, mapping);
  const { employeeId: numbers = columns.sourceId, status: words = columns.employmentType } = columns;
  if (numbers !== undefined) columns.employeeId = numbers;
  if (words !== undefined) columns.status = words;
  const lacking = REQUIRED.filter((field) => columns[field] === undefined);
  if (lacking.length > 0)
    problems.push(
      `no column is ${lacking.join(', ')}; the file has ${header.join(', ')}. Say which is which in columns (--columns ${lacking[0]}=COLUMN)`,
    );
  if (problems.length > 0) throw refused(file, problems);
  const seen = { employeeId: new Map<string, number>(), email: new Map<string, number>() };
  const people = rows.flatMap(({ number, value, problem }) => {
    const cells = z.safeParse(Cells, value);
    if (problem !== null || !cells.success) {
      problems.push(`row ${number} ${problem ?? 'is not an object'}`);
      return [];
    }
    const facts = factsOf(cells.data, columns);
    const unreadable = DAYS.filter(
      (field) => facts[field] != null && dayOf(facts[field], dates) === undefined,
    );
    problems.push(...unreadable.map((field) => `row ${number}: ${field}: is not written as ${dates}`));
    const days = Object.fromEntries(
      DAYS.map((field) => [field, facts[field] == null ? null : (dayOf(facts[field], dates) ?? null)]),
    );
    const row = z.safeParse(Row, { ...facts, ...days });
    if (!row.success) {
      problems.push(...describeIssues(row.error).map((issue) => `row ${number}: ${issue}`));
      return [];
    }
    problems.push(...doubles(seen, number, row.data));
    const { status: word, ...person } = row.data;
    return [{ ...person, hasLeft: hasLeft(word, person.lastDay, today) }];
  });
  if (problems.length === 0 && people.length === 0) problems.push('it has no rows');
  if (problems.length > 0) throw refused(file, problems);
  return people;
}

const DAYS = ['startDate', 'lastDay'] as const;
const Cells = z.record(z.string(), z.unknown());

async function readAll(
  files: FileReader,
  file: string,
): Promise<{ header: readonly string[]; rows: SourceRow[] }> {
  const { source, position } = await openSource(files, file, [], DELIMITERS);
  const rows: SourceRow[] = [];
  for await (const row of readRows(files, source, position)) rows.push(row);
  if (source.format.kind === 'csv') return { header: source.format.columns, rows };
  const keys = rows.flatMap(({ value }) => Object.keys(z.safeParse(Cells, value).data ?? {}));
  return { header: [...new Set(keys)], rows };
}

function factsOf(
  cells: Record<string, unknown>,
  columns: Partial<Record<Field, string>>,
): Partial<Record<Field, string | null>> {
  const fact = (field: Field) => {
    const cell = cells[columns[field] ?? ''] ?? null;
    const text = typeof cell === 'number' || typeof cell === 'string' ? String(cell).trim() : '';
    if (text !== '') return text;
    return REQUIRED.some((name) => name === field && name !== 'email') ? undefined : null;
  };
  return Object.fromEntries(Object.keys(COLUMNS).map((field) => [field, fact(field as Field)]));
}

function doubles(
  seen: { employeeId: Map<string, number>; email: Map<string, number> },
  number: number,
  { employeeId, email }: { employeeId: string; email: string | null },
): string[] {
  const problems: string[] = [];
  for (const [what, map, value] of [
    ['employee id', seen.employeeId, employeeId],
    ['address', seen.email, email?.toLowerCase() ?? null],
  ] as const) {
    if (value === null) continue;
    const before = map.get(value);
    if (before !== undefined) problems.push(`row ${number}: has the ${what} of row ${before}`);
    map.set(value, number);
  }
  return problems;
}

function hasLeft(word: string | null, lastDay: string | null, today: string): boolean {
  return statusOf(word ?? '', PLAIN_FORMAT) === 'inactive' || (lastDay !== null && lastDay < today);
}

function refused(file: string, problems: readonly string[]): InvalidInputError {
  const more = problems.length - MOST_PROBLEMS;
  const shown = [...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])];
  return new InvalidInputError(`${file} is refused, and nothing of it was used: ${shown.join('; ')}.`);
}
