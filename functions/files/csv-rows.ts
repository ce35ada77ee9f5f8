import { parse } from 'csv-parse/sync';
import * as z from 'zod/mini';
import { type Line, LONGEST_ROW } from './lines.ts';
import type { SourceRow } from './source-row.ts';

/** What stands between the cells. Spreadsheets of some languages write semicolons. */
export const DELIMITERS = [',', ';', '\t'] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** The one that a header has most of; the first where it has one column. */
export function delimiterOf(header: string, delimiters: readonly Delimiter[]): Delimiter {
  const countOf = (delimiter: Delimiter) => header.split(delimiter).length;
  return delimiters.reduce((best, one) => (countOf(one) > countOf(best) ? one : best));
}

const BAD_QUOTES = 'has a quote that is not closed or is in the wrong place';

/**
 * The rows of a CSV file below its header: https://www.rfc-editor.org/rfc/rfc4180. A cell in quotes may hold line
 * breaks. A line with a quote that is never closed fails alone: the lines after it are read again.
 */
export async function* csvRows(
  lines: AsyncGenerator<Line, undefined>,
  columns: readonly string[],
  delimiter: Delimiter = ',',
): AsyncGenerator<SourceRow> {
  // The next line is at the end.
  let givenBack: Line[] = [];
  const next = async () => givenBack.pop() ?? (await lines.next()).value;
  try {
    for (let first = await next(); first !== undefined; first = await next()) {
      const record = await wholeRecord(first, next);
      const row = rowOf(record, columns, delimiter);
      // Lines that a quote has joined are read again, because the quote may never be closed. No line that was given back
      // before is left: of joined lines, only the last can join others.
      const isBroken = row.problem !== null && record.length > 1;
      if (isBroken) givenBack = record.slice(1).reverse();
      const last = isBroken ? first : (record.at(-1) ?? first);
      if (!isBlank(record, delimiter))
        yield { number: first.number, next: { byte: last.end, line: last.number }, ...row };
    }
  } finally {
    // Closes the file when the caller stops early.
    await lines.return(undefined);
  }
}

/** A line and the lines after it, until every quote is closed. */
async function wholeRecord(first: Line, next: () => Promise<Line | undefined>): Promise<Line[]> {
  const record = [first];
  let quotes = countQuotes(first);
  let { end } = first;
  // Measured in the file, because lines that are empty or cannot be read have no text.
  while (quotes % 2 === 1 && end - first.end < LONGEST_ROW) {
    const line = await next();
    if (line === undefined) break;
    record.push(line);
    quotes += countQuotes(line);
    end = line.end;
  }
  return record;
}

/** Whether all cells are empty. Spreadsheets write such rows below the last one. */
function isBlank([first, ...others]: readonly Line[], delimiter: Delimiter): boolean {
  return others.length === 0 && first?.problem === null && first.text.replaceAll(delimiter, '').trim() === '';
}

/** The cells of one line; undefined when a quote is wrong. */
export function readCells(text: string, delimiter: Delimiter = ','): string[] | undefined {
  // Without quotes, every delimiter ends a cell, and splitting is a hundred times as fast as csv-parse.
  if (!text.includes('"')) return text.split(delimiter);
  try {
    const rows = parse(text, { delimiter, relax_column_count: true, record_delimiter: '\n' });
    return z.parse(z.tuple([z.array(z.string())]), rows)[0];
  } catch {
    return undefined;
  }
}

function rowOf(
  record: readonly Line[],
  columns: readonly string[],
  delimiter: Delimiter,
): Pick<SourceRow, 'value' | 'problem'> {
  const wrong = (problem: string) => ({ value: null, problem });
  const [first] = record;
  if (record.length === 1 && first?.problem) return wrong(first.problem);
  if (record.some(({ problem }) => problem !== null)) return wrong(BAD_QUOTES);
  const cells = readCells(record.map(({ text }) => text).join('\n'), delimiter);
  if (cells === undefined) return wrong(BAD_QUOTES);
  if (cells.length !== columns.length)
    return wrong(`has ${cells.length} cells, and the header has ${columns.length}`);
  const named = columns.map((column, index): [string, string] => [column, cells[index] ?? '']);
  return { value: Object.fromEntries(named), problem: null };
}

function countQuotes({ text }: Line): number {
  return text.split('"').length - 1;
}
