import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import type { HrEvent } from '../../functions/shared/events.ts';
import type { Report } from '../../functions/shared/report.ts';
import type { StepEnd } from '../aws/engine.ts';
import { leapingClock } from '../aws/leaping-clock.ts';
import type { Ended, Runtime } from '../runtime/runtime.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { BadInputError, defineCommand, EXIT } from './command.ts';
import { readEventFiles } from './event-files.ts';
import { type Output, printJson, printLine } from './print.ts';
import { followUpList } from './print-report.ts';
import type { View } from './view.ts';
import { requireRealApps, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- training-follow-up [FILE]: plays the weeks after a hire in the
simulated Drata

  FILE             the hires, as for run; events/1-zoe-is-hired.json without it
  --due-days N     after how many days training and background check are
                   overdue, 1 to 300; 30 without it
  --json           print one JSON object and nothing else: followUps, reports
  --help           this text

Nothing waits: the clock leaps from one round to the next, and each round is a
line with its time. In the simulated Drata a new hire completes the training
after three days and the background check after five.

Exit codes: 0 everything was completed, 1 something was not, 2 bad input or
usage.
`;

const SAMPLE = fileURLToPath(new URL('../../events/1-zoe-is-hired.json', import.meta.url));

/** `training-follow-up`: plays the weeks after a hire in the simulated Drata. */
export const main = defineCommand({
  name: 'training-follow-up',
  app: 'drata',
  help: HELP,
  options: { json: { type: 'boolean' }, 'due-days': { type: 'string' } },
  takesOperands: true,
  run: (call) => {
    const { values, operands, io } = call;
    const trainingDueDays = readDays(values['due-days'] ?? '30');
    const { events, problems } = readEventFiles(operands.length === 0 ? [SAMPLE] : operands);
    const hires = events.flatMap((event) => hireInDrata(event) ?? []);
    if (problems.length === 0 && hires.length === 0) problems.push('FILE: expected a hire in Drata');
    if (requireRealApps(call, problems).apps.length > 0)
      throw new BadInputError([
        'training-follow-up: only the simulated Drata can be hurried; unset the base URLs',
      ]);
    const work = async ({ runtime, view }: Session) => {
      for (const hire of hires) await runtime.play(hire);
      const followUps = await runtime.trainingFollowUps();
      const reports = await latestReports(runtime, hires);
      if (values.json) printJson(io.stdout, { followUps, reports });
      else print(io.stdout, followUps, { reports, view });
      const isComplete = followUps.length > 0 && followUps.every(({ failure }) => failure === null);
      return isComplete ? EXIT.complete : EXIT.open;
    };
    return withRuntime(call, work, (tell, describe) => ({
      clock: leapingClock(),
      trainingDueDays,
      onStepEnd: (end) => tell(`  ${roundLabel(end)}${describe(end)}`),
    }));
  },
});

function hireInDrata(event: HrEvent): HrEvent | null {
  if (event['detail-type'] !== 'employee.hired') return null;
  const apps = event.detail.apps.filter(({ app }) => app === 'drata');
  return apps.length === 0 ? null : { ...event, detail: { ...event.detail, apps } };
}

/** The reports as they are now, with what the follow-ups have added. */
async function latestReports({ store }: Runtime, hires: readonly HrEvent[]): Promise<Report[]> {
  const ids = new Set(hires.map(({ detail }) => detail.employee.employeeId));
  const runs = await Promise.all([...ids].map((employeeId) => store.readRuns(employeeId)));
  return runs.flatMap((all) => all.at(-1)?.report ?? []);
}

function print(
  output: Output,
  followUps: readonly Ended[],
  { reports, view }: { reports: readonly Report[]; view: View },
): void {
  printLine(output, '');
  for (const { run, failure } of followUps) printLine(output, `${run}: ${failure ?? 'complete'}`);
  printLine(output, '', ...followUpList(reports, view));
}

const Round = z.object({ now: z.iso.datetime() });

/** When a round of a follow-up takes place, to the minute; empty for a step that belongs to no round. */
function roundLabel(end: StepEnd): string {
  const now = z.safeParse(Round, end.event).data?.now;
  const label = now === undefined ? '' : now.slice(0, 16).replace('T', ' ');
  return label.padEnd('2026-01-01 00:00'.length);
}

function readDays(text: string): number {
  const days = Number(text);
  if (/^\d{1,3}$/.test(text) && days >= 1 && days <= 300) return days;
  throw new UsageError('--due-days: expected a number from 1 to 300');
}
