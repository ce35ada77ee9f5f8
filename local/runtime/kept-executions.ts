import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { OWNER_ONLY } from '../../functions/files/owner-only.ts';
import { parseJson } from '../../functions/shared/json.ts';
import { KeptExecution } from '../aws/step-functions.ts';
import { UsageError } from './usage-error.ts';

/** Writes down the executions that are not over, so that they are there again after the process was killed. */
export function keepExecutions(directory: string, executions: readonly KeptExecution[]): void {
  const file = executionsFile(directory);
  // A crash leaves the old file or the new one.
  writeFileSync(`${file}.draft`, JSON.stringify(executions), { mode: OWNER_ONLY.file });
  renameSync(`${file}.draft`, file);
}

/** The executions that `keepExecutions` has written. @throws UsageError when the file is damaged */
export function readKeptExecutions(directory: string): KeptExecution[] {
  const file = executionsFile(directory);
  if (!existsSync(file)) return [];
  const kept = z.safeParse(z.array(KeptExecution), parseJson(readFileSync(file, 'utf8')));
  if (kept.success) return kept.data;
  throw new UsageError(`--state: ${file} is damaged; delete it, and send the events of waiting runs again.`);
}

function executionsFile(directory: string): string {
  return join(directory, 'executions.json');
}
