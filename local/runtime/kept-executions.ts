import { join } from 'node:path';
import * as z from 'zod/mini';
import { KeptExecution } from '../aws/step-functions.ts';
import { keepFile, readKeptFile } from './kept-file.ts';

const REMEDY = 'delete it, and send the events of waiting runs again';

/** Writes down the executions that are not over, so that they are there again after the process was killed. */
export function keepExecutions(directory: string, executions: readonly KeptExecution[]): void {
  keepFile(executionsFile(directory), executions);
}

/** The executions that `keepExecutions` has written. @throws UsageError when the file is damaged */
export function readKeptExecutions(directory: string): KeptExecution[] {
  return readKeptFile(executionsFile(directory), z.array(KeptExecution), REMEDY) ?? [];
}

function executionsFile(directory: string): string {
  return join(directory, 'executions.json');
}
