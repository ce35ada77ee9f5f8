import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { APP_TITLES } from '../functions/shared/apps.ts';
import { type Finding, findingStore } from '../functions/shared/finding-store.ts';
import type { Report } from '../functions/shared/report.ts';
import { UsageError } from './arguments.ts';
import { alignColumns, progressLine, reportTable } from './print-report.ts';
import { readRealApps } from './real-apps.ts';
import type { Runtime } from './runtime.ts';
import { IDENTITY_TABLE } from './tables.ts';

const DEFAULT_FOLDER = 'tenure-files';

export const RECONCILE_HELP = `npm start -- reconcile: compares every account of every app with what HR wants, and reports what differs

On the simulated company some things are wrong on purpose, unless --state or a real app is given.

  --fix            offboard leavers who can still log in
  --files DIR      where the findings are written as JSON and CSV; ./${DEFAULT_FOLDER} without it
  --json           print nothing but one JSON object: run, findings, offboardings, failure
  --state DIR      use the tables and simulated apps that run --state DIR keeps
  --secrets FILE   credentials of real apps, as for run
  --help           this text

Exit codes: 0 every app was reconciled, whatever was found, 1 an app or an offboarding failed, 2 bad usage.
`;

/**
 * The command line of `reconcile`; returns the exit code.
 *
 * @throws UsageError
 */
export async function reconcileCommand(words: readonly string[]): Promise<number> {
  const { fix = false, json = false, help, files = DEFAULT_FOLDER, state, secrets } = parse(words);
  if (help) {
    console.log(RECONCILE_HELP);
    return 0;
  }
  const realApps = readRealApps(process.env, secrets);
  if (realApps.problems.length > 0) {
    for (const problem of realApps.problems) console.error(problem);
    return 2;
  }
  const { startRuntime, RunStoppedError } = await import('./runtime.ts');
  const runtime = await startRuntime({
    realApps: realApps.apps,
    secrets: realApps.secrets,
    filesDirectory: files,
    onStepEnd: (end) => {
      if (!json) console.log(progressLine(end));
    },
    ...(secrets === undefined ? {} : { secretsFile: secrets }),
    ...(state === undefined ? {} : { stateDirectory: state }),
  });
  process.once('SIGINT', runtime.stop);
  try {
    if (state === undefined && realApps.apps.length === 0) {
      const { plantDiscrepancies } = await import('./vendors/discrepancies.ts');
      await plantDiscrepancies(runtime.vendors, runtime.roster);
    }
    const { run, failure } = await runtime.reconcile({ fix: fix ? ['leaver_can_log_in'] : [] });
    const findings = await findingsOf(run);
    const offboardings = await offboardingsOf(runtime, fix ? findings : []);
    if (json) console.log(JSON.stringify({ run, findings, offboardings, failure }, null, 2));
    else print({ findings, offboardings, failure, files: join(resolve(files), 'reconciliation', run) });
    const isComplete = failure === null && offboardings.every(({ status }) => status === 'complete');
    return isComplete ? 0 : 1;
  } catch (error) {
    if (!(error instanceof RunStoppedError)) throw error;
    console.error('Stopped. Reconcile again; what was started goes on from where it was.');
    return 130;
  } finally {
    await runtime.close();
  }
}

async function findingsOf(run: string): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of findingStore(IDENTITY_TABLE).read(run)) findings.push(finding);
  return findings;
}

/** The latest report of everybody who was found to be able to log in. */
async function offboardingsOf({ store }: Runtime, findings: readonly Finding[]): Promise<Report[]> {
  const leavers = new Set(
    findings.filter(({ kind }) => kind === 'leaver_can_log_in').map(({ employeeId }) => employeeId),
  );
  const reports: Report[] = [];
  for (const employeeId of leavers) {
    const runs = employeeId === null ? [] : await store.readRuns(employeeId);
    const report = runs.at(-1)?.report;
    if (report !== undefined && report !== null) reports.push(report);
  }
  return reports;
}

function print(outcome: {
  findings: readonly Finding[];
  offboardings: readonly Report[];
  failure: string | null;
  files: string;
}): void {
  const { findings, offboardings, failure, files } = outcome;
  const rows = findings.map(({ kind, app, vendorUserId, employeeId, detail }) => [
    kind,
    APP_TITLES[app],
    vendorUserId ?? '-',
    employeeId ?? '-',
    detail,
  ]);
  const table = alignColumns([['Finding', 'App', 'Account', 'Employee', ''], ...rows]);
  console.log(findings.length === 0 ? '\nNothing differs.' : `\n${table.join('\n')}`);
  for (const report of offboardings) console.log(`\n${reportTable(report)}`);
  if (failure !== null) console.error(`\n${failure}`);
  console.log(`\n${findings.length} findings, also in ${files}.json and .csv`);
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        fix: { type: 'boolean' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
        files: { type: 'string' },
        state: { type: 'string' },
        secrets: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`reconcile: ${error instanceof Error ? error.message : String(error)}`);
  }
}
