import * as z from 'zod/mini';
import { APPS } from '../shared/apps.ts';
import { RunIncompleteError } from '../shared/errors.ts';
import { fileStoreFromEnvironment } from '../shared/files.ts';
import { FINDING_KINDS, type Finding, findingStoreFromEnvironment } from '../shared/finding-store.ts';
import { writeRowFiles } from '../shared/row-files.ts';
import { workflowStep } from '../shared/step.ts';
import { CaughtError, readError } from '../workflow/app-result.ts';
import { Fix } from './fix.ts';

const AppResult = z.object({
  app: z.enum(APPS),
  /** What ReconciliationCompare said; the walk's own result where it did not get there. */
  walk: z.object({
    accounts: z.optional(z.nullable(z.int())),
    findings: z.optional(z.nullable(z.record(z.enum(FINDING_KINDS), z.int()))),
  }),
  error: z.optional(CaughtError),
});

/** What a reconciliation came to. */
export const Summary = z.object({
  run: z.string(),
  /** `leavers_can_log_in` before everything else, as that is what cannot wait. */
  status: z.enum(['clean', 'findings', 'leavers_can_log_in']),
  apps: z.array(
    z.object({
      app: z.enum(APPS),
      /** Null when the app could not be reconciled, which `error` is the reason for. */
      accounts: z.nullable(z.int()),
      findings: z.nullable(z.record(z.enum(FINDING_KINDS), z.int())),
      error: z.nullable(z.string()),
    }),
  ),
  fixes: z.array(Fix),
  files: z.array(z.string()),
});
export type Summary = z.infer<typeof Summary>;

const COLUMNS = ['kind', 'app', 'vendorUserId', 'employeeId', 'detail'] as const;

/**
 * Writes the findings into files, and fails the execution when an app could not be reconciled or a leaver not be
 * offboarded, because failed executions are what alarms and people look at. Findings alone are no failure.
 *
 * @throws RunIncompleteError after the files are written.
 */
export const handler = workflowStep({
  name: 'ReconciliationConclude',
  client: () => ({ findings: findingStoreFromEnvironment(), files: fileStoreFromEnvironment() }),
  input: z.object({
    run: z.string(),
    results: z.array(AppResult),
    /** Missing when the fixes failed, which `error` is the reason for. */
    fixed: z.optional(z.object({ fixes: z.array(Fix) })),
    error: z.optional(CaughtError),
  }),
  run: async ({ findings, files }, { run, results, fixed, error }): Promise<Summary> => {
    const fixes = fixed?.fixes ?? [];
    const written = await writeRowFiles(files, `reconciliation/${run}`, COLUMNS, () => findings.read(run));
    const apps = results.map(summaryOf);
    const summary: Summary = { run, status: statusOf(apps), apps, fixes, files: written };
    const open = [
      ...apps.flatMap((app) => (app.error === null ? [] : [`${app.app}: ${app.error}`])),
      ...fixes.flatMap((fix) => (fix.error === null ? [] : [`employee ${fix.employeeId}: ${fix.error}`])),
      ...(error === undefined ? [] : [describe(error)]),
    ];
    if (open.length === 0) return summary;
    const leavers = summary.status === 'leavers_can_log_in' ? ' Leavers can still log in.' : '';
    throw new RunIncompleteError(
      `Left open in ${run}.${leavers} Mend the cause and reconcile again. The findings are in ${written.join(' and ')}. ${open.join(' | ')}`,
    );
  },
});

function summaryOf({ app, walk, error }: z.infer<typeof AppResult>): Summary['apps'][number] {
  if (error !== undefined) return { app, accounts: null, findings: null, error: describe(error) };
  return { app, accounts: walk.accounts ?? null, findings: walk.findings ?? null, error: null };
}

function statusOf(apps: Summary['apps']): Summary['status'] {
  const count = (kind: Finding['kind']) =>
    apps.reduce((sum, { findings }) => sum + (findings?.[kind] ?? 0), 0);
  if (count('leaver_can_log_in') > 0) return 'leavers_can_log_in';
  return FINDING_KINDS.some((kind) => count(kind) > 0) ? 'findings' : 'clean';
}

function describe(error: z.infer<typeof CaughtError>): string {
  const { name, message } = readError(error);
  return `${name}: ${message}`;
}
