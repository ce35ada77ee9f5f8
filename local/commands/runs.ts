import * as z from 'zod/mini';
import type { Run, RunFilter, RunSummary } from '../../functions/api/schemas.ts';
import { APPS } from '../../functions/shared/apps.ts';
import { apiSources } from '../runtime/api-sources.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { allRuns, noSuchRun } from './all-runs.ts';
import { BadInputError, defineCommand, EXIT, readWord } from './command.ts';
import { momentIn } from './moments.ts';
import { printError, printJson, printLine } from './print.ts';
import { followUpList, inFollowUps, reportTable } from './print-report.ts';
import { type TableRow, tableLines } from './table.ts';
import { PLACE_OPTIONS, requireState, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- runs --state DIR: lists the runs, the newest first
npm start -- runs show RUN --state DIR: shows one of them

  --status STATUS  only those that stand so: waiting, running, held, complete,
                   partial, failed, stopped, superseded, unknown_person,
                   rejected or expired
  --from DAY       only those that started on that day or later; 400 days back
                   without it. An instant will do too
  --to DAY         only those that started on that day or earlier
  --app APP        only those that are about this app
  --state DIR      the folder of run --state DIR and serve --state DIR
  --secrets FILE   as for run; not needed, because no app is called
  --wide           show ids whole
  --dialect NAME   what simulated apps speak: guide or live
  --json           print what the API answers, and nothing else
  --help           this text

On AWS this is GET /runs and GET /runs/RUN.

Exit codes: 0 done; 1 there is no such run; 2 bad usage.
`;

/** `runs` and `runs show`: what has run, and what waits for somebody. */
export const main = defineCommand({
  name: 'runs',
  help: HELP,
  options: {
    json: { type: 'boolean' },
    wide: { type: 'boolean' },
    status: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    app: { type: 'string', of: APPS },
    ...PLACE_OPTIONS,
  },
  takesOperands: true,
  run: async (call) => {
    const { values, operands } = call;
    const [word, name, ...more] = operands;
    if (word !== undefined) readWord(word, ['show'], 'runs');
    if ((word !== undefined && name === undefined) || more.length > 0)
      throw new UsageError('runs: expected nothing, or show RUN');
    const filter = await readFilter(values);
    requireState('runs', values.state, 'no run is kept');
    const isJson = values.json === true;
    const work = (session: Session) =>
      name === undefined ? list(session, call.io, filter, isJson) : show(session, call.io, name, isJson);
    return withRuntime({ ...call, callsNoApp: true }, work);
  },
});

type Io = Parameters<typeof withRuntime>[0]['io'];

async function list({ runtime, tell }: Session, io: Io, filter: RunFilter, isJson: boolean): Promise<number> {
  const runs = await allRuns(runtime, filter);
  tell('');
  if (isJson) printJson(io.stdout, { runs });
  else if (runs.length === 0) printLine(io.stdout, 'No runs.');
  else printLine(io.stdout, ...tableLines([LIST_HEAD, ...(await Promise.all(runs.map(rowOf(runtime))))]));
  return EXIT.complete;
}

const LIST_HEAD = { cells: ['Employee', 'Workflow', 'Status'] };

const rowOf =
  (runtime: Runtime) =>
  async (run: RunSummary): Promise<TableRow> => ({
    cells: [run.employeeId ?? '', run.workflow, await statusOf(runtime, run)],
    details: [run.name, `started ${momentIn(run.startedAt, await zoneOf(runtime, run))}`],
  });

/** How a run stands, and how many of its follow-ups are still open. */
async function statusOf(
  { store }: Runtime,
  { name, status, startedAt, report }: Pick<Run, 'name' | 'status' | 'startedAt' | 'report'>,
): Promise<string> {
  if (report === null) return status;
  const followUps = await store.followUps.ofRun({ execution: name, startedAt });
  return status + inFollowUps(followUps.filter((followUp) => followUp.status === 'open').length);
}

/** The employee's time zone; null where none is known. */
async function zoneOf({ store }: Runtime, { employeeId }: Pick<Run, 'employeeId'>): Promise<string | null> {
  return employeeId === null ? null : ((await store.readProfile(employeeId))?.timeZone ?? null);
}

async function show(session: Session, io: Io, name: string, isJson: boolean): Promise<number> {
  const { readRun } = await import('../../functions/api/runs.ts');
  const run = await readRun(await apiSources(session.runtime), name);
  if (run === null) {
    printError(io.stderr, await noSuchRun(session.runtime, name));
    return EXIT.open;
  }
  session.tell('');
  if (isJson) printJson(io.stdout, run);
  else printLine(io.stdout, ...(await runLines(session, run)));
  return EXIT.complete;
}

async function runLines({ runtime, view }: Session, run: Run): Promise<string[]> {
  const { name, workflow, employeeId, startedAt, origin, held, report } = run;
  const zone = await zoneOf(runtime, run);
  const { via, name: who } = origin?.requester ?? { via: null, name: null };
  const decisions = held?.decisions.map(
    ({ decision, by, at, reason }) =>
      `  ${decision} by ${by ?? 'somebody'}, ${momentIn(at, zone)}: ${reason}`,
  );
  return [
    `${name}: ${await statusOf(runtime, run)}`,
    `  ${workflow} of employee ${employeeId ?? 'unknown'}, started ${momentIn(startedAt, zone)}`,
    ...(via === null ? [] : [`  asked for over ${via}${who === null ? '' : ` by ${who}`}`]),
    ...(decisions ?? []),
    ...(report === null ? [] : ['', ...reportTable(report, view), '', ...followUpList([report], view)]),
  ];
}

async function readFilter({ status, from, to, app }: Record<string, unknown>): Promise<RunFilter> {
  const { RunFilter: Filter } = await import('../../functions/api/schemas.ts');
  const given = Object.entries({ status, from, to, app }).filter(([, value]) => value !== undefined);
  const parsed = z.safeParse(Filter, Object.fromEntries(given));
  if (parsed.success) return parsed.data;
  throw new BadInputError(parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`));
}
