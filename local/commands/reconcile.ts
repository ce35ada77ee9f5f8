import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod/mini';
import { Summary } from '../../functions/reconciliation/summary.ts';
import { APPS, type App } from '../../functions/shared/apps.ts';
import type { Report } from '../../functions/shared/report.ts';
import { FINDING_KINDS, type Finding } from '../../functions/tables/finding-store.ts';
import { Dialect } from '../../functions/vendor/dialect.ts';
import { DEFAULT_FOLDER } from '../runtime/folders.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { type CommandIo, defineCommand, EXIT, readWords } from './command.ts';
import { addressesOf } from './listed-accounts.ts';
import { filesFolder, shownPath } from './places.ts';
import { printError, printJson, printLine } from './print.ts';
import { followUpList, reportTable } from './print-report.ts';
import { readApps } from './read-apps.ts';
import { tableLines } from './table.ts';
import { accountId, appName, type View } from './view.ts';
import { RUNTIME_OPTIONS, type Session, withRuntime } from './with-runtime.ts';

const HELP = `npm start -- reconcile: compares every account of every app with what HR wants,
and reports what differs

On the simulated company some things are wrong on purpose, unless --state or a
real app is given.

  --apps A,B       only these apps; all of the company without it
  --kind K,…       show only these kinds: ${FINDING_KINDS.slice(0, 2).join(', ')},
                   ${FINDING_KINDS.slice(2, 5).join(', ')},
                   ${FINDING_KINDS.slice(5).join(', ')}
  --all            show all findings; the 20 worst without it
  --fix            offboard leavers who can still log in
  --files DIR      where the findings are written as JSON and CSV;
                   DIR/files of --state, or ./${DEFAULT_FOLDER}
  --json           print one JSON object and nothing else: run, apps, findings,
                   offboardings, failure
  --state DIR      use the tables and simulated apps that run --state DIR keeps
  --secrets FILE   credentials of real apps, as for run
  --dialect NAME   what simulated apps speak: guide or live
  --wide           show ids whole
  --verbose        show the names of states too
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
  options: {
    ...RUNTIME_OPTIONS,
    fix: { type: 'boolean' },
    apps: { type: 'string', of: APPS, many: true },
    kind: { type: 'string', of: FINDING_KINDS, many: true },
    all: { type: 'boolean' },
  },
  run: (call) => {
    const { fix = false, json = false, all = false } = call.values;
    const apps = readApps(call.values.apps);
    const { kind } = call.values;
    const kinds = kind === undefined ? FINDING_KINDS : readWords(kind, FINDING_KINDS, '--kind');
    const files = filesFolder(call.values);
    return withRuntime(call, async (session) => {
      const dialect = z.safeParse(Dialect, call.values.dialect).data;
      const input = { fix: fix ? ['leaver_can_log_in'] : [], ...apps };
      const outcome = await reconcile(session, input, dialect);
      const { run, failure, offboardings } = outcome;
      if (json) printJson(call.io.stdout, { ...outcome, findings: outcome.findings.filter(isOf(kinds)) });
      else
        await print(call.io, session, outcome, {
          kinds,
          all,
          fix,
          files: join(files, 'reconciliation', run),
        });
      const isComplete = failure === null && offboardings.every(({ status }) => status === 'complete');
      return isComplete ? EXIT.complete : EXIT.open;
    });
  },
});

const isOf =
  (kinds: readonly Finding['kind'][]) =>
  ({ kind }: Finding): boolean =>
    kinds.includes(kind);

async function reconcile(
  { runtime, isSample }: Session,
  input: { fix: string[]; apps?: readonly App[] },
  dialect: Dialect | undefined,
): Promise<Outcome> {
  if (isSample) {
    const { plantDiscrepancies } = await import('../vendors/discrepancies.ts');
    await plantDiscrepancies(runtime.vendors, runtime.roster, dialect);
  }
  const { run, output, failure } = await runtime.reconcile(input);
  // A reconciliation that failed has written what it found all the same, but not how many accounts there are.
  const apps = failure === null ? z.parse(Summary, output).apps : [];
  const findings = await findingsOf(run);
  const offboardings = await offboardingsOf(runtime, input.fix.length > 0 ? findings : []);
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

type Shown = {
  kinds: readonly Finding['kind'][];
  all: boolean;
  fix: boolean;
  /** The path of the files that were written, without what tells one from the other. */
  files: string;
};

// More would not be read; the files have all.
const MOST_SHOWN = 20;

async function print(
  { stdout, stderr }: CommandIo,
  { runtime, view }: Session,
  { apps, findings, offboardings, failure }: Outcome,
  { kinds, all, fix, files }: Shown,
): Promise<void> {
  const wanted = findings.filter(isOf(kinds));
  const worst = wanted.toSorted((a, b) => FINDING_KINDS.indexOf(a.kind) - FINDING_KINDS.indexOf(b.kind));
  const shown = all ? worst : worst.slice(0, MOST_SHOWN);
  printLine(stdout, '', ...(wanted.length === 0 ? ['Nothing differs.'] : countsTable(wanted, view)));
  if (shown.length > 0)
    printLine(
      stdout,
      '',
      ...findingsTable(shown, await peopleOf(runtime, shown), { view, fix, offboardings }),
    );
  const rest = wanted.length - shown.length;
  if (rest > 0) printLine(stdout, `and ${rest} more; --all shows them, --kind and --apps fewer`);
  if (apps.length > 0) printLine(stdout, '', ...headCountTable(apps, view));
  for (const report of offboardings) printLine(stdout, '', ...reportTable(report, view));
  if (offboardings.length > 0) printLine(stdout, '', ...followUpList(offboardings, view));
  if (failure !== null) printError(stderr, '', failure);
  // The failure says why files were not written.
  if (!existsSync(`${files}-graph.csv`)) return;
  const name = basename(files);
  printLine(stdout, '', `All of it is in ${shownPath(dirname(files))}:`);
  printLine(stdout, `  ${name}.json and .csv:`, `    ${findings.length} findings`);
  printLine(
    stdout,
    `  ${name}-graph.json and .csv:`,
    "    each person's roles, groups, managers and controls",
  );
}

/** How many findings there are, by kind and app, the worst kinds first. */
function countsTable(findings: readonly Finding[], view: View): string[] {
  const byKind = Map.groupBy(findings, ({ kind }) => kind);
  const rows = FINDING_KINDS.filter((kind) => byKind.has(kind)).map((kind) => {
    const ofKind = byKind.get(kind) ?? [];
    const byApp = Map.groupBy(ofKind, ({ app }) => app);
    const details = [...byApp].map(([app, ofApp]) => `${appName(app, view)} ${ofApp.length}`).join(', ');
    return { cells: [kind, String(ofKind.length)], details: [details] };
  });
  return tableLines([{ cells: ['Finding', 'Count'] }, ...rows]);
}

function findingsTable(
  findings: readonly Finding[],
  people: ReadonlyMap<Finding, string>,
  { view, fix, offboardings }: { view: View; fix: boolean; offboardings: readonly Report[] },
): string[] {
  const rows = findings.map((finding) => {
    const { kind, app, vendorUserId, employeeId, detail } = finding;
    const who = people.get(finding) ?? employeeId;
    const fixed = fix && kind === 'leaver_can_log_in' ? whatBecame(finding, offboardings) : [];
    return {
      cells: [kind, appName(app, view), accountId(vendorUserId, view)],
      details: [who === null ? detail : `${who}: ${detail}`, ...fixed],
    };
  });
  return tableLines([{ cells: ['Finding', 'App', 'Account'] }, ...rows]);
}

/** What an offboarding has made of a leaver's account. */
function whatBecame({ app, employeeId }: Finding, offboardings: readonly Report[]): string[] {
  const report = offboardings
    .find((one) => one.employeeId === employeeId)
    ?.apps.find((one) => one.app === app);
  if (report === undefined) return ['--fix: left to a person'];
  const { changes, error, status } = report;
  return [
    `--fix: ${error === undefined ? changes.map(({ what }) => what).join(', ') || status : error.message}`,
  ];
}

/** Who the findings are about, in words for this terminal: files and logs have ids only. */
async function peopleOf(
  { store, roster }: Runtime,
  findings: readonly Finding[],
): Promise<Map<Finding, string>> {
  const people = new Map<Finding, string>();
  for (const finding of findings) {
    const { employeeId, app } = finding;
    if (employeeId === null) continue;
    const profile = await store.readProfile(employeeId);
    const email = profile?.email ?? (await roster.find(app, employeeId))?.email;
    const name = profile === null ? '' : `${profile.firstName} ${profile.lastName}, `;
    if (email !== undefined) people.set(finding, `${name}${email} (${employeeId})`);
  }
  const addresses = await addressesOf(findings.filter(({ employeeId }) => employeeId === null));
  for (const [finding, address] of addresses) people.set(finding, address);
  return people;
}

function headCountTable(apps: Summary['apps'], view: View): string[] {
  const heads = ['active', 'invited', 'deactivated', 'expected'] as const;
  const rows = apps.map(({ app, headCount, graph }) => ({
    cells: [appName(app, view), ...heads.map((head) => String(headCount?.[head] ?? '-'))],
    details: graph.error === null ? [] : [graph.error],
  }));
  return tableLines([{ cells: ['App', 'Active', 'Invited', 'Deactivated', 'Expected'] }, ...rows]);
}
