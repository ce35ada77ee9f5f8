import type { App } from '../shared/apps.ts';
import type { AppReport, Report } from '../shared/report.ts';
import type { Workflow } from '../shared/workflow.ts';
import type { IdentityStore, RunRow } from '../tables/identity-store.ts';

/** A run of a person, and the id that they had then. */
export type RunOfPerson = RunRow & { employeeId: string };

/**
 * All runs for a person under whichever id, the oldest first.
 *
 * @param employeeIds all that the person has had, in any order.
 * @throws the store's errors.
 */
export async function readRunsOfPerson(
  store: Pick<IdentityStore, 'readRuns'>,
  employeeIds: readonly string[],
): Promise<RunOfPerson[]> {
  const runs: RunOfPerson[] = [];
  for (const employeeId of new Set(employeeIds))
    runs.push(...(await store.readRuns(employeeId)).map((run) => ({ ...run, employeeId })));
  return runs.toSorted((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt));
}

/** What a rescind would take back, as runs follow each other. */
type Reversible = {
  /** Opened by hires: what a rescinded hire shuts. */
  opened: readonly App[];
  /** What `opened` was before a termination, which a rescind of that restores. */
  openedBefore: readonly App[];
  /** Shut by terminations: what a rescinded termination brings back. */
  shut: readonly App[];
  /** The id under which the person was last hired. */
  hiredAs: string | null;
};

/**
 * The apps in which a run takes back what the runs before it did: an onboarding brings back what terminations have shut
 * since the last hire, an offboarding shuts what hires under the present id have opened since the last termination.
 * Where that was tried before and failed, it still is to be taken back.
 *
 * @param runs all runs for the person, the oldest first.
 * @param workflow of the run that takes back.
 */
export function appsToRescind(runs: readonly RunOfPerson[], workflow: Workflow): App[] {
  let now: Reversible = { opened: [], openedBefore: [], shut: [], hiredAs: null };
  for (const run of runs) now = after(now, run);
  return [...new Set(workflow === 'onboarding' ? now.shut : now.opened)];
}

// Unless only some of its apps were held.
const DID_NOTHING: readonly Report['status'][] = ['superseded', 'held', 'rejected', 'expired'];

function after(before: Reversible, run: RunOfPerson): Reversible {
  const { workflow, report, rescinds = false, employeeId } = run;
  if (report === null || workflow === 'update') return before;
  const isHire = workflow === 'onboarding' && !rescinds;
  // Who takes a hire under a new id back means that one, whether it has begun or not.
  const isNewId = isHire && before.hiredAs !== null && before.hiredAs !== employeeId;
  const seen = isHire
    ? { ...before, hiredAs: employeeId, ...(isNewId ? { opened: [], openedBefore: [] } : {}) }
    : before;
  const hasActed = report.apps.some(({ status }) => status !== 'held');
  if (DID_NOTHING.includes(report.status) && !hasActed) return seen;
  const failed = (apps: readonly App[]) => apps.filter((app) => hasFailedIn(report, app));
  const done = (has: (app: AppReport) => boolean) => report.apps.filter(has).map(({ app }) => app);
  if (isHire)
    return {
      ...seen,
      opened: [...seen.opened, ...done(hasOpened)],
      openedBefore: [],
      shut: failed(seen.shut),
    };
  if (workflow === 'onboarding') {
    const opened = [...seen.opened, ...seen.openedBefore];
    return { ...seen, opened, openedBefore: [], shut: failed(seen.shut) };
  }
  if (rescinds) {
    const left = seen.opened.filter((app) => hasLeftRecords(report, app));
    return { ...seen, opened: [...failed(seen.opened), ...left], openedBefore: [], shut: [] };
  }
  return {
    ...seen,
    opened: failed(seen.opened),
    openedBefore: [...seen.openedBefore, ...seen.opened],
    shut: [...seen.shut, ...done(hasShut)],
  };
}

/** Whether a rescinded hire would shut nothing. @throws the store's errors */
export async function hasOpenedNothing(
  store: Pick<IdentityStore, 'readProfile' | 'readRuns'>,
  employeeId: string,
): Promise<boolean> {
  const previousIds = (await store.readProfile(employeeId))?.previousEmployeeIds ?? [];
  const runs = await readRunsOfPerson(store, [...previousIds, employeeId]);
  return appsToRescind(runs, 'offboarding').length === 0;
}

function hasFailedIn({ apps }: Report, app: App): boolean {
  return apps.some((report) => report.app === app && report.status === 'failed');
}

/** Whether a run has shut an account, and not handed over all that it owned. */
function hasLeftRecords({ apps }: Report, app: App): boolean {
  return apps.some((report) => report.app === app && report.status === 'shut');
}

/** Whether a run has shut an account, or may have on its way to a failure. */
function hasShut(report: AppReport): boolean {
  return report.changes.some(({ login }) => login === 'shut') || hasBrokenOff(report);
}

/** Whether a run has made or opened an account. One that was open before is left to whoever opened it. */
function hasOpened(report: AppReport): boolean {
  return report.changes.some(({ login }) => login === 'opened') || hasBrokenOff(report);
}

// The first step of every chain finds the account, and the second one opens or shuts it.
const STEPS_TO_LOGIN = 2;

/** Whether a run failed before it was through with the step that makes, opens or shuts an account, which may be done. */
function hasBrokenOff({ steps, status, vendorUserId }: AppReport): boolean {
  const hasLooked = vendorUserId !== null || steps.length > 0;
  return status === 'failed' && hasLooked && steps.length < STEPS_TO_LOGIN;
}
