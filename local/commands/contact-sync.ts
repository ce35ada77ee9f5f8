import { copyFile, mkdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ContactSyncSummary } from '../../functions/contacts/summary.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { parseCommand, RUNTIME_OPTIONS, withRuntime } from './command-runtime.ts';

const CONTACT_SYNC_HELP = `npm start -- contact-sync FILE: brings the contacts of a CRM's file to Drift, row by row

A file is CSV with a header, JSON with an object a line (.jsonl), or a JSON array. Each row has crmId and email; everything
else is an attribute, which has to be declared in Drift. What is left empty changes nothing.

  --files DIR      where the file is copied to, and the result of each row written; ./${DEFAULT_FOLDER} without it
  --json           print nothing but one JSON object: summary, failure
  --state DIR      use the tables and simulated apps that run --state DIR keeps; without it no contact is known
  --secrets FILE   credentials of real apps, as for run
  --help           this text

Exit codes: 0 every row is in Drift, 1 rows failed or the file was not read to its end, 2 bad usage.
`;

/**
 * The command line of `contact-sync`; returns the exit code.
 *
 * @throws UsageError
 */
export async function contactSyncCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand('contact-sync', words, RUNTIME_OPTIONS, true);
  if (values.help) {
    console.log(CONTACT_SYNC_HELP);
    return 0;
  }
  const [file, ...others] = positionals;
  if (file === undefined || others.length > 0) throw new UsageError('contact-sync: expected one FILE');
  const folder = resolve(values.files ?? DEFAULT_FOLDER);
  const name = await copyIntoFolder(file, folder);
  return withRuntime(values, async (runtime) => {
    const { output, failure } = await runtime.syncContacts({ file: name });
    const summary = failure === null ? ContactSyncSummary.parse(output) : null;
    if (values.json) console.log(JSON.stringify({ summary, failure }, null, 2));
    else print(summary, failure, folder);
    return summary?.status === 'synced' ? 0 : 1;
  });
}

/** Puts the file where a deployment would find it, under a name that is fit for it. */
async function copyIntoFolder(file: string, folder: string): Promise<string> {
  const name = `contacts/${basename(file).replaceAll(/[^\w.-]|^\./g, '-')}`;
  try {
    await mkdir(join(folder, 'contacts'), { recursive: true });
    await copyFile(file, join(folder, name));
  } catch (error) {
    throw new UsageError(`contact-sync: ${error instanceof Error ? error.message : String(error)}`);
  }
  return name;
}

function print(summary: ContactSyncSummary | null, failure: string | null, folder: string): void {
  if (failure !== null) console.error(`\n${failure}`);
  if (summary === null) return;
  const outcomes = Object.entries(summary.outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  console.log(`\n${summary.rows} rows: ${outcomes.join(', ')}`);
  if (summary.undeclared.length > 0)
    console.log(`Not declared in Drift, and dropped by it: ${summary.undeclared.join(', ')}`);
  for (const file of summary.files) console.log(join(folder, file));
}
