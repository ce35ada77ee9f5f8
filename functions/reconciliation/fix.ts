import * as z from 'zod/mini';
import type { App } from '../shared/apps.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { TerminatedDetail } from '../shared/events.ts';
import { type Finding, type FindingStore, findingStoreFromEnvironment } from '../shared/finding-store.ts';
import { describeIssues } from '../shared/issues.ts';
import { type RosterRow, type RosterStore, rosterStoreFromEnvironment } from '../shared/roster-store.ts';
import { workflowStep } from '../shared/step.ts';
import { type StateMachines, startRun, stateMachinesFromEnvironment } from '../workflow/start-run.ts';
import { Fixable } from './fixable.ts';
import type { Fix } from './summary.ts';

/**
 * Starts the offboarding of every leaver who can still log in, in the apps where that is so. One who cannot be
 * offboarded stops nobody else.
 *
 * @throws InvalidInputError when there are more of them than `mostFixes`; nobody is offboarded then.
 */
export const handler = workflowStep({
  name: 'ReconciliationFix',
  client: () => ({
    findings: findingStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    machines: stateMachinesFromEnvironment(),
  }),
  input: z.object({ run: z.string(), fix: z.array(Fixable), mostFixes: z.int() }),
  run: async ({ findings, roster, machines }, { run, fix, mostFixes }) => {
    if (!fix.includes('leaver_can_log_in')) return [];
    const leavers = await openLogins(findings, run, mostFixes);
    const fixes: Fix[] = [];
    for (const [employeeId, apps] of leavers)
      fixes.push(await offboardAgain({ roster, machines, run }, employeeId, apps));
    return fixes;
  },
});

async function openLogins(store: FindingStore, run: string, most: number): Promise<Map<string, App[]>> {
  const leavers = new Map<string, App[]>();
  for await (const finding of store.read(run)) {
    if (!isOpenLogin(finding)) continue;
    leavers.set(finding.employeeId, [...(leavers.get(finding.employeeId) ?? []), finding.app]);
    if (leavers.size > most)
      throw new InvalidInputError(
        `More than ${most} leavers can still log in, so none was offboarded. Look whether they have really left; if so, reconcile with a higher mostFixes.`,
      );
  }
  return leavers;
}

function isOpenLogin(finding: Finding): finding is Finding & { employeeId: string } {
  return finding.kind === 'leaver_can_log_in' && finding.employeeId !== null;
}

async function offboardAgain(
  { roster, machines, run }: { roster: RosterStore; machines: StateMachines; run: string },
  employeeId: string,
  apps: App[],
): Promise<Fix> {
  try {
    const [app] = apps;
    const row = app === undefined ? null : await roster.find(app, employeeId);
    // Hired again since it was found.
    if (row === null || row.login === 'open')
      return { employeeId, status: 'succeeded', run: null, error: null };
    const detail = terminationOf(row, apps);
    // The occasion lets the same leaver be offboarded again when the login is found open on another day.
    const started = await startRun(machines, { workflow: 'offboarding', detail, occasion: run });
    return { employeeId, status: started.status, run: started.name, error: null };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { employeeId, status: 'failed', run: null, error: reason };
  }
}

function terminationOf(row: RosterRow, apps: App[]): TerminatedDetail {
  const { employeeId, email, lastWorkingDay, reassignTo } = row;
  const detail = z.safeParse(TerminatedDetail, {
    employee: { employeeId, email },
    lastWorkingDay,
    // The day is over wherever it was.
    timeZone: 'UTC',
    when: 'now',
    ...(reassignTo === null ? {} : { reassignTo }),
    apps: apps.map((app) => ({ app })),
  });
  if (detail.success) return detail.data;
  throw new InvalidInputError(`The roster does not say enough. ${describeIssues(detail.error).join('; ')}`);
}
