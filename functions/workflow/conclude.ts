import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../app-descriptions.ts';
import { CaughtError } from '../runs/app-result.ts';
import { forgetNews } from '../runs/news.ts';
import { supersededReport } from '../runs/supersede.ts';
import { REJECTED } from '../runs/task-token.ts';
import { endTurn } from '../runs/turn.ts';
import { asking } from '../shared/asks.ts';
import { RunIncompleteError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';
import { commandToRunAgain, publishFromEnvironment } from '../shared/message.ts';
import { type AppReport, type Report, runStatus } from '../shared/report.ts';
import { step } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import { expiryOf } from '../tables/expiry.ts';
import { type HoldStore, holdStoreFromEnvironment } from '../tables/hold-store.ts';
import { type IdentityStore, identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { orderStoreFromEnvironment } from '../tables/order-store.ts';
import { leaverDays } from '../tables/retention.ts';
import { type RosterStore, rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { appReports, appReportsOfHeld, FinishedRun, reachedApps } from './run-report.ts';
import { settleFollowUps } from './settle-follow-ups.ts';

const Run = z.extend(FinishedRun, {
  /** Why the run is not held any more, other than that it was released. */
  ended: z.optional(CaughtError),
});
type Run = z.infer<typeof Run>;

/**
 * Writes the report of the run, and fails the execution when something is left open, because failed executions
 * are what alarms and people look at.
 *
 * @throws RunIncompleteError after the report is written.
 */
export const handler = step({
  name: 'WorkflowConclude',
  client: () => ({
    store: identityStoreFromEnvironment(),
    order: orderStoreFromEnvironment(),
    holds: holdStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    publish: publishFromEnvironment(),
  }),
  input: z.object({
    workflow: Workflow,
    execution: z.string(),
    executionArn: z.string(),
    startedAt: z.string(),
    run: Run,
  }),
  run: async (
    { store, order, holds, roster, publish },
    { workflow, execution, executionArn, startedAt, run },
  ) => {
    const { employeeId } = run.employee;
    const { origin, moment: dueAt, rescinds } = run;
    const report = await reportOfEnd(holds, { workflow, execution }, run);
    await store.writeReport({ workflow, startedAt, execution, rescinds, origin, dueAt }, report);
    await settleFollowUps(store, { execution, startedAt }, report, new Date().toISOString());
    if (workflow === 'update' && report.status === 'complete') await forgetNews(order, employeeId, execution);
    await endTurn(order, employeeId, { workflow, name: execution });
    await keepWhoTheyAre({ store, roster }, report);
    if (ENDS_WELL.includes(report.status)) return report;
    const reason = describeOpen(report);
    await publish({
      kind: report.status === 'expired' ? 'expired' : 'failed',
      run: execution,
      workflow,
      employeeId,
      apps: report.apps.flatMap(({ app, status }) => (status === 'failed' ? [app] : [])),
      reason,
      command: commandToRunAgain(executionArn),
    }).catch((error: unknown) => logUntold(error, execution));
    throw new RunIncompleteError(reason);
  },
});

/** Who a leaver was is forgotten in time; who comes back is known for good again. */
async function keepWhoTheyAre(
  { store, roster }: { store: IdentityStore; roster: RosterStore },
  { workflow, status, employeeId }: Report,
): Promise<void> {
  const hasLeft = workflow === 'offboarding' && status === 'complete';
  const isHere = workflow === 'onboarding' && ARRIVED.includes(status);
  if (!hasLeft && !isHere) return;
  const at = hasLeft ? expiryOf(leaverDays(), Date.now()) : null;
  await store.expire(employeeId, at);
  await roster.expire(employeeId, at);
}

const ARRIVED: readonly Report['status'][] = ['complete', 'partial', 'failed'];

/** The alarm of the failed execution still rings. */
function logUntold(error: unknown, execution: string): void {
  const name = error instanceof Error ? error.name : 'Error';
  logger.error('message not published', { execution, error: name });
}

const ENDS_WELL: readonly Report['status'][] = ['complete', 'superseded', 'rejected'];

async function reportOfEnd(
  holds: HoldStore,
  { workflow, execution }: { workflow: Workflow; execution: string },
  run: Run,
): Promise<Report> {
  const { employee, origin, moment: dueAt, supersededBy, ended } = run;
  const { employeeId, email } = employee;
  const facts = { workflow, employeeId, email, origin, dueAt };
  if (supersededBy !== null)
    return { ...supersededReport({ ...facts, by: supersededBy }), apps: reachedApps(run) };
  if (ended !== undefined) return endedReport(holds, { ...facts, execution }, { ...run, ended });
  return reportOf(workflow, run);
}

/** The report of a run that was held and is not released: somebody rejected it, or nobody decided in time. */
async function endedReport(
  holds: HoldStore,
  { execution, ...facts }: Omit<Report, 'status' | 'apps'> & { execution: string },
  run: Run & { ended: CaughtError },
): Promise<Report> {
  const hold = await holds.read({ workflow: facts.workflow, name: execution });
  const status = STATUS_OF_END[run.ended.Error];
  if (hold === null || status === undefined)
    return { ...facts, status: 'failed', apps: appReports({ ...run, error: run.ended }) };
  const { reasons, since, until } = hold;
  return { ...facts, status, held: { run: execution, reasons, since, until }, apps: appReportsOfHeld(run) };
}

const STATUS_OF_END: Readonly<Record<string, Report['status']>> = {
  [REJECTED]: 'rejected',
  'States.Timeout': 'expired',
};

async function reportOf(workflow: Workflow, run: Run): Promise<Report> {
  const { employee, origin, moment: dueAt } = run;
  const reports = await withTraining(appReports(run), employee);
  const { employeeId, email } = employee;
  const lastLoginShutAt = workflow === 'offboarding' ? lastShut(reports) : null;
  const facts = { workflow, employeeId, email, origin, dueAt, lastLoginShutAt, apps: reports };
  const isAboutKnown = workflow === 'offboarding' || run.rescinds;
  const isUnknown = isAboutKnown && !run.isKnown && reports.every(({ status }) => status === 'not_found');
  if (!isUnknown) return { ...facts, status: runStatus(reports) };
  return {
    ...facts,
    status: 'unknown_person',
    ...asking('event', [
      `Find out who employee ${employeeId} is: neither tenure nor any app knows the number or the address. Correct the event and send it again.`,
    ]),
  };
}

/** When the last login was shut, or was seen to be; null while one may be open, and where nobody had one. */
function lastShut(reports: readonly AppReport[]): string | null {
  if (reports.some(({ status }) => status === 'failed' || status === 'held')) return null;
  const shut = reports.flatMap(({ app, steps }) =>
    steps.filter(
      ({ step, status }) => step === APP_DESCRIPTIONS[app].phases.shut.at(-1) && status !== 'not_found',
    ),
  );
  const times = shut.flatMap(({ endedAt }) => endedAt ?? []);
  return times.toSorted().at(-1) ?? null;
}

/** The reports; where training has to be followed up and that could not be started, with a follow-up that says so. */
async function withTraining(
  reports: AppReport[],
  {
    employeeId,
    email,
    startDate,
  }: { employeeId: string; email: string; startDate?: string | null | undefined },
): Promise<AppReport[]> {
  const drata = reports.find(({ app }) => app === 'drata');
  if (startDate === undefined || startDate === null || drata === undefined) return reports;
  const personnelId = drata.vendorUserId;
  // Where Drata creates nobody, somebody who is not there yet comes from the identity provider.
  const isAwaited = drata.status === 'not_found';
  if (drata.status === 'failed' || (personnelId === null && !isAwaited)) return reports;
  const withFollowUp = (followUp: string) =>
    reports.map((report) =>
      report === drata ? { ...report, followUps: [...report.followUps, followUp] } : report,
    );
  if (process.env.TRAINING_DUE_DAYS === undefined)
    return isAwaited ? withFollowUp(awaitedFollowUp(employeeId)) : reports;
  try {
    // Loaded only now, as most runs do without.
    const { startTrainingFollowUp } = await import('../training/start.ts');
    await startTrainingFollowUp({ employeeId, email, startDate, personnelId });
    return reports;
  } catch (error) {
    // The accounts are there, so the hire is not to fail for this.
    const reason = error instanceof Error ? error.name : 'Error';
    return withFollowUp(
      isAwaited
        ? `${awaitedFollowUp(employeeId)} Waiting for it could not be started (${reason}).`
        : `Watch the training and the background check of Drata personnel ${personnelId}; following them up could not be started (${reason}).`,
    );
  }
}

function awaitedFollowUp(employeeId: string): string {
  return `See that the identity provider or the HR system gives employee ${employeeId} a record in Drata, which has none and whose API creates none.`;
}

function describeOpen({ apps, employeeId, status }: Report): string {
  if (status === 'expired')
    return `The run for employee ${employeeId} was held, and nobody released or rejected it in time. Send its event again to start it again.`;
  const open = apps.flatMap(({ app, error }) =>
    error === undefined ? [] : [`${app}: ${error.name}: ${error.message}`],
  );
  if (open.length === 0) return `Nobody was found for employee ${employeeId}. The report says what to do.`;
  return `Left open for employee ${employeeId}. Mend the cause and play the event again; what is done stays done. ${open.join(' | ')}`;
}
