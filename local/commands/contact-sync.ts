import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { ContactSyncSummary } from '../../functions/contacts/summary.ts';
import { ContactResult } from '../../functions/tables/contact-result.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { type CommandIo, defineCommand, EXIT } from './command.ts';
import { copyIntoFolder } from './copy-into-folder.ts';
import { fileLines } from './file-lines.ts';
import { filesFolder } from './places.ts';
import { printError, printJson, printLine } from './print.ts';
import { firstFew } from './print-report.ts';
import { RUNTIME_OPTIONS, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- contact-sync FILE: syncs the contacts of a CRM's file to Drift, row
by row

A file is CSV with a header, JSON with an object a line (.jsonl), or a JSON
array. Each row has crmId and email; every other column is an attribute, which
has to be declared in Drift. An empty value changes nothing.

  --files DIR      where the file is copied to and the result of each row is
                   written; DIR/files of --state, or ./${DEFAULT_FOLDER}
  --json           print one JSON object and nothing else: summary, failure
  --state DIR      use the tables and simulated apps that run --state DIR keeps;
                   without it no contact is known
  --secrets FILE   credentials of real apps, as for run
  --dialect NAME   what simulated apps speak: guide or live
  --help           this text

Exit codes: 0 every row is in Drift, 1 rows failed or the file was not read to
its end, 2 bad usage.
`;

/** `contact-sync FILE`: syncs the contacts of a CRM's file to Drift. */
export const main = defineCommand({
  name: 'contact-sync',
  app: 'drift',
  help: HELP,
  options: RUNTIME_OPTIONS,
  takesOperands: true,
  run: async (call) => {
    const { values, operands, io } = call;
    const [file, ...others] = operands;
    if (file === undefined || others.length > 0) throw new UsageError('contact-sync: expected one FILE');
    const folder = filesFolder(values);
    const name = await copyIntoFolder(file, folder, { command: 'contact-sync', below: 'contacts' });
    return withRuntime(call, async ({ runtime }) => {
      const { output, failure } = await runtime.syncContacts({ file: name });
      const summary = failure === null ? ContactSyncSummary.parse(output) : null;
      if (values.json) printJson(io.stdout, { summary, failure });
      else await print(io, summary, failure, folder);
      return summary?.status === 'synced' ? EXIT.complete : EXIT.open;
    });
  },
});

async function print(
  { stdout, stderr }: CommandIo,
  summary: ContactSyncSummary | null,
  failure: string | null,
  folder: string,
): Promise<void> {
  if (failure !== null) printError(stderr, '', failure);
  if (summary === null) return;
  const outcomes = Object.entries(summary.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  printLine(stdout, '', `${summary.rows} rows: ${outcomes.join(', ')}`);
  if (summary.undeclared.length > 0)
    printLine(stdout, `Not declared in Drift, which therefore drops them: ${summary.undeclared.join(', ')}`);
  const reasons = firstFew(await failuresOf(summary, folder), 'the files have all');
  if (reasons.length > 0) printLine(stdout, '', 'Failed:', ...reasons.map((reason) => `  - ${reason}`));
  printLine(stdout, '', ...fileLines(folder, summary.files));
}

/** Why rows failed, in the order of the file. */
async function failuresOf({ outcomes, files }: ContactSyncSummary, folder: string): Promise<string[]> {
  const [json] = files;
  if (outcomes.failed === 0 || json === undefined) return [];
  const rows = z.parse(z.array(ContactResult), JSON.parse(await readFile(join(folder, json), 'utf8')));
  return rows
    .filter(({ outcome }) => outcome === 'failed')
    .map(
      ({ row, crmId, note }) => `row ${row}${crmId === null ? '' : ` (${crmId})`}: ${note ?? 'no reason'}`,
    );
}
