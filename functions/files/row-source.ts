import * as z from 'zod/mini';
import { InvalidInputError } from '../shared/errors.ts';
import { parseJsonExactly } from '../shared/json.ts';
import { csvRows, DELIMITERS, type Delimiter, delimiterOf, readCells } from './csv-rows.ts';
import type { FileReader } from './file-store.ts';
import { arrayRows } from './json-array.ts';
import { type Line, type Position, readLines } from './lines.ts';
import type { SourceRow } from './source-row.ts';

/** A file of rows, and how to read it. */
export const Source = z.object({
  /** The file's name in the file store. */
  file: z.string(),
  version: z.string(),
  format: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('csv'),
      columns: z.array(z.string()),
      /** A comma unless told. */
      delimiter: z.optional(z.enum(DELIMITERS)),
    }),
    z.object({ kind: z.literal('json lines') }),
    z.object({ kind: z.literal('json array') }),
  ]),
});
export type Source = z.infer<typeof Source>;

/**
 * Reads the beginning of a file. The ending of its name says what it holds: `.csv`; `.jsonl` and `.ndjson`, an object
 * on each line; `.json`, an object on each line or an array.
 *
 * @param required the columns that a CSV file has to have.
 * @param delimiters what may stand between cells; the header tells which does.
 * @returns how to read the file, and where its first row is.
 * @throws InvalidInputError when the file does not exist or has another form.
 */
export async function openSource(
  files: FileReader,
  file: string,
  required: readonly string[],
  delimiters: readonly Delimiter[] = [','],
): Promise<{ source: Source; position: Position }> {
  const version = await files.version(file);
  const ending = /\.(csv|jsonl|ndjson|json)$/i.exec(file)?.[1]?.toLowerCase();
  if (ending === undefined)
    throw new InvalidInputError(`The name of ${file} must end in .csv, .jsonl, .ndjson or .json.`);
  const beginning = { byte: 0, line: 0 };
  if (ending !== 'csv' && ending !== 'json')
    return { source: { file, version, format: { kind: 'json lines' } }, position: beginning };

  if (ending === 'csv') {
    const header = await firstLine(files, file, version);
    const delimiter = delimiterOf(header.text, delimiters);
    const columns = readColumns(file, { header, delimiter, delimiters }, required);
    const position = { byte: header.end, line: header.number };
    const format = { kind: 'csv', columns, ...(delimiter === ',' ? {} : { delimiter }) } as const;
    return { source: { file, version, format }, position };
  }
  const isArray = await beginsLikeArray(files, file, version);
  const source: Source = { file, version, format: { kind: isArray ? 'json array' : 'json lines' } };
  return { source, position: beginning };
}

/**
 * The rows of a file from a position on.
 *
 * @throws InvalidInputError when the file is gone or has changed since it was opened.
 */
export async function* readRows(
  files: FileReader,
  source: Source,
  position: Position,
): AsyncGenerator<SourceRow> {
  const { file, version, format } = source;
  const bytes = await files.read(file, { from: position.byte, version });
  if (format.kind === 'json array') {
    yield* arrayRows(bytes, position);
    return;
  }
  const lines = readLines(bytes, position);
  yield* format.kind === 'csv' ? csvRows(lines, format.columns, format.delimiter) : jsonRows(lines);
}

async function* jsonRows(lines: AsyncIterable<Line>): AsyncGenerator<SourceRow> {
  for await (const { number, end, text, problem } of lines) {
    if (text.trim() === '' && problem === null) continue;
    const value = parseJsonExactly(text);
    const isWrong = value === undefined ? 'is not JSON' : null;
    yield { number, next: { byte: end, line: number }, value, problem: problem ?? isWrong };
  }
}

// The first line may be the whole array, which is longer than a row.
async function beginsLikeArray(files: FileReader, file: string, version: string): Promise<boolean> {
  for await (const piece of await files.read(file, { from: 0, version })) {
    const text = new TextDecoder().decode(piece).trimStart();
    if (text !== '') return text.startsWith('[');
  }
  return false;
}

async function firstLine(files: FileReader, file: string, version: string): Promise<Line> {
  const bytes = await files.read(file, { from: 0, version });
  for await (const line of readLines(bytes, { byte: 0, line: 0 }))
    if (line.problem !== null || line.text.trim() !== '') return line;
  throw new InvalidInputError(`${file} is empty.`);
}

function readColumns(
  file: string,
  { header, delimiter, delimiters }: { header: Line; delimiter: Delimiter; delimiters: readonly Delimiter[] },
  required: readonly string[],
): string[] {
  const columns = readCells(header.text, delimiter)?.map((name) => name.trim()) ?? [];
  const isUsable =
    required.every((name) => columns.includes(name)) &&
    // A quote that is not closed would make the whole file a part of a column's name.
    columns.every((name) => /^\P{Cc}+$/u.test(name)) &&
    new Set(columns).size === columns.length;
  if (isUsable) return columns;
  const rule = required.length === 0 ? '' : `, ${required.join(' and ')} among them`;
  throw new InvalidInputError(
    `${file} must be UTF-8. Its first line must name the columns, separated by ${delimiters.length === 1 ? 'commas' : 'commas, semicolons or tabs'}, and end in a line feed: a different name for each${rule}.`,
  );
}
