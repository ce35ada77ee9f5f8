import * as z from 'zod/mini';
import { APP_DESCRIPTIONS } from '../app-descriptions.ts';
import { AppResult, CaughtError, readError } from '../runs/app-result.ts';
import { forgetNews } from '../runs/news.ts';
import { supersededReport } from '../runs/supersede.ts';
import { endTurn } from '../runs/turn.ts';
import { APP_TITLES, APPS } from '../shared/apps.ts';
import { RunIncompleteError } from '../shared/errors.ts';
import { logger } from '../shared/logger.ts';
import { commandToRunAgain, publishFromEnvironment } from '../shared/message.ts';
import { Origin } from '../shared/origin.ts';
import type { Change, Outcome } from '../shared/outcome.ts';
import { type AppReport, type Report, runStatus, unreachedApp } from '../shared/report.ts';
import { step } from '../shared/step.ts';
import { Workflow } from '../shared/workflow.ts';
import { identityStoreFromEnvironment } from '../tables/identity-store.ts';
import { orderStoreFromEnvironment } from '../tables/order-store.ts';

const Run = z.object({
  /** Only a joiner has a first day. */
  employee: z.object({
    employeeId: z.string(),
    email: z.string(),
    startDate: z.optional(z.nullable(z.string())),
  }),
  apps: z.array(z.object({ app: z.enum(APPS) })),
  rescinds: z._default(z.boolean(), false),
  origin: z._default(z.nullable(Origin), null),
  /** When it was to begin. */
  moment: z.string(),
  /** What took the run's place, where a later event was accepted before it began. */
  supersededBy: z._default(z.nullable(z.string()), null),
  /** Whether anything was known of the employee before the run; missing when it ended before that was asked. */
  isKnown: z._default(z.boolean(), true),
  /** Missing when the run ended before the first write. */
  recorded: z.optional(z.object({ results: z.array(AppResult) })),
  handedOver: z.optional(z.array(AppResult)),
  error: z.optional(CaughtError),
});

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
    publish: publishFromEnvironment(),
  }),
  input: z.object({
    workflow: Workflow,
    execution: z.string(),
    executionArn: z.string(),
    startedAt: z.string(),
    run: Run,
  }),
  run: async ({ store, order, publish }, { workflow, execution, executionArn, startedAt, run }) => {
    const { employeeId, email } = run.employee;
    const { origin, moment: dueAt, rescinds } = run;
    const report =
      run.supersededBy === null
        ? await reportOf(workflow, run)
        : supersededReport({ workflow, employeeId, email, by: run.supersededBy, origin, dueAt });
    await store.writeReport({ workflow, startedAt, execution, rescinds, origin, dueAt }, report);
    if (workflow === 'update' && report.status === 'complete') await forgetNews(order, employeeId, execution);
    await endTurn(order, employeeId, { workflow, name: execution });
    if (ENDS_WELL.includes(report.status)) return report;
    const reason = describeOpen(report);
    await publish({
      kind: 'failed',
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

/** The alarm of the failed execution still rings. */
function logUntold(error: unknown, execution: string): void {
  const name = error instanceof Error ? error.name : 'Error';
  logger.error('message not published', { execution, error: name });
}

const ENDS_WELL: readonly Report['status'][] = ['complete', 'superseded'];

async function reportOf(workflow: Workflow, run: z.infer<typeof Run>): Promise<Report> {
  const { employee, origin, moment: dueAt, apps, recorded, handedOver = [], error } = run;
  const reportResult = (result: AppResult) => {
    const later = handedOver.find(({ app }) => app === result.app);
    return later === undefined ? appReport(result) : handOverReport(later);
  };
  const results = recorded?.results.map(reportResult) ?? apps.map(unreached(error));
  const reports = await withTraining(results, employee);
  const { employeeId, email } = employee;
  const lastLoginShutAt = workflow === 'offboarding' ? lastShut(recorded?.results ?? []) : null;
  const facts = { workflow, employeeId, email, origin, dueAt, lastLoginShutAt, apps: reports };
  const isAboutKnown = workflow === 'offboarding' || run.rescinds;
  const isUnknown = isAboutKnown && !run.isKnown && reports.every(({ status }) => status === 'not_found');
  if (!isUnknown) return { ...facts, status: runStatus(reports) };
  return {
    ...facts,
    status: 'unknown_person',
    followUps: [
      `Find out who employee ${employeeId} is: neither tenure nor any app knows the number or the address. Correct the event and send it again.`,
    ],
  };
}

/** When the last login was shut, or was seen to be; null while one may be open, and where nobody had one. */
function lastShut(results: readonly AppResult[]): string | null {
  if (results.some(({ error = null }) => error !== null)) return null;
  const shut = results.flatMap(({ app, outcome }) =>
    outcome.steps.filter(
      ({ step, status }) => step === APP_DESCRIPTIONS[app].phases.shut.at(-1) && status !== 'not_found',
    ),
  );
  const times = shut.flatMap(({ endedAt }) => endedAt ?? []);
  return times.toSorted().at(-1) ?? null;
}

/** The reports; where training has to be followed up and that could not be started, with a follow-up that says so. */
async function withTraining(
  reports: AppReport[],
  { employeeId, startDate }: { employeeId: string; startDate?: string | null | undefined },
): Promise<AppReport[]> {
  const drata = reports.find(({ app }) => app === 'drata');
  const personnelId = drata?.vendorUserId ?? null;
  if (startDate === undefined || startDate === null || personnelId === null || drata?.status === 'failed')
    return reports;
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

// Of the steps that hand over: nobody is named, nobody can take over, or the address is two people's.
const NO_NEW_OWNER = ['InvalidInputError', 'AmbiguousUserError'];

/** An app whose login is shut, with what became of the records there. */
function handOverReport(result: AppResult): AppReport {
  const { outcome, failures = {} } = result;
  const errors = Object.values(failures);
  const report = appReport({ ...result, outcome: withHandOverFollowUps(result, errors) });
  const left = outcome.changes.filter(({ remaining = 0 }) => remaining > 0).map(describeLeft);
  const [first] = errors;
  if (first === undefined && left.length === 0) return report;
  // Several steps fail for the same reason where nobody can take over.
  const messages = new Set([...errors.map((error) => readError(error).message), ...left]);
  const name = first?.Error ?? 'RecordsLeftError';
  return { ...report, status: 'shut', error: { name, message: [...messages].join(' ') } };
}

function describeLeft({ what, initial = 0, remaining = 0 }: Change): string {
  return `${what}: ${remaining} of ${initial} are still the leaver's; a follow-up names them.`;
}

/** With what a person has to do about the records: the login is shut all the same, and they wait. */
function withHandOverFollowUps({ app, outcome }: AppResult, errors: readonly CaughtError[]): Outcome {
  const todos = errors.flatMap((error) => {
    const todo = handOverTodo(APP_TITLES[app], error.Error);
    return todo === null ? [] : [`${todo} ${readError(error).message}`];
  });
  return { ...outcome, followUps: [...new Set([...outcome.followUps, ...todos])] };
}

/** Null for an error that says itself what is to be done. */
function handOverTodo(title: string, error: string): string | null {
  if (NO_NEW_OWNER.includes(error))
    return `Urgent: name who takes over the leaver's records in ${title}, and send the termination again with reassignTo.`;
  if (error === 'VendorDailyLimitError')
    return `Send the termination again tomorrow, to hand over the rest of the leaver's records in ${title}.`;
  return null;
}

function unreached(error: CaughtError | undefined) {
  const cause = readError(
    error ?? { Error: 'States.Runtime', Cause: 'The run ended before its first step.' },
  );
  return ({ app }: Pick<AppResult, 'app'>): AppReport => unreachedApp(app, cause);
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
  if (open.length === 0) return `Nobody was found for employee ${employeeId}. The report says what to do.`;
  return `Left open for employee ${employeeId}. Mend the cause and play the event again; what is done stays done. ${open.join(' | ')}`;
}
