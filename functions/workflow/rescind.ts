import { APP_DESCRIPTIONS } from '../app-descriptions.ts';
import type { App } from '../shared/apps.ts';
import type { AppReport, Report } from '../shared/report.ts';
import type { Workflow } from '../shared/workflow.ts';
import type { IdentityStore, RunRow } from '../tables/identity-store.ts';

/**
 * The runs that count when something is taken back, the oldest first. Those from before a takeover count unless the
 * person was hired under the new id: who takes that hire back means this one.
 *
 * @param employeeIds all that the person has had, the present one last.
 * @throws the store's errors.
 */
export async function readRunsToRescind(
  store: Pick<IdentityStore, 'readRuns'>,
  employeeIds: readonly string[],
): Promise<RunRow[]> {
  let runs: RunRow[] = [];
  for (const employeeId of employeeIds.toReversed()) {
    runs = [...(await store.readRuns(employeeId)), ...runs];
    if (runs.some(hasProvisioned)) return runs;
  }
  return runs;
}

function hasProvisioned({ workflow, report }: RunRow): boolean {
  return workflow === 'onboarding' && report !== null && report.apps.length > 0;
}

/**
 * The apps in which a run takes back what the runs before it did: an onboarding brings back what offboardings have shut
 * since the last onboarding, an offboarding shuts what onboardings have opened since the last offboarding. Where that
 * last one failed, what was to be taken back still is.
 *
 * @param runs all runs for the employee, the oldest first.
 * @param workflow of the run that takes back.
 */
export function appsToRescind(runs: readonly RunRow[], workflow: Workflow): App[] {
  const hasActed = workflow === 'onboarding' ? hasShut : hasOpened;
  let toRescind: App[] = [];
  for (const { workflow: ran, report } of runs) {
    if (report === null || report.status === 'superseded' || ran === 'update') continue;
    toRescind =
      ran === workflow
        ? toRescind.filter((app) => hasFailedIn(report, app))
        : [...toRescind, ...report.apps.filter(hasActed).map(({ app }) => app)];
  }
  return [...new Set(toRescind)];
}

function hasFailedIn({ apps }: Report, app: App): boolean {
  return apps.some((report) => report.app === app && report.status === 'failed');
}

/** Whether a run may have shut an account; what failed on the way may have too. */
function hasShut({ app, steps, status, vendorUserId }: AppReport): boolean {
  const last = APP_DESCRIPTIONS[app].phases.shut.at(-1);
  const isShut = steps.some((done) => done.step === last && done.status === 'changed');
  return isShut || (status === 'failed' && vendorUserId !== null);
}

/** Whether a run has made or opened an account. One that was open before is left to whoever opened it. */
function hasOpened({ app, steps, status, vendorUserId }: AppReport): boolean {
  const [, write] = APP_DESCRIPTIONS[app].phases.provision;
  const names: (string | undefined)[] = typeof write === 'string' ? [write] : [write?.found, write?.notFound];
  const isOpened = steps.some(
    (done) => names.includes(done.step) && ['changed', 'invited'].includes(done.status),
  );
  return isOpened || (status === 'failed' && vendorUserId !== null);
}
