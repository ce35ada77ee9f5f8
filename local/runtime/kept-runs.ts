import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { OWNER_ONLY } from '../../functions/files/owner-only.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { HeldExecution } from '../aws/step-functions.ts';
import { UsageError } from './usage-error.ts';

/** Writes the runs that are held into a folder, so that another process can release them. */
export function keepHeldRuns(held: readonly HeldExecution[], directory: string): void {
  const file = fileIn(directory);
  // A crash leaves the old file or the new one.
  writeFileSync(`${file}.draft`, JSON.stringify(held), { mode: OWNER_ONLY.file });
  renameSync(`${file}.draft`, file);
}

/** The runs that `keepHeldRuns` has written. @throws UsageError when the file is damaged */
export function readHeldRuns(directory: string): HeldExecution[] {
  const file = fileIn(directory);
  if (!existsSync(file)) return [];
  const kept = z.safeParse(z.array(HeldExecution), parseJson(readFileSync(file, 'utf8')));
  if (kept.success) return kept.data;
  throw new UsageError(`--state: ${file} is damaged; delete the folder to begin anew.`);
}

function fileIn(directory: string): string {
  return join(directory, 'held-runs.json');
}
