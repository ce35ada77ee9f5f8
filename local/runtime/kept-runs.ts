import { join } from 'node:path';
import * as z from 'zod/mini';
import { HeldExecution } from '../aws/step-functions.ts';
import { keepFile, readKeptFile } from './kept-file.ts';

/** Writes the runs that are held into a folder, so that another process can release them. */
export function keepHeldRuns(held: readonly HeldExecution[], directory: string): void {
  keepFile(fileIn(directory), held);
}

/** The runs that `keepHeldRuns` has written. @throws UsageError when the file is damaged */
export function readHeldRuns(directory: string): HeldExecution[] {
  return readKeptFile(fileIn(directory), z.array(HeldExecution), 'delete the folder to begin anew') ?? [];
}

function fileIn(directory: string): string {
  return join(directory, 'held-runs.json');
}
