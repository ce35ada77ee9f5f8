import type { HrEvent } from '../../functions/shared/events.ts';
import type { Plan } from '../../functions/shared/plan.ts';
import type { Report } from '../../functions/shared/report.ts';
import { systemUser } from '../runtime/system-user.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { defineCommand, EXIT } from './command.ts';
import { findMomentProblems, readEventFiles } from './event-files.ts';
import { type Output, printJson, printLine } from './print.ts';
import { planLines } from './print-plan.ts';
import { followUpList, reportTable, waitLine } from './print-report.ts';
import { readRealApps } from './real-apps.ts';
import { readPlanId, requirePlan } from './require-plan.ts';
import type { View } from './view.ts';
import {
  PLAY_OPTIONS,
  readPatience,
  requireRealApps,
  type Session,
  VIEW_OPTIONS,
  withRuntime,
} from './with-runtime.ts';

/** Somebody sits before it. */
const DEFAULT_PATIENCE_MINUTES = 1;

const HELP = `npm start -- run FILE…: plays the events of files in order, and prints a report
of each

A file holds HR events: a JSON object, an array, or one object per line. Without
a command and a file, npm start plays the samples in events/.

  --json           print one JSON array of reports and nothing else
                   (npm -s start -- run FILE --json)
  --fast           retries wait a hundredth of the time; where every app is
                   simulated, events begin at once too
  --patience MIN   for how many minutes a login is tried again that cannot be
                   shut because its app is away; ${DEFAULT_PATIENCE_MINUTES} without it
  --plan ID        play the event only where npm start -- plan shows this id;
                   else show what it would do now, and exit with 1
  --preview        show what the first termination would change before it is
                   played
  --state DIR      keep the tables and the simulated apps in DIR between
                   commands; in memory without it
  --secrets FILE   credentials of real apps; see npm start -- --help
  --dialect NAME   what simulated apps speak: guide or live
  --wide           show ids whole
  --verbose        show the names of states too
  --help           this text

A run that is held for a person says why. With --state, release lets it go on.

Exit codes: 0 everything is complete, 1 something is open, held or failed, 2 bad
input or usage (nothing was called), 130 stopped by Ctrl-C.
`;

/** `run FILE…`: plays the events of files in order, and prints a report of each. */
export const main = defineCommand({
  name: 'run',
  help: HELP,
  options: {
    ...VIEW_OPTIONS,
    ...PLAY_OPTIONS,
    json: { type: 'boolean' },
    plan: { type: 'string' },
    preview: { type: 'boolean' },
  },
  takesOperands: true,
  run: (call) => {
    const { values, operands, io } = call;
    if (operands.length === 0) throw new UsageError('run: expected at least one FILE');
    const { events, problems } = readEventFiles(operands);
    const isReal = readRealApps(io.environment, values.secrets).apps.length > 0;
    const momentProblems = findMomentProblems(events, new Date(), { isFast: values.fast === true, isReal });
    requireRealApps(call, [...problems, ...momentProblems]);
    const planId = readPlanId(values.plan, events);
    const isJson = values.json === true;
    const work = async (session: Session) => {
      const [event] = events;
      let plan: Plan | null = null;
      if (planId !== undefined && event !== undefined) {
        plan = await requirePlan(session.runtime, { event, planId }, { io, isJson, view: session.view });
        if (plan === null) return EXIT.open;
      }
      const reports = await playAll(events, session, { plan, isPreviewed: values.preview === true });
      if (values.json) printJson(io.stdout, reports);
      else printReports(io.stdout, reports, session.view);
      return reports.every(endsWell) ? EXIT.complete : EXIT.open;
    };
    return withRuntime(call, work, (tell) => ({
      cliUser: systemUser(),
      giveUpAfterSeconds: readPatience(values.patience, DEFAULT_PATIENCE_MINUTES),
      onWait: (ms, _, timeZone) => tell(waitLine(ms, timeZone, isReal)),
    }));
  },
});

/** An event that came too late is no fault: a later one was played instead. */
function endsWell({ status }: Report): boolean {
  return status === 'complete' || status === 'superseded';
}

/** @param how.plan the plan that the only event is played with; null where it is played without. */
async function playAll(
  events: readonly HrEvent[],
  { runtime, tell, view }: Session,
  { plan, isPreviewed }: { plan: Plan | null; isPreviewed: boolean },
): Promise<Report[]> {
  const previewed = isPreviewed
    ? events.find((event) => event['detail-type'] === 'employee.terminated')
    : undefined;
  const reports: Report[] = [];
  for (const event of events) {
    const { employee } = event.detail;
    const who = ('email' in employee ? employee.email : undefined) ?? employee.employeeId;
    tell('', `${event['detail-type']} ${who}`);
    if (event === previewed) tell(...planLines(await runtime.plan(event), view), '');
    reports.push(await runtime.play(event, plan));
  }
  return reports;
}

function printReports(output: Output, reports: readonly Report[], view: View): void {
  for (const report of reports) printLine(output, '', ...reportTable(report, view));
  printLine(output, '', ...followUpList(reports, view));
}
