import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { mapColumns } from '../files/columns.ts';
import { DELIMITERS } from '../files/csv-rows.ts';
import type { FileReader } from '../files/file-store.ts';
import { openSource, readRows, type Source } from '../files/row-source.ts';
import type { SourceRow } from '../files/source-row.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { type Known, SAYS_WHO_LEAVES } from './known.ts';
import { dayOf, ROSTER_COLUMNS, type RosterField, type RosterFormat, statusOf } from './roster-format.ts';
import { missingTooMany, Upheaval } from './upheaval.ts';
import { Worker } from './worker.ts';

/** A roster file that was read once and is usable. */
export type Roster = {
  source: Source;
  /** Where the first row begins. */
  position: { byte: number; line: number };
  columns: Partial<Record<RosterField, string>>;
  count: number;
  /** The address by source id and by employee number, for the managers. */
  addresses: Map<string, string>;
  /** What could not be read, by field: those fields are unknown. */
  unreadable: Partial<Record<RosterField, number>>;
  /** Whose cells that say whether somebody leaves cannot be read, though others' can, and which these are. */
  unclear: { worker: Worker; fields: RosterField[] }[];
  /** Whether the last row has an end, and is not cut off. */
  hasEnd: boolean;
  /** Who has accepted that it differs so much from the last one; null where nobody had to. */
  accepted: AcceptedFile | null;
};

/** A person's word that what is so different is right, for one file by its SHA-256. */
export type AcceptedFile = { digest: string; by: string };

/** Who has accepted a file of this digest though it differs so much; null where nobody has. */
export type AcceptsFile = (digest: string) => Promise<string | null>;

const NOBODY_ACCEPTS: AcceptsFile = async () => null;

/** What the last complete read was like, and what is known of its people; null before the first. */
export type LastRead = {
  count: number;
  columns: readonly string[];
  hasEnd?: boolean | undefined;
  known: ReadonlyMap<string, Known>;
} | null;

const DATES: readonly RosterField[] = ['startDate', 'lastDay'];
// They say who is meant. A single cell that cannot be read may well be wrong, but not all of them.
const SAYS_WHO: readonly RosterField[] = ['firstName', 'lastName', 'workEmail'];

/**
 * Reads a whole roster, before anything is done.
 *
 * @throws InvalidInputError for a file that is empty, cut off, lacks a column, does not say who leaves, names somebody
 *   twice, or differs so much from the last one that a person has to accept it. Nothing of it is used then.
 */
export async function checkRoster(
  files: FileReader,
  file: string,
  format: RosterFormat,
  last: LastRead,
  acceptedBy: AcceptsFile = NOBODY_ACCEPTS,
): Promise<Roster> {
  const { source, position } = await openSource(files, file, [], DELIMITERS);
  const refuse: Refuse = (problem) =>
    new InvalidInputError(`${file} is refused, and nothing of it was used: ${problem}.`);
  const columns = await columnsOf(files, { source, position }, format, refuse);
  const missing = (last?.columns ?? []).filter((field) => !(field in columns));
  if (missing.length > 0)
    throw refuse(`the last file had a column for ${missing.join(', ')}, and this one has not`);

  const rows = { source, position, columns };
  const known = last?.known ?? new Map<string, Known>();
  const tally = await tallyOf(files, rows, { format, known, refuse });
  const { lastRow, addresses, unreadable } = tally;
  if (lastRow === null) throw refuse('it has no rows');
  const hasEnd = await assertWhole(files, source, lastRow, refuse);
  assertReadable(tally, columns, format, refuse);
  const roster: Roster = {
    ...rows,
    ...{ count: tally.count, addresses, unreadable, unclear: unclearOf(tally), hasEnd, accepted: null },
  };
  const problems = last === null ? [] : contradictionsOf(tally, last, hasEnd ? null : lastRow);
  if (problems.length === 0) return roster;
  const digest = await digestOf(files, source);
  const by = await acceptedBy(digest);
  if (by !== null) return { ...roster, accepted: { digest, by } };
  throw refuse(
    `${problems.join('; ')}; if that is right, accept this file by its SHA-256 ${digest}: with --accept, or as a file hr/accepted/<SHA-256> in the bucket`,
  );
}

/** What one read of all rows has shown. */
type Tally = Pick<Roster, 'count' | 'addresses' | 'unreadable' | 'unclear'> & {
  /** How many cells have a text, by field. */
  filled: Partial<Record<RosterField, number>>;
  /** The row of each id and number, as `idsOf` writes them. */
  seen: Map<string, number>;
  upheaval: Upheaval;
  lastRow: ReadRow | null;
};

type Refuse = (problem: string) => InvalidInputError;

async function tallyOf(
  files: FileReader,
  rows: Pick<Roster, 'source' | 'position' | 'columns'>,
  { format, known, refuse }: { format: RosterFormat; known: ReadonlyMap<string, Known>; refuse: Refuse },
): Promise<Tally> {
  const tally: Tally = {
    ...{ count: 0, addresses: new Map(), unreadable: {}, unclear: [], filled: {}, seen: new Map() },
    ...{ upheaval: new Upheaval(known), lastRow: null },
  };
  const { filled, unreadable, unclear, seen, addresses } = tally;
  for await (const row of rosterRows(files, rows, format)) {
    if (row.problem !== null) throw refuse(`row ${row.number} ${row.problem}`);
    const { worker, number } = row;
    for (const id of idsOf(worker)) {
      const before = seen.get(id);
      if (before !== undefined) throw refuse(`rows ${before} and ${number} have the same id or number`);
      seen.set(id, number);
    }
    for (const id of idsOf(worker))
      if (worker.workEmail != null) addresses.set(id.slice(2), worker.workEmail);
    for (const field of row.filled) filled[field] = (filled[field] ?? 0) + 1;
    for (const field of row.unreadable) unreadable[field] = (unreadable[field] ?? 0) + 1;
    const fields = SAYS_WHO_LEAVES.filter((field) => row.unreadable.includes(field));
    if (fields.length > 0) unclear.push({ worker, fields });
    tally.upheaval.add(worker);
    tally.count += 1;
    tally.lastRow = row;
  }
  return tally;
}

function assertReadable(
  { filled, unreadable }: Tally,
  columns: Roster['columns'],
  { dates }: RosterFormat,
  refuse: Refuse,
): void {
  const isUnread = (field: RosterField) => unreadable[field] === filled[field];
  for (const field of DATES)
    if (filled[field] !== undefined && isUnread(field))
      throw refuse(`no ${field} is written as ${dates}; declare how with dates`);
  for (const field of SAYS_WHO)
    if ((filled[field] ?? 0) > 1 && isUnread(field))
      throw refuse(`no ${field} can be read in the column ${columns[field]}; map the right one`);
  if (columns.lastDay === undefined && isUnread('status'))
    throw refuse(
      'no status can be read, and so nothing says who leaves; declare what the words mean with statuses',
    );
}

/** Whose leaving is unclear. A status column of which nothing can be read does not say who leaves. */
function unclearOf({ unclear, unreadable, filled }: Tally): Roster['unclear'] {
  if (unreadable.status !== filled.status) return unclear;
  return unclear.filter(({ fields }) => fields.includes('lastDay'));
}

/** In what a file contradicts the last one as only a broken one does. @param openRow the last row, if it has no end */
function contradictionsOf(
  { count, filled, seen, upheaval }: Tally,
  last: NonNullable<LastRead>,
  openRow: ReadRow | null,
): string[] {
  const problems = upheaval.problems(filled.lastDay === undefined);
  if (last.hasEnd && openRow !== null)
    problems.unshift(
      `it seems to be cut off, because row ${openRow.number} has no line feed, and the last row of the last one had`,
    );
  const lacks = missingTooMany(last.known, (sourceId) => seen.has(`i:${sourceId}`));
  if (lacks > 0)
    problems.unshift(
      `it has ${count} people and the last one had ${last.count}, of whom it lacks ${lacks}, more than 10 %; if the same people have other ids here, such as without leading zeros, mend the export`,
    );
  return problems;
}

async function digestOf(files: FileReader, { file, version }: Source): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of await files.read(file, { from: 0, version })) hash.update(piece);
  return hash.digest('hex');
}

/** The workers of a roster that was checked, one at a time. @throws InvalidInputError when the file has changed since */
export async function* readWorkers(
  files: FileReader,
  roster: Roster,
  format: RosterFormat,
): AsyncGenerator<Worker> {
  for await (const { worker } of rosterRows(files, roster, format)) yield worker;
}

type ReadRow = {
  number: number;
  worker: Worker;
  filled: RosterField[];
  unreadable: RosterField[];
  problem: string | null;
};

async function* rosterRows(
  files: FileReader,
  { source, position, columns }: Pick<Roster, 'source' | 'position' | 'columns'>,
  format: RosterFormat,
): AsyncGenerator<ReadRow> {
  for await (const row of readRows(files, source, position)) yield readRow(row, columns, format);
}

const Cells = z.record(z.string(), z.unknown());

function readRow(row: SourceRow, columns: Roster['columns'], format: RosterFormat): ReadRow {
  const broken = (problem: string): ReadRow => ({
    ...{ number: row.number, worker: { sourceId: '-' }, filled: [], unreadable: [], problem },
  });
  if (row.problem !== null) return broken(row.problem);
  const cells = z.safeParse(Cells, row.value);
  if (!cells.success) return broken('is not an object');
  const filled: RosterField[] = [];
  const unreadable: RosterField[] = [];
  const facts: Record<string, unknown> = {};
  for (const [field, column] of entriesOf(columns)) {
    const text = textOf(cells.data[column]);
    if (text === undefined) continue;
    if (text === null) {
      // An empty status says nothing, and an empty id is none.
      if (field !== 'status') facts[field] = null;
      continue;
    }
    filled.push(field);
    const value = factOf(field, text, format);
    if (value === undefined) unreadable.push(field);
    else facts[field] = value;
  }
  const sourceId = facts.sourceId ?? facts.employeeNumber;
  if (sourceId == null) return broken('has no id that can be used');
  const worker = z.safeParse(Worker, { ...facts, sourceId });
  if (!worker.success) return broken('has no id that can be used');
  return { number: row.number, worker: worker.data, filled, unreadable, problem: null };
}

function factOf(field: RosterField, text: string, format: RosterFormat): unknown {
  if (field === 'status') return statusOf(text, format);
  const value = field === 'startDate' || field === 'lastDay' ? dayOf(text, format.dates) : text;
  // A text that is no address, or is too long, is not readable.
  return z.safeParse(Worker.shape[field], value).success ? value : undefined;
}

/** A cell's text as it is, leading zeros too; null where it is empty, and undefined where there is none. */
function textOf(cell: unknown): string | null | undefined {
  if (cell === undefined) return undefined;
  if (cell === null) return null;
  if (typeof cell !== 'string' && typeof cell !== 'number' && typeof cell !== 'boolean') return undefined;
  return String(cell).trim() || null;
}

function entriesOf(columns: Roster['columns']): [RosterField, string][] {
  return (Object.keys(ROSTER_COLUMNS) as RosterField[]).flatMap((field): [RosterField, string][] => {
    const column = columns[field];
    return column === undefined ? [] : [[field, column]];
  });
}

// An id and a number of the same text are not the same.
function idsOf({ sourceId, employeeNumber }: Worker): string[] {
  return [`i:${sourceId}`, ...(employeeNumber == null ? [] : [`n:${employeeNumber}`])];
}

async function columnsOf(
  files: FileReader,
  { source, position }: Pick<Roster, 'source' | 'position'>,
  format: RosterFormat,
  refuse: Refuse,
): Promise<Roster['columns']> {
  const header = source.format.kind === 'csv' ? source.format.columns : await keysOf(files, source, position);
  const { columns, problems } = mapColumns(header, ROSTER_COLUMNS, format.columns);
  const lacks = (...fields: RosterField[]) => fields.every((field) => columns[field] === undefined);
  const missing = [
    ...(lacks('sourceId', 'employeeNumber') ? ['sourceId or employeeNumber'] : []),
    ...(lacks('firstName') ? ['firstName'] : []),
    ...(lacks('lastName') ? ['lastName'] : []),
    ...(lacks('status', 'lastDay') ? ['status or lastDay'] : []),
  ];
  const all = [...problems, ...missing.map((field) => `no column is ${field}; map one`)];
  if (all.length > 0) throw refuse(all.join('; '));
  return columns;
}

/** The keys of all objects, because one that is empty may be left out. */
async function keysOf(files: FileReader, source: Source, position: Roster['position']): Promise<string[]> {
  const keys = new Set<string>();
  for await (const { value } of readRows(files, source, position))
    for (const key of Object.keys(z.safeParse(Cells, value).data ?? {})) keys.add(key);
  return [...keys];
}

/** A file that was cut off ends in the middle of a row, or of an array. @returns whether the last row has an end */
async function assertWhole(
  files: FileReader,
  source: Source,
  lastRow: ReadRow,
  refuse: Refuse,
): Promise<boolean> {
  const end = await endOf(files, source);
  const isArray = source.format.kind === 'json array';
  if (isArray && !end.trimEnd().endsWith(']')) throw refuse('its array has no end');
  const hasEnd = isArray || end.endsWith('\n');
  if (!hasEnd && lastRow.unreadable.length > 0)
    throw refuse(`it ends in row ${lastRow.number}, whose ${lastRow.unreadable.join(', ')} cannot be read`);
  return hasEnd;
}

async function endOf(files: FileReader, { file, version }: Source): Promise<string> {
  let end = Buffer.alloc(0);
  for await (const piece of await files.read(file, { from: 0, version }))
    end = Buffer.concat([end, piece]).subarray(-64);
  return end.toString();
}
