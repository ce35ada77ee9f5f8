import { stringify } from 'csv-stringify/sync';
import type { FileStore } from './file-store.ts';

/**
 * Writes rows as a JSON array and as CSV, one at a time, so that any number of rows fits into memory.
 *
 * @param name the files' name without its ending.
 * @param columns the columns of the CSV, in order; an object in a cell is written as JSON.
 * @param read gives all rows each time it is called.
 * @returns the files' names.
 * @throws what `read` and the store throw.
 */
export async function writeRowFiles<Row extends object>(
  files: FileStore,
  name: string,
  columns: readonly (keyof Row & string)[],
  read: () => AsyncIterable<Row>,
): Promise<string[]> {
  const names = { json: `${name}.json`, csv: `${name}.csv` };
  await files.write(names.json, asJson(read()));
  await files.write(names.csv, asCsv(columns, read()));
  return [names.json, names.csv];
}

async function* asJson(rows: AsyncIterable<object>): AsyncIterable<string> {
  let before = '[\n';
  for await (const row of rows) {
    yield before + JSON.stringify(row);
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}

async function* asCsv(columns: readonly string[], rows: AsyncIterable<object>): AsyncIterable<string> {
  yield stringify([columns]);
  const options = {
    columns: [...columns],
    cast: { boolean: String, string: disarmed },
    // A spreadsheet would run a cell that looks like a formula: https://owasp.org/www-community/attacks/CSV_Injection
    escape_formulas: true,
  };
  for await (const row of rows) yield stringify([row], options);
}

// A spreadsheet skips white space and characters that nobody sees, and csv-stringify looks at the first one only.
const HIDDEN_FORMULA = /^[\s\p{C}]+[=+\-@\uff1d\uff0b\uff0d\uff20]/u;

function disarmed(cell: string): string {
  return HIDDEN_FORMULA.test(cell) ? `'${cell}` : cell;
}
