import { parseArgs } from 'node:util';
import type { HrEvent } from '../../functions/shared/events.ts';
import type { Report } from '../../functions/shared/report.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { defineCommand, EXIT, HELP_OPTION, type Output, printJson, printLine } from './command.ts';
import { findMomentProblems, readEventFiles } from './event-files.ts';
import { OVERVIEW } from './overview.ts';
import { followUpList, reportTable, waitLine } from './print-report.ts';
import { requireRealApps, type Session, withRuntime } from './with-runtime.ts';

/** `run FILE…`: plays the events of files in order, and prints a report of each. */
export const main = defineCommand({
  name: 'run',
  help: OVERVIEW,
  parse: (args) =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        ...HELP_OPTION,
        json: { type: 'boolean' },
        fast: { type: 'boolean' },
        state: { type: 'string' },
        secrets: { type: 'string' },
      },
    }),
  run: (call) => {
    const { values, operands, io } = call;
    if (operands.length === 0) throw new UsageError('run: expected at least one FILE');
    const { events, problems } = readEventFiles(operands);
    const momentProblems = findMomentProblems(events, new Date(), !values.fast);
    requireRealApps(call, [...problems, ...momentProblems]);
    const work = async (session: Session) => {
      const reports = await playAll(events, session);
      if (values.json) printJson(io.stdout, reports);
      else printReports(io.stdout, reports);
      return reports.every(({ status }) => status === 'complete') ? EXIT.complete : EXIT.open;
    };
    return withRuntime(call, work, (tell) => ({ onWait: (ms) => tell(waitLine(ms)) }));
  },
});

async function playAll(events: readonly HrEvent[], { runtime, tell }: Session): Promise<Report[]> {
  const reports: Report[] = [];
  for (const event of events) {
    tell(`\n${event['detail-type']} ${event.detail.employee.email}`);
    reports.push(await runtime.play(event));
  }
  return reports;
}

function printReports(output: Output, reports: readonly Report[]): void {
  printLine(output, `\n${reports.map(reportTable).join('\n\n')}`);
  printLine(output, `\n${followUpList(reports)}`);
}
