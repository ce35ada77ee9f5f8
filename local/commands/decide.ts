import type { Report } from '../../functions/shared/report.ts';
import { systemUser } from '../runtime/system-user.ts';
import { UsageError } from '../runtime/usage-error.ts';
import { allRuns } from './all-runs.ts';
import { defineCommand, EXIT, type Main } from './command.ts';
import { didYouMeanId } from './near-id.ts';
import { printError, printJson, printLine } from './print.ts';
import { followUpList, reportTable } from './print-report.ts';
import { PLACE_OPTIONS, requireState, type Session, withRuntime } from './with-runtime.ts';

type How = 'release' | 'reject';

const WHAT: Record<How, string> = {
  release: 'lets held runs go on',
  reject: 'ends held runs, which no repeat of their events starts again',
};

const help = (how: How) => `npm start -- ${how} RUN… --reason TEXT --state DIR:
${WHAT[how]}

  RUN              the name that run --state DIR has printed; several may follow
  --reason TEXT    why; it is recorded
  --as NAME        who decides; the system user without it
  --state DIR      the folder of run --state DIR and serve --state DIR
  --secrets FILE   credentials of real apps, as for run
  --wide           show ids whole
  --dialect NAME   what simulated apps speak: guide or live
  --json           print one JSON array of reports and nothing else
  --help           this text

Nobody releases what they have asked for themselves where people are protected.
On AWS this is POST /runs/RUN/${how}.

Exit codes: 0 done${how === 'release' ? ', and everything is complete' : ''}; 1 not: a run is
not held, or is open; 2 bad usage.
`;

/** `release` and `reject`: what a person decides about held runs. */
export const decideCommand = (how: How): Main =>
  defineCommand({
    name: how,
    help: help(how),
    options: {
      json: { type: 'boolean' },
      wide: { type: 'boolean' },
      reason: { type: 'string' },
      as: { type: 'string' },
      ...PLACE_OPTIONS,
    },
    takesOperands: true,
    run: (call) => {
      const { values, operands: names, io } = call;
      const { state, as: by = systemUser() } = values;
      const reason = values.reason?.trim() ?? '';
      if (names.length === 0) throw new UsageError(`${how}: expected at least one RUN`);
      if (reason === '') throw new UsageError(`${how}: expected --reason TEXT`);
      requireState(how, state, 'no run is held');
      return withRuntime(call, async (session) => {
        const reports: Report[] = [];
        let areAllDecided = true;
        for (const name of names) {
          const outcome = await decide(session, how, name, { by, reason });
          if (typeof outcome === 'string') printError(io.stderr, outcome);
          else reports.push(outcome);
          areAllDecided &&= typeof outcome !== 'string';
        }
        if (values.json) printJson(io.stdout, reports);
        else for (const report of reports) printLine(io.stdout, '', ...reportTable(report, session.view));
        if (!values.json && reports.length > 0)
          printLine(io.stdout, '', ...followUpList(reports, session.view));
        return areAllDecided && reports.every(endsWell) ? EXIT.complete : EXIT.open;
      });
    },
  });

function endsWell({ status }: Report): boolean {
  return ['complete', 'superseded', 'rejected'].includes(status);
}

/** The report of the run once it is over or held again, or why nothing could be decided. */
async function decide(
  { runtime }: Session,
  how: How,
  name: string,
  verdict: { by: string; reason: string },
): Promise<Report | string> {
  // Loaded only now, because the environment that they read is the runtime's.
  const { FourEyesError, NotHeldError, rejectRun, releaseRun } = await import(
    '../../functions/runs/decide-held.ts'
  );
  const { runSourcesFromEnvironment } = await import('../../functions/runs/run-sources.ts');
  const { holdStoreFromEnvironment } = await import('../../functions/tables/hold-store.ts');
  const sources = { ...runSourcesFromEnvironment(), holds: holdStoreFromEnvironment() };
  try {
    const { workflow, employeeId } = await { release: releaseRun, reject: rejectRun }[how](
      sources,
      name,
      verdict,
    );
    await runtime.over(workflow, name);
    const runs = await runtime.store.readRuns(employeeId);
    return runs.findLast((run) => run.execution === name)?.report ?? `The run ${name} has no report.`;
  } catch (error) {
    if (error instanceof FourEyesError) return error.message;
    if (!(error instanceof NotHeldError)) throw error;
    const held = await allRuns(runtime, { status: 'held' });
    const names = held.map((run) => run.name);
    return error.message + didYouMeanId(name, names);
  }
}
