import { text as readText } from 'node:stream/consumers';
import { parse } from 'csv-parse/sync';
import * as z from 'zod/mini';
import { type FieldAliases, mapColumns } from '../files/columns.ts';
import type { FileStore } from '../files/file-store.ts';
import { EmailAddress } from '../shared/email.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { EmployeeId } from '../shared/events.ts';
import { describeIssues } from '../shared/issues.ts';
import { parseJson } from '../shared/json.ts';

/** The fields of a person, and how exports of HR systems call their columns. */
const COLUMNS = {
  employeeId: [
    'employee #',
    'employee no',
    'employee number',
    'worker id',
    'person id',
    'id',
    'personnel number',
  ],
  email: ['work email', 'email address', 'work email address', 'business email', 'company email'],
  firstName: ['given name', 'forename', 'legal first name'],
  lastName: ['surname', 'family name', 'legal last name'],
  title: ['job title', 'position', 'business title'],
  department: ['department name', 'team', 'team name'],
  managerEmail: ['supervisor email', 'reports to email', 'manager work email'],
  timeZone: ['tz'],
  startDate: ['hire date', 'employment start date', 'first day', 'date of joining'],
  lastDay: ['last day of work', 'last working day', 'termination date', 'end date', 'leave date'],
  status: ['worker status', 'employee status', 'employment status', 'state'],
} as const satisfies FieldAliases<string>;
type Field = keyof typeof COLUMNS;

/** The fields that a mapping may name. */
export const PERSON_FIELDS: readonly string[] = Object.keys(COLUMNS);

const REQUIRED = ['employeeId', 'email', 'firstName', 'lastName'] as const satisfies Field[];
const Text = z.string().check(z.minLength(1), z.maxLength(200));
const Known = z.nullable(Text);
const Day = z.nullable(z.iso.date({ error: 'must be a day such as 2026-11-30' }));

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

const LEFT = ['inactive', 'terminated', 'left', 'former', 'retired', 'deceased'];
const MOST_PROBLEMS = 20;

/**
 * The people of a file: CSV with a header, or a JSON array of objects.
 *
 * @param mapping field → column, for columns whose names are not the usual ones.
 * @param today as an ISO day.
 * @throws InvalidInputError with what is wrong, row by row; nothing of the file is used then.
 */
export async function readPeople(
  files: FileStore,
  file: string,
  mapping: Record<string, string>,
  today: string,
): Promise<Person[]> {
  const { header, rows } = readRows(file, await readText(await files.read(file)));
  const { columns, problems } = mapColumns<Field>(header, COLUMNS, mapping);
  const lacking = REQUIRED.filter((field) => columns[field] === undefined);
  problems.push(...lacking.map((field) => `no column is ${field}; the file has ${header.join(', ')}`));
  if (problems.length > 0) throw refused(file, problems);
  const seen = { employeeId: new Map<string, number>(), email: new Map<string, number>() };
  const people = rows.flatMap(({ number, cells }) => {
    const row = z.safeParse(Row, factsOf(cells, columns));
    if (!row.success) {
      problems.push(...describeIssues(row.error).map((issue) => `row ${number}: ${issue}`));
      return [];
    }
    problems.push(...doubles(seen, number, row.data));
    const { status, ...person } = row.data;
    return [{ ...person, hasLeft: hasLeft(status, person.lastDay, today) }];
  });
  if (problems.length === 0 && people.length === 0) problems.push('it has no rows');
  if (problems.length > 0) throw refused(file, problems);
  return people;
}

type Rows = { header: string[]; rows: { number: number; cells: Record<string, unknown> }[] };

const Cells = z.record(z.string(), z.unknown());

function readRows(file: string, text: string): Rows {
  if (/^\s*\[/.test(text)) {
    const objects = z.safeParse(z.array(Cells), parseJson(text));
    if (!objects.success) throw refused(file, ['it is neither CSV nor a JSON array of objects']);
    const header = [...new Set(objects.data.flatMap((object) => Object.keys(object)))];
    return { header, rows: objects.data.map((cells, index) => ({ number: index + 1, cells })) };
  }
  try {
    const records = parse(text, {
      bom: true,
      delimiter: delimiterOf(text),
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      trim: true,
    });
    const [header = [], ...rest] = z.parse(z.array(z.array(z.string())), records);
    const named = (record: string[]) =>
      Object.fromEntries(header.map((name, at) => [name, record[at] ?? '']));
    // The header is row 1, as spreadsheets count.
    return { header, rows: rest.map((record, index) => ({ number: index + 2, cells: named(record) })) };
  } catch (error) {
    const [, line = '?'] = /line (\d+)/.exec(error instanceof Error ? error.message : '') ?? [];
    throw refused(file, [`line ${line} is no CSV: a quote is in the wrong place, or cells are missing`]);
  }
}

/** Spreadsheets of some languages write semicolons. */
function delimiterOf(text: string): string {
  const [header = ''] = text.split(/\r?\n/, 1);
  const counts = [',', ';', '\t'].map((delimiter) => ({ delimiter, count: header.split(delimiter).length }));
  return counts.toSorted((a, b) => b.count - a.count)[0]?.delimiter ?? ',';
}

function factsOf(cells: Record<string, unknown>, columns: Partial<Record<Field, string>>) {
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

function hasLeft(status: string | null, lastDay: string | null, today: string): boolean {
  return LEFT.includes(status?.toLowerCase() ?? '') || (lastDay !== null && lastDay < today);
}

function refused(file: string, problems: readonly string[]): InvalidInputError {
  const more = problems.length - MOST_PROBLEMS;
  const shown = [...problems.slice(0, MOST_PROBLEMS), ...(more > 0 ? [`and ${more} more`] : [])];
  return new InvalidInputError(`${file} is refused, and nothing of it was used: ${shown.join('; ')}.`);
}
