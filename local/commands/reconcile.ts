import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { Summary } from '../../functions/reconciliation/summary.ts';
import { APP_TITLES } from '../../functions/shared/apps.ts';
import type { Report } from '../../functions/shared/report.ts';
import type { Finding } from '../../functions/tables/finding-store.ts';
import { Dialect } from '../../functions/vendor/dialect.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type CommandIo, defineCommand, EXIT } from './command.ts';
import { printError, printJson, printLine } from './print.ts';
import { reportTable } from './print-report.ts';
import { tableLines } from './table.ts';
import { filesFolder, RUNTIME_OPTIONS, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- reconcile: compares every account of every app with what HR wants,
and reports what differs

On the simulated company some things are wrong on purpose, unless --state or a
real app is given.

  --fix            offboard leavers who can still log in
  --files DIR      where the findings are written as JSON and CSV;
                   DIR/files of --state, or ./${DEFAULT_FOLDER}
  --json           print one JSON object and nothing else: run, apps, findings,
                   offboardings, failure
  --state DIR      use the tables and simulated apps that run --state DIR keeps
  --secrets FILE   credentials of real apps, as for run
  --help           this text

Exit codes: 0 every app was reconciled, whatever was found, 1 an app or an
offboarding failed, 2 bad usage.
`;

type Outcome = {
  run: string;
  apps: Summary['apps'];
  findings: readonly Finding[];
  offboardings: readonly Report[];
  failure: string | null;
};

/** `reconcile`: compares every account with what HR wants. */
export const main = defineCommand({
  name: 'reconcile',
  help: HELP,
  options: { ...RUNTIME_OPTIONS, fix: { type: 'boolean' } },
  run: (call) => {
    const { fix = false, json = false } = call.values;
    const files = filesFolder(call.values);
    return withRuntime(call, async (session) => {
      const outcome = await reconcile(session, fix, z.safeParse(Dialect, call.values.dialect).data);
      const { run, failure, offboardings } = outcome;
      if (json) printJson(call.io.stdout, outcome);
      else print(call.io, outcome, join(files, 'reconciliation', run));
      const isComplete = failure === null && offboardings.every(({ status }) => status === 'complete');
      return isComplete ? EXIT.complete : EXIT.open;
    });
  },
});

async function reconcile(
  { runtime, isSample }: Session,
  fix: boolean,
  dialect: Dialect | undefined,
): Promise<Outcome> {
  if (isSample) {
    const { plantDiscrepancies } = await import('../vendors/discrepancies.ts');
    await plantDiscrepancies(runtime.vendors, runtime.roster, dialect);
  }
  const { run, output, failure } = await runtime.reconcile({ fix: fix ? ['leaver_can_log_in'] : [] });
  // A reconciliation that failed has written what it found all the same, but not how many accounts there are.
  const apps = failure === null ? z.parse(Summary, output).apps : [];
  const findings = await findingsOf(run);
  const offboardings = await offboardingsOf(runtime, fix ? findings : []);
  return { run, apps, findings, offboardings, failure };
}

async function findingsOf(run: string): Promise<Finding[]> {
  // Loaded only now, because bad usage should not have to wait for it.
  const { findingStore } = await import('../../functions/tables/finding-store.ts');
  const { IDENTITY_TABLE } = await import('../aws/tables.ts');
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

/** @param files the path of the files that were written, without what tells one from the other. */
function print({ stdout, stderr }: CommandIo, outcome: Outcome, files: string): void {
  const { apps, findings, offboardings, failure } = outcome;
  printLine(stdout, '', ...(findings.length === 0 ? ['Nothing differs.'] : findingsTable(findings)));
  if (apps.length > 0) printLine(stdout, '', ...headCountTable(apps));
  for (const report of offboardings) printLine(stdout, '', ...reportTable(report));
  if (failure !== null) printError(stderr, '', failure);
  // The failure says why files were not written.
  if (!existsSync(`${files}-graph.csv`)) return;
  printLine(stdout, '', `${findings.length} findings, also in`);
  for (const ending of ['.json', '.csv']) printLine(stdout, `${files}${ending}`);
  printLine(stdout, "Each person's roles, groups, managers and controls:");
  for (const ending of ['-graph.json', '-graph.csv']) printLine(stdout, `${files}${ending}`);
}

function findingsTable(findings: readonly Finding[]): string[] {
  const rows = findings.map(({ kind, app, vendorUserId, employeeId, detail }) => ({
    cells: [kind, APP_TITLES[app], vendorUserId ?? '-'],
    details: [employeeId === null ? detail : `${employeeId}: ${detail}`],
  }));
  return tableLines([{ cells: ['Finding', 'App', 'Account'] }, ...rows]);
}

function headCountTable(apps: Summary['apps']): string[] {
  const heads = ['active', 'invited', 'deactivated', 'expected'] as const;
  const rows = apps.map(({ app, headCount, graph }) => ({
    cells: [APP_TITLES[app], ...heads.map((head) => String(headCount?.[head] ?? '-'))],
    details: graph.error === null ? [] : [graph.error],
  }));
  return tableLines([{ cells: ['App', 'Active', 'Invited', 'Deactivated', 'Expected'] }, ...rows]);
}
