import { join, resolve } from 'node:path';
import * as z from 'zod/mini';
import { ComplianceSummary } from '../../functions/compliance/summary.ts';
import type { StepEnd } from '../aws/engine.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { parseCommand, RUNTIME_OPTIONS, withRuntime } from './command-runtime.ts';
import { progressLine } from './print-report.ts';

const COMPLIANCE_SYNC_HELP = `npm start -- compliance-sync: records who is compliant in Drata, and what changed since the last time

  --files DIR      where compliance/personnel.json and .csv are written; ./${DEFAULT_FOLDER} without it
  --json           print nothing but one JSON object: summary, changes, failure
  --state DIR      use the tables and simulated apps that run --state DIR keeps; without it everything is a change
  --secrets FILE   credentials of real apps, as for run
  --help           this text

Somebody whose status Drata has not computed yet is asked about again every five minutes, for half an hour at the most.

Exit codes: 0 everybody was recorded, 1 that failed, 2 bad usage.
`;

const STILL_PENDING =
  '  some are PENDING in Drata, and asked about again every five minutes; the files are there, so Ctrl-C may end it';

/**
 * The command line of `compliance-sync`; returns the exit code.
 *
 * @throws UsageError
 */
export async function complianceSyncCommand(words: readonly string[]): Promise<number> {
  const { values } = parseCommand('compliance-sync', words, RUNTIME_OPTIONS);
  if (values.help) {
    console.log(COMPLIANCE_SYNC_HELP);
    return 0;
  }
  const work = async (runtime: Runtime) => {
    const { output, failure } = await runtime.syncCompliance();
    const summary = failure === null ? z.parse(ComplianceSummary, output) : null;
    const changes = runtime.busEvents.flatMap((event) =>
      event['detail-type'] === 'compliance.changed' ? [event.detail] : [],
    );
    if (values.json) console.log(JSON.stringify({ summary, changes, failure }, null, 2));
    else print({ summary, changes: changes.length, failure, folder: values.files ?? DEFAULT_FOLDER });
    return failure === null ? 0 : 1;
  };
  return withRuntime(values, work, { onStepEnd: values.json ? () => {} : tellProgress() });
}

/** Prints a line a step, and once what takes minutes. */
function tellProgress(): (end: StepEnd) => void {
  let isTold = false;
  return (end) => {
    console.log(progressLine(end));
    if (isTold || !('status' in end) || end.status !== 'pending') return;
    isTold = true;
    console.log(STILL_PENDING);
  };
}

function print(outcome: {
  summary: ComplianceSummary | null;
  changes: number;
  failure: string | null;
  folder: string;
}): void {
  const { summary, changes, failure, folder } = outcome;
  if (failure !== null) console.error(`\n${failure}`);
  if (summary === null) return;
  const statuses = Object.entries(summary.active).map(([status, count]) => `${count} ${status}`);
  console.log(`\n${summary.people} people in Drata; of the active ones ${statuses.join(', ')}`);
  console.log(`${changes} changes since the last sync`);
  for (const file of summary.files) console.log(join(resolve(folder), file));
}
