import * as z from 'zod/mini';
import { AppResult, CaughtError, readError } from '../runs/app-result.ts';
import { RunIncompleteError } from '../shared/errors.ts';
import { type AppReport, type Report, runStatus, unreachedApp } from '../shared/report.ts';
import { step } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';

/**
 * Writes the report of the run, and fails the execution when something is left open, because failed executions
 * are what alarms and people look at.
 *
 * @throws RunIncompleteError after the report is written.
 */
export const handler = step({
  name: 'WorkflowConclude',
  client: identityStoreFromEnvironment,
  input: z.object({
    workflow: Workflow,
    execution: z.string(),
    startedAt: z.string(),
    run: z.object({
      /** Only a joiner has a first day. */
      employee: z.object({ employeeId: z.string(), email: z.string(), startDate: z.optional(z.string()) }),
      apps: z.array(AppResult),
      /** Missing when the run ended before the first write. */
      recorded: z.optional(z.object({ results: z.array(AppResult) })),
      handedOver: z.optional(z.array(AppResult)),
      error: z.optional(CaughtError),
    }),
  }),
  run: async (store, { workflow, execution, startedAt, run }) => {
    const { employee, apps, recorded, handedOver = [], error } = run;
    const lastResult = (result: AppResult) => handedOver.find(({ app }) => app === result.app) ?? result;
    const results = recorded?.results.map(lastResult).map(appReport) ?? apps.map(unreached(error));
    const reports = await withTraining(results, employee);
    const report: Report = {
      workflow,
      employeeId: employee.employeeId,
      email: employee.email,
      status: runStatus(reports),
      apps: reports,
    };
    await store.writeReport({ workflow, startedAt, execution }, report);
    if (report.status !== 'complete') throw new RunIncompleteError(describeOpen(report));
    return report;
  },
});

/** The reports; where training has to be followed up and that could not be started, with a follow-up that says so. */
async function withTraining(
  reports: AppReport[],
  { employeeId, startDate }: { employeeId: string; startDate?: string | undefined },
): Promise<AppReport[]> {
  const drata = reports.find(({ app }) => app === 'drata');
  const personnelId = drata?.vendorUserId ?? null;
  if (startDate === undefined || personnelId === null || drata?.status === 'failed') return reports;
  if (process.env.TRAINING_DUE_DAYS === undefined) return reports;
  try {
    // Loaded only now, as most runs do without.
    const { startTrainingFollowUp } = await import('../training/start.ts');
    await startTrainingFollowUp({ employeeId, startDate, personnelId });
    return reports;
  } catch (error) {
    // The accounts are there, so the hire is not to fail for this.
    const reason = error instanceof Error ? error.name : 'Error';
    const followUp = `Watch the training and the background check of Drata personnel ${personnelId}; following them up could not be started (${reason}).`;
    return reports.map((report) =>
      report === drata ? { ...report, followUps: [...report.followUps, followUp] } : report,
    );
  }
}

function unreached(error: z.infer<typeof CaughtError> | undefined) {
  const cause = readError(
    error ?? { Error: 'States.Runtime', Cause: 'The run ended before its first step.' },
  );
  return ({ app }: AppResult): AppReport => unreachedApp(app, cause);
}

function appReport({ app, outcome, error }: AppResult): AppReport {
  const { account, steps, changes, followUps } = outcome;
  const vendorUserId = account === null ? null : account.vendorUserId;
  const facts = { app, vendorUserId, steps, changes, followUps };
  if (error === undefined || error === null) return { ...facts, status: appStatus(outcome) };
  return { ...facts, status: 'failed', error: readError(error) };
}

function appStatus({ status, account, changes }: AppResult['outcome']): AppReport['status'] {
  if (account === null) return 'not_found';
  if (status === 'invited') return 'invited';
  return changes.length > 0 ? 'done' : 'already_done';
}

function describeOpen({ apps, employeeId }: Report): string {
  const open = apps.flatMap(({ app, error }) =>
    error === undefined ? [] : [`${app}: ${error.name}: ${error.message}`],
  );
  return `Left open for employee ${employeeId}. Mend the cause and play the event again; what is done stays done. ${open.join(' | ')}`;
}
