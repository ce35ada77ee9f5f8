import * as z from 'zod/mini';
import { RunIncompleteError } from '../shared/errors.ts';
import { identityStoreFromEnvironment } from '../shared/identity-store.ts';
import { type AppReport, type Report, runStatus, unreachedApp } from '../shared/report.ts';
import { workflowStep } from '../shared/step.ts';
import { AppResult, CaughtError, readError } from './app-result.ts';

/**
 * Writes the report of the run, and fails the execution when something is left open, because failed executions
 * are what alarms and people look at.
 *
 * @throws RunIncompleteError after the report is written.
 */
export const handler = workflowStep({
  name: 'WorkflowConclude',
  client: identityStoreFromEnvironment,
  input: z.object({
    workflow: z.enum(['onboarding', 'offboarding']),
    execution: z.string(),
    startedAt: z.string(),
    run: z.object({
      employee: z.object({ employeeId: z.string(), email: z.string() }),
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
    const reports = recorded?.results.map(lastResult).map(appReport) ?? apps.map(unreached(error));
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

function unreached(error: z.infer<typeof CaughtError> | undefined) {
  const cause = readError(
    error ?? { Error: 'States.Runtime', Cause: 'The run ended before its first step.' },
  );
  return ({ app }: AppResult): AppReport => unreachedApp(app, cause);
}

function appReport({ app, outcome, error }: AppResult): AppReport {
  const { account, steps, changes, followUps } = outcome;
  const vendorUserId = account === null ? null : String(account.userId);
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
