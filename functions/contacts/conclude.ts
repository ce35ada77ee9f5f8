import * as z from 'zod/mini';
import type { FileStore } from '../files/file-store.ts';
import { fileStoreFromEnvironment } from '../files/files.ts';
import { writeRowFiles } from '../files/row-files.ts';
import { CaughtError, describeError } from '../runs/app-result.ts';
import { RunIncompleteError } from '../shared/errors.ts';
import { step } from '../shared/step.ts';
import { readParts } from './parts.ts';
import type { ContactSyncSummary } from './summary.ts';
import { PartInput } from './sync-part.ts';

const COLUMNS = ['row', 'crmId', 'outcome', 'contactId', 'note'] as const;

const ConcludeInput = z.extend(PartInput, {
  /** Why the sync stopped before the end of the file. */
  error: z.optional(CaughtError),
});

export const handler = step({
  name: 'ContactsConclude',
  client: fileStoreFromEnvironment,
  input: ConcludeInput,
  run: concludeSync,
});

/**
 * Writes the results of all parts into two files, and counts them. The execution fails when the file was not read to
 * its end; failed rows alone do not fail it.
 *
 * @throws RunIncompleteError after the files are written.
 */
export async function concludeSync(
  files: FileStore,
  { run, source, walk, error }: z.infer<typeof ConcludeInput>,
): Promise<ContactSyncSummary> {
  const read = () => readParts(files, run, walk.parts);
  const outcomes = { created: 0, updated: 0, unchanged: 0, failed: 0 };
  let rows = 0;
  for await (const { outcome } of read()) {
    outcomes[outcome] += 1;
    rows += 1;
  }
  const names = await writeRowFiles(files, `contact-sync/${run}`, COLUMNS, read);
  if (error !== undefined)
    throw new RunIncompleteError(
      `${source.file} was synced only up to row ${walk.position.line}: ${describeError(error)} Mend the cause and sync the file again; rows that are done stay unchanged. The results so far are in ${names.join(' and ')}.`,
    );
  const status = outcomes.failed === 0 ? 'synced' : 'rows_failed';
  return { run, file: source.file, status, rows, outcomes, undeclared: walk.undeclared, files: names };
}
