import * as z from 'zod/mini';
import { ComplianceSummary } from '../../functions/compliance/summary.ts';
import type { StepEnd } from '../aws/engine.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import { type CommandIo, defineCommand, EXIT } from './command.ts';
import { fileLines } from './file-lines.ts';
import { filesFolder } from './places.ts';
import { printError, printJson, printLine } from './print.ts';
import { RUNTIME_OPTIONS, type Session, type Tell, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- compliance-sync: records who is compliant in Drata, and what has
changed since the last time

  --files DIR      where compliance/personnel.json and .csv are written;
                   DIR/files of --state, or ./${DEFAULT_FOLDER}
  --json           print one JSON object and nothing else: summary, changes,
                   failure
  --state DIR      use the tables and simulated apps that run --state DIR keeps;
                   without it everything is a change
  --secrets FILE   credentials of real apps, as for run
  --dialect NAME   what simulated apps speak: guide or live
  --help           this text

While Drata has not computed somebody's status, tenure asks again every five
minutes, for at most half an hour.

Exit codes: 0 everybody was recorded, 1 that failed, 2 bad usage.
`;

const STILL_PENDING =
  'Some people are still PENDING in Drata; tenure asks again every five minutes. The files are written, so Ctrl-C may end this.';

/** `compliance-sync`: records who is compliant in Drata. */
export const main = defineCommand({
  name: 'compliance-sync',
  app: 'drata',
  help: HELP,
  options: RUNTIME_OPTIONS,
  run: (call) => {
    const { values, io } = call;
    const work = async ({ runtime }: Session) => {
      const { output, failure } = await runtime.syncCompliance();
      const summary = failure === null ? z.parse(ComplianceSummary, output) : null;
      const changes = runtime.busEvents.flatMap((event) =>
        event['detail-type'] === 'compliance.changed' ? [event.detail] : [],
      );
      if (values.json) printJson(io.stdout, { summary, changes, failure });
      else print(io, { summary, changes: changes.length, failure, folder: filesFolder(values) });
      return failure === null ? EXIT.complete : EXIT.open;
    };
    return withRuntime(call, work, (tell, describe) => ({ onStepEnd: tellProgress(tell, describe) }));
  },
});

/** A line for each step, and once why it takes minutes. */
function tellProgress(tell: Tell, describe: (end: StepEnd) => string): (end: StepEnd) => void {
  let isTold = false;
  return (end) => {
    tell(describe(end));
    if (isTold || !('status' in end) || end.status !== 'pending') return;
    isTold = true;
    tell(`  ${STILL_PENDING}`);
  };
}

function print(
  { stdout, stderr }: CommandIo,
  outcome: { summary: ComplianceSummary | null; changes: number; failure: string | null; folder: string },
): void {
  const { summary, changes, failure, folder } = outcome;
  if (failure !== null) printError(stderr, '', failure);
  if (summary === null) return;
  const statuses = Object.entries(summary.active).map(([status, count]) => `${count} ${status}`);
  const people = `${summary.people} people in Drata; of the active ones ${statuses.join(', ')}`;
  printLine(stdout, '', people);
  printLine(stdout, `${changes} changes since the last sync`);
  printLine(stdout, ...fileLines(folder, summary.files));
}
