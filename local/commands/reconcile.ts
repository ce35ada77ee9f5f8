import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod/mini';
import { Summary } from '../../functions/reconciliation/summary.ts';
import { APP_TITLES } from '../../functions/shared/apps.ts';
import type { Report } from '../../functions/shared/report.ts';
import { type Finding, findingStore } from '../../functions/tables/finding-store.ts';
import { IDENTITY_TABLE } from '../aws/tables.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { parseCommand, RUNTIME_OPTIONS, withRuntime } from './command-runtime.ts';
import { alignColumns, reportTable } from './print-report.ts';

const RECONCILE_HELP = `npm start -- reconcile: compares every account of every app with what HR wants, and reports what differs

On the simulated company some things are wrong on purpose, unless --state or a real app is given.

  --fix            offboard leavers who can still log in
  --files DIR      where the findings are written as JSON and CSV; ./${DEFAULT_FOLDER} without it
  --json           print nothing but one JSON object: run, apps, findings, offboardings, failure
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
  const { values } = parseCommand('reconcile', words, { ...RUNTIME_OPTIONS, fix: { type: 'boolean' } });
  const { fix = false, json = false, files = DEFAULT_FOLDER } = values;
  if (values.help) {
    console.log(RECONCILE_HELP);
    return 0;
  }
  return withRuntime(values, async (runtime, isSample) => {
    if (isSample) {
      const { plantDiscrepancies } = await import('../vendors/discrepancies.ts');
      await plantDiscrepancies(runtime.vendors, runtime.roster);
    }
    const { run, output, failure } = await runtime.reconcile({ fix: fix ? ['leaver_can_log_in'] : [] });
    // A reconciliation that failed has said what it found all the same, but not how many people there are.
    const apps = failure === null ? z.parse(Summary, output).apps : [];
    const findings = await findingsOf(run);
    const offboardings = await offboardingsOf(runtime, fix ? findings : []);
    if (json) console.log(JSON.stringify({ run, apps, findings, offboardings, failure }, null, 2));
    else print({ apps, findings, offboardings, failure, files: join(resolve(files), 'reconciliation', run) });
    const isComplete = failure === null && offboardings.every(({ status }) => status === 'complete');
    return isComplete ? 0 : 1;
  });
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
  apps: Summary['apps'];
  findings: readonly Finding[];
  offboardings: readonly Report[];
  failure: string | null;
  files: string;
}): void {
  const { apps, findings, offboardings, failure, files } = outcome;
  const rows = findings.map(({ kind, app, vendorUserId, employeeId, detail }) => [
    kind,
    APP_TITLES[app],
    vendorUserId ?? '-',
    employeeId ?? '-',
    detail,
  ]);
  const table = alignColumns([['Finding', 'App', 'Account', 'Employee', ''], ...rows]);
  console.log(findings.length === 0 ? '\nNothing differs.' : `\n${table.join('\n')}`);
  if (apps.length > 0) console.log(`\n${headCountTable(apps)}`);
  for (const report of offboardings) console.log(`\n${reportTable(report)}`);
  if (failure !== null) console.error(`\n${failure}`);
  // What could not be written is not there, and the failure says why.
  if (!existsSync(`${files}-graph.csv`)) return;
  console.log(`\n${findings.length} findings, also in ${files}.json and .csv`);
  console.log(`Who is connected with what: ${files}-graph.json and .csv`);
}

function headCountTable(apps: Summary['apps']): string {
  const rows = apps.map(({ app, headCount, graph }) => [
    APP_TITLES[app],
    ...(['active', 'invited', 'deactivated', 'expected'] as const).map((head) =>
      String(headCount?.[head] ?? '-'),
    ),
    graph.error ?? '',
  ]);
  return alignColumns([['App', 'Active', 'Invited', 'Deactivated', 'Expected', ''], ...rows]).join('\n');
}
