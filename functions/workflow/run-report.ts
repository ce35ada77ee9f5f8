import * as z from 'zod/mini';
import { AppResult, CaughtError, readError } from '../runs/app-result.ts';
import { APP_TITLES, APPS } from '../shared/apps.ts';
import { asking } from '../shared/asks.ts';
import { Origin } from '../shared/origin.ts';
import type { Change, Outcome } from '../shared/outcome.ts';
import { AppReport, heldApp, NAMED_BY_FOLLOW_UP, unreachedApp } from '../shared/report.ts';
import { sentencesOf } from '../shared/sentences.ts';
import { type OwnerSource, ownerSource } from './new-owner.ts';

/** A run as it ends, or as it is held. */
export const FinishedRun = z.object({
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
  /** What was done before other apps were held, and released. */
  earlier: z._default(z.array(AppReport), []),
  error: z.optional(CaughtError),
  /** Who takes over a leaver's records, and whom of them the event names; see `ownerSource`. */
  reassignTo: z.optional(z.nullable(z.string())),
  toldReassignTo: z.optional(z.nullable(z.string())),
});
export type FinishedRun = z.infer<typeof FinishedRun>;

/** The reports of all apps that were reached, or waited for a person. */
export function reachedApps({
  earlier,
  recorded,
  handedOver = [],
  ...owner
}: Pick<FinishedRun, 'earlier' | 'recorded' | 'handedOver'> & OwnerSource): AppReport[] {
  const reportResult = (result: AppResult) => {
    const later = handedOver.find(({ app }) => app === result.app);
    return later === undefined ? appReport(result) : handOverReport(withErrorOfRecord(later), owner);
  };
  return [...earlier, ...(recorded?.results.map(reportResult) ?? [])];
}

/** A login that was shut late, and could not be recorded, fails for that. */
function withErrorOfRecord(result: AppResult): AppResult {
  return { ...result, error: result.error ?? result.recorded?.error ?? null };
}

/** The reports of all apps of a run that is held, or that ended while it was. */
export function appReportsOfHeld(run: FinishedRun): AppReport[] {
  const reached = reachedApps(run);
  const untouched = run.apps.filter(({ app }) => !reached.some((report) => report.app === app));
  return [...reached, ...untouched.map(({ app }) => heldApp(app))];
}

/** The reports of all apps of a run that is over. */
export function appReports(run: FinishedRun): AppReport[] {
  const reached = reachedApps(run);
  return run.recorded === undefined ? [...reached, ...run.apps.map(unreached(run.error))] : reached;
}

// Of the steps that hand over: nobody is named, nobody can take over, or the address is two people's.
const NO_NEW_OWNER = ['InvalidInputError', 'AmbiguousUserError'];

const APP_IS_AWAY = ['VendorUnavailableError', 'VendorRateLimitedError', 'States.Timeout'];

/** An app whose login is shut, with what became of the records there. */
function handOverReport(result: AppResult, owner: OwnerSource): AppReport {
  const { outcome, failures = {} } = result;
  const errors = Object.values(failures);
  const report = appReport({ ...result, outcome: withHandOverFollowUps(result, errors, owner) });
  const left = outcome.changes.filter(({ remaining = 0 }) => remaining > 0).map(describeLeft);
  const [first] = errors;
  if (first === undefined && left.length === 0) return report;
  const message = [describeErrors(errors, owner), ...left].join(' ').trim();
  return { ...report, status: 'shut', error: { name: first?.Error ?? 'RecordsLeftError', message } };
}

/** What failed, each sentence once: several kinds of records fail for one reason, and differ in how many are left. */
function describeErrors(errors: readonly CaughtError[], owner: OwnerSource): string {
  const isAboutOwner = errors.some(({ Error: name }) => NO_NEW_OWNER.includes(name));
  const messages = [
    ...errors.map((error) => readError(error).message),
    ...(isAboutOwner ? [ownerSource(owner)] : []),
  ];
  return [...new Set(messages.flatMap(sentencesOf))].join(' ');
}

function describeLeft({ what, initial = 0, remaining = 0 }: Change): string {
  return `${what}: ${remaining} of ${initial} are still the leaver's; ${NAMED_BY_FOLLOW_UP}`;
}

/** With what a person has to do about the records: the login is shut all the same, and they wait. */
function withHandOverFollowUps(
  { app, outcome }: AppResult,
  errors: readonly CaughtError[],
  owner: OwnerSource,
): Outcome {
  const byTodo = Map.groupBy(errors, (error) => handOverTodo(APP_TITLES[app], error.Error));
  const todos = [...byTodo].map(([todo, why]) => `${todo} ${describeErrors(why, owner)}`);
  return {
    ...outcome,
    followUps: [...new Set([...outcome.followUps, ...todos])],
    asks: { ...outcome.asks, ...asking('event', todos).asks },
  };
}

function handOverTodo(title: string, error: string): string {
  if (NO_NEW_OWNER.includes(error))
    return `Urgent: name who takes over the leaver's records in ${title}, and send the termination again with reassignTo.`;
  return `Send the termination again ${whenToSendAgain(error)}, to hand over the rest of the leaver's records in ${title}.`;
}

function whenToSendAgain(error: string): string {
  if (error === 'VendorDailyLimitError') return 'when the daily request budget is new';
  return APP_IS_AWAY.includes(error) ? 'when the app answers again' : 'when that is mended';
}

function unreached(error: CaughtError | undefined) {
  const cause = readError(
    error ?? { Error: 'States.Runtime', Cause: 'The run ended before its first step.' },
  );
  return ({ app }: Pick<AppResult, 'app'>): AppReport => unreachedApp(app, cause);
}

function appReport({ app, outcome, error }: AppResult): AppReport {
  const { account, steps, changes, followUps, asks } = outcome;
  const vendorUserId = account === null ? null : account.vendorUserId;
  const asked = Object.keys(asks).length > 0 ? { asks } : {};
  const facts = { app, vendorUserId, steps, changes, followUps, ...asked };
  if (error === undefined || error === null) return { ...facts, status: appStatus(outcome) };
  return { ...facts, status: 'failed', error: readError(error) };
}

function appStatus({ status, account, changes }: AppResult['outcome']): AppReport['status'] {
  if (status === 'held') return 'held';
  if (account === null) return 'not_found';
  if (status === 'invited') return 'invited';
  return changes.length > 0 ? 'done' : 'already_done';
}
