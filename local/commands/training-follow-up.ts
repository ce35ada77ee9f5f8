import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import type { HrEvent } from '../../functions/shared/events.ts';
import type { Report } from '../../functions/shared/report.ts';
import type { StepEnd } from '../aws/engine.ts';
import { leapingClock } from '../aws/leaping-clock.ts';
import type { Ended, Runtime } from '../runtime/runtime.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { parseCommand, withRuntime } from './command-runtime.ts';
import { readEventFiles } from './event-files.ts';
import { followUpList, progressLine } from './print-report.ts';

const TRAINING_FOLLOW_UP_HELP = `npm start -- training-follow-up [FILE]: plays the weeks after a hire in the simulated Drata

  FILE             the hires, as for run; events/1-zoe-is-hired.json without it
  --due-days N     after how many days training and background check are overdue, 1 to 300; 30 without it
  --json           print nothing but one JSON object: followUps, reports
  --help           this text

Nobody waits: the clock leaps. In the simulated Drata somebody new completes the training after three days and the
background check after five. Every round is a line with its time.

Exit codes: 0 everything was completed, 1 something was not, 2 bad input or usage.
`;

const SAMPLE = fileURLToPath(new URL('../../events/1-zoe-is-hired.json', import.meta.url));

/**
 * The command line of `training-follow-up`; returns the exit code.
 *
 * @throws UsageError
 */
export async function trainingFollowUpCommand(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(
    'training-follow-up',
    words,
    {
      json: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
      'due-days': { type: 'string' },
    },
    true,
  );
  const { json = false } = values;
  if (values.help) {
    console.log(TRAINING_FOLLOW_UP_HELP);
    return 0;
  }
  const trainingDueDays = readDays(values['due-days'] ?? '30');
  const { events, problems } = readEventFiles(positionals.length === 0 ? [SAMPLE] : positionals);
  const hires = events.flatMap((event) => hireInDrata(event) ?? []);
  if (problems.length === 0 && hires.length === 0) problems.push('FILE: expected a hire in Drata');
  if (problems.length > 0) {
    for (const problem of problems) console.error(problem);
    return 2;
  }
  return withRuntime({ json }, (runtime, isSample) => followUp(runtime, { hires, isSample, json }), {
    clock: leapingClock(),
    trainingDueDays,
    onStepEnd: (end) => console.log(`${roundTime(end)}${progressLine(end)}`),
  });
}

async function followUp(
  runtime: Runtime,
  { hires, isSample, json }: { hires: readonly HrEvent[]; isSample: boolean; json: boolean },
): Promise<number> {
  if (!isSample) {
    console.error('training-follow-up: only the simulated Drata can be hurried; unset the base URLs');
    return 2;
  }
  for (const hire of hires) await runtime.play(hire);
  const followUps = await runtime.trainingFollowUps();
  const reports = await latestReports(runtime, hires);
  if (json) console.log(JSON.stringify({ followUps, reports }, null, 2));
  else print(followUps, reports);
  return followUps.length > 0 && followUps.every(({ failure }) => failure === null) ? 0 : 1;
}

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

function print(followUps: readonly Ended[], reports: readonly Report[]): void {
  console.log('');
  for (const { run, failure } of followUps) console.log(`${run}: ${failure ?? 'complete'}`);
  console.log(`\n${followUpList(reports)}`);
}

const Round = z.object({ now: z.iso.datetime() });

/** When a round of a follow-up is, to the minute. */
function roundTime({ event }: StepEnd): string {
  const now = z.safeParse(Round, event).data?.now ?? '';
  return now.slice(0, 16).replace('T', ' ').padEnd(16);
}

function readDays(text: string): number {
  const days = Number(text);
  if (/^\d{1,3}$/.test(text) && days >= 1 && days <= 300) return days;
  throw new UsageError('--due-days: expected a number from 1 to 300');
}
