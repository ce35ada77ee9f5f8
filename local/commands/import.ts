import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { DateFormat, USUAL_DATES } from '../../functions/hr/roster-format.ts';
import { PERSON_FIELDS } from '../../functions/people/people-file.ts';
import { ImportSummary, LinkRow } from '../../functions/people/summary.ts';
import { APP_TITLES, APPS } from '../../functions/shared/apps.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { type CommandIo, defineCommand, EXIT, readWord } from './command.ts';
import { copyIntoFolder } from './copy-into-folder.ts';
import { fileLines } from './file-lines.ts';
import { addressesOf } from './listed-accounts.ts';
import { filesFolder } from './places.ts';
import { printError, printJson, printLine } from './print.ts';
import { readApps } from './read-apps.ts';
import { tableLines } from './table.ts';
import { accountId, appName, type View } from './view.ts';
import { RUNTIME_OPTIONS, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- import FILE: links the accounts that people have already to the
employees of a file, and changes nothing in any app

A file is CSV with a header, or JSON; its name ends in .csv, .json, .jsonl or
.ndjson. Each row has an employee number, an address, a first name and a last
name; the usual names of columns are known. Somebody whose status or last day
says so has left: an account that is still open is then a leaver's for the
reconciliation.

  --plan           say what would be linked, and write nothing down
  --apps A,B       only these apps; all of the company without it
  --columns F=C,…  read field F from column C:
                   ${PERSON_FIELDS.slice(0, 5).join(', ')},
                   ${PERSON_FIELDS.slice(5, 9).join(', ')},
                   ${PERSON_FIELDS.slice(9).join(', ')}
  --dates FORMAT   how days are written, such as DD/MM/YYYY; YYYY-MM-DD without
                   it
  --files DIR      where who has which account is written; DIR/files of --state,
                   or ./${DEFAULT_FOLDER}
  --json           print one JSON object and nothing else: summary, rows,
                   failure
  --state DIR      where tables and simulated apps are kept; without it the
                   import is forgotten at the end
  --secrets FILE   credentials of real apps; see npm start -- --help
  --wide           show ids whole
  --dialect NAME   what simulated apps speak: guide or live
  --help           this text

Deployed: put the file into people/ of the bucket, and start the state machine
reconciliation with {"people": {"file": "people/NAME", "plan": true}}.

Exit codes: 0 every app was read, 1 an app failed or the file was refused, 2 bad
usage.
`;

/** `import FILE`: links the accounts that people have already. */
export const main = defineCommand({
  name: 'import',
  help: HELP,
  options: {
    ...RUNTIME_OPTIONS,
    plan: { type: 'boolean' },
    apps: { type: 'string', of: APPS, many: true },
    columns: { type: 'string' },
    dates: { type: 'string' },
  },
  takesOperands: true,
  run: async (call) => {
    const { values, operands, io } = call;
    const [file, ...others] = operands;
    if (file === undefined || others.length > 0) throw new UsageError('import: expected one FILE');
    const apps = readApps(values.apps);
    const columns = readColumns(values.columns);
    const dates = readDates(values.dates);
    const folder = filesFolder(values);
    const name = await copyIntoFolder(file, folder, { command: 'import', below: 'people' });
    const input = { file: name, columns, dates, plan: values.plan ?? false, ...apps };
    return withRuntime(call, async ({ runtime, view }) => {
      const { output, failure } = await runtime.importPeople(input);
      const summary = failure === null ? z.parse(ImportSummary, output) : null;
      const rows = await readRows(summary, folder);
      if (values.json) printJson(io.stdout, { summary, rows, failure });
      else {
        const addresses = await addressesOf(nobodysOf(rows).slice(0, MOST_SHOWN));
        print(io, { summary, rows, failure, addresses }, { folder, view });
      }
      return failure === null ? EXIT.complete : EXIT.open;
    });
  },
});

function readColumns(text = ''): Record<string, string> {
  const pairs = text === '' ? [] : text.split(',').map((pair) => pair.split('='));
  for (const [field = '', column = ''] of pairs) {
    readWord(field, PERSON_FIELDS, '--columns FIELD=COLUMN');
    if (column === '') throw new UsageError(`--columns FIELD=COLUMN: expected a column for ${field}`);
  }
  return Object.fromEntries(pairs.map(([field = '', column = '']) => [field, column]));
}

function readDates(text = USUAL_DATES): string {
  const dates = z.safeParse(DateFormat, text);
  if (dates.success) return dates.data;
  throw new UsageError('--dates: expected YYYY, MM or M, and DD or D, each once, such as DD/MM/YYYY');
}

async function readRows(summary: ImportSummary | null, folder: string): Promise<LinkRow[]> {
  const files = (summary?.apps ?? []).flatMap(({ files: [json = ''] }) => json);
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  return texts.flatMap((text) => z.parse(z.array(LinkRow), JSON.parse(text)));
}

type Outcome = { summary: ImportSummary | null; rows: readonly LinkRow[]; failure: string | null };
/** With the addresses of accounts that are nobody's, for this terminal: files and logs have ids only. */
type Shown = Outcome & { addresses: ReadonlyMap<LinkRow, string> };

// More would not be read; the files have all.
const MOST_SHOWN = 20;

function print(
  { stdout, stderr }: CommandIo,
  { summary, rows, failure, addresses }: Shown,
  { folder, view }: { folder: string; view: View },
): void {
  if (failure !== null) printError(stderr, '', failure);
  if (summary === null) return;
  printLine(
    stdout,
    '',
    `${summary.people} people in the file${summary.plan ? '; nothing was written down' : ''}`,
  );
  const heads = [summary.plan ? 'To link' : 'Linked', 'Known', 'Closed', 'Lack one', 'In doubt', "Nobody's"];
  const counts = summary.apps.map(({ app, counts: of }) => ({
    cells: [appName(app, view), of.linked, of.known, of.closed, of.lacks, of.in_doubt, of.nobodys].map(
      String,
    ),
  }));
  printLine(stdout, '', ...tableLines([{ cells: ['App', ...heads] }, ...counts]));
  const section = (title: string, lines: readonly string[]) => {
    if (lines.length === 0) return;
    const more = lines.length - MOST_SHOWN;
    printLine(stdout, '', `${title} (${lines.length}):`);
    for (const line of lines.slice(0, MOST_SHOWN)) printLine(stdout, `  - ${line}`);
    if (more > 0) printLine(stdout, `  and ${more} more`);
  };
  const has = rows.filter(({ status }) => status === 'linked' || status === 'known');
  section(
    summary.plan ? 'Who would have which account' : 'Who has which account',
    [...Map.groupBy(has, ({ employeeId }) => employeeId).values()].map(
      (theirs) =>
        `${whoIs(theirs[0])}: ${theirs.map(({ app, vendorUserId }) => `${APP_TITLES[app]} ${accountId(vendorUserId, view)}`).join(', ')}`,
    ),
  );
  const lacks = rows.filter(({ status }) => status === 'lacks' || status === 'closed');
  section(
    'Who lacks one',
    [...Map.groupBy(lacks, ({ employeeId }) => employeeId).values()].map(
      (theirs) =>
        `${whoIs(theirs[0])}: ${theirs.map(({ app, status }) => APP_TITLES[app] + (status === 'closed' ? ' (deactivated)' : '')).join(', ')}`,
    ),
  );
  const doubts = rows.filter(({ status }) => status === 'in_doubt');
  section(
    'In doubt, and not linked',
    doubts.map((row) => `${whoIs(row)}, ${appName(row.app, view)}: ${row.detail ?? ''}`),
  );
  section(
    "Open accounts that are nobody's",
    nobodysOf(rows).map((row) =>
      [`${appName(row.app, view)} ${accountId(row.vendorUserId, view)}`, addresses.get(row)]
        .filter(Boolean)
        .join(', '),
    ),
  );
  const files = summary.apps.flatMap(({ files: [, csv = ''] }) => csv);
  printLine(stdout, '', 'All of it:', ...fileLines(folder, files));
}

const nobodysOf = (rows: readonly LinkRow[]) => rows.filter(({ status }) => status === 'nobodys');

function whoIs(row: LinkRow | undefined): string {
  return `${row?.name ?? ''} (${row?.employeeId ?? ''})`;
}
