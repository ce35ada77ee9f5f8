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

/** Whether a run has shut an account, or may have on its way to a failure. */
function hasShut(report: AppReport): boolean {
  return report.changes.some(({ login }) => login === 'shut') || hasBrokenOff(report, 'shut');
}

/** Whether a run has made or opened an account. One that was open before is left to whoever opened it. */
function hasOpened(report: AppReport): boolean {
  return report.changes.some(({ login }) => login === 'opened') || hasBrokenOff(report, 'provision');
}

/** Whether a run failed at an account before it was through with the step that opens or shuts it. */
function hasBrokenOff({ app, steps, status, vendorUserId }: AppReport, phase: 'shut' | 'provision'): boolean {
  if (status !== 'failed' || vendorUserId === null) return false;
  const [, write] = APP_DESCRIPTIONS[app].phases[phase];
  const names: (string | undefined)[] = typeof write === 'string' ? [write] : [write?.found, write?.notFound];
  return !steps.some(({ step }) => names.includes(step));
}
