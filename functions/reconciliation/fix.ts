import * as z from 'zod/mini';
import { runSourcesFromEnvironment } from '../runs/run-sources.ts';
import { type RunSources, type StartedRun, startRun } from '../runs/start-run.ts';
import { isOpenRun } from '../runs/state-machines.ts';
import { APP_TITLES } from '../shared/apps.ts';
import { InvalidInputError } from '../shared/errors.ts';
import { TerminatedDetail } from '../shared/events.ts';
import { describeIssues } from '../shared/issues.ts';
import { step } from '../shared/step.ts';
import { type AcceptanceStore, acceptanceStoreFromEnvironment } from '../tables/acceptance-store.ts';
import { type Finding, type FindingStore, findingStoreFromEnvironment } from '../tables/finding-store.ts';
import { type RosterRow, type RosterStore, rosterStoreFromEnvironment } from '../tables/roster-store.ts';
import { Fixable } from './fixable.ts';
import type { Fix } from './summary.ts';

type Stores = {
  findings: FindingStore;
  acceptances: Pick<AcceptanceStore, 'find'>;
  roster: RosterStore;
  runs: RunSources;
};
type OpenLogin = Finding & { employeeId: string };

const FixInput = z.object({ run: z.string(), fix: z.array(Fixable), mostFixes: z.int() });

export const handler = step({
  name: 'ReconciliationFix',
  client: () => ({
    findings: findingStoreFromEnvironment(),
    acceptances: acceptanceStoreFromEnvironment(),
    roster: rosterStoreFromEnvironment(),
    runs: runSourcesFromEnvironment(),
  }),
  input: FixInput,
  run: fixOpenLogins,
});

/**
 * Starts the offboarding of every leaver who can still log in, in the apps where the login is open and nobody lives with
 * that. When one cannot be offboarded, the others are.
 *
 * @throws InvalidInputError when there are more than `mostFixes`; nobody is offboarded then.
 */
export async function fixOpenLogins(
  stores: Stores,
  { run, fix, mostFixes }: z.infer<typeof FixInput>,
): Promise<Fix[]> {
  if (!fix.includes('leaver_can_log_in')) return [];
  const leavers = await openLogins(stores, run, mostFixes);
  const fixes: Fix[] = [];
  for (const [employeeId, logins] of leavers)
    fixes.push(await offboardAgain(stores, { run, employeeId, logins }));
  return fixes;
}

async function openLogins(
  { findings, acceptances }: Pick<Stores, 'findings' | 'acceptances'>,
  run: string,
  most: number,
): Promise<Map<string, OpenLogin[]>> {
  const leavers = new Map<string, OpenLogin[]>();
  for await (const finding of findings.read(run)) {
    if (!isOpenLogin(finding) || (await acceptances.find(finding, Date.now())) !== null) continue;
    leavers.set(finding.employeeId, [...(leavers.get(finding.employeeId) ?? []), finding]);
    if (leavers.size > most)
      throw new InvalidInputError(
        `More than ${most} leavers can still log in, so none was offboarded. Check whether they have really left; if so, reconcile with a higher mostFixes.`,
      );
  }
  return leavers;
}

function isOpenLogin(finding: Finding): finding is OpenLogin {
  return finding.kind === 'leaver_can_log_in' && finding.employeeId !== null;
}

async function offboardAgain(
  { roster, runs }: Stores,
  { run, employeeId, logins }: { run: string; employeeId: string; logins: OpenLogin[] },
): Promise<Fix> {
  let started: StartedRun | undefined;
  try {
    const { last, active } = await runs.order.read(employeeId);
    // The roster shows a new hire only after the accounts are recorded.
    if (last !== null && last.run.workflow !== 'offboarding')
      throw new InvalidInputError(
        `The ${last.run.workflow} ${last.run.name} was asked for after the employee had left, so nothing is deactivated. If the employee is not hired again, send the leaver's event.`,
      );
    if (last !== null && last.run.name !== active?.name && (await isOpenRun(runs.machines, last.run)))
      throw new InvalidInputError(
        `The termination ${last.run.name} waits for its moment, and this would take its place. Deactivate the account in the app, or send the termination with "when": "now".`,
      );
    const { rows, strays } = await readRoster(roster, employeeId, logins);
    const detail = terminationOf(rows);
    // It stands where the termination stands that it repeats, so that it supersedes nothing that HR sends.
    const position = last?.position ?? null;
    if (detail !== null)
      started = await startRun(runs, {
        workflow: 'offboarding',
        detail,
        origin: {
          id: run,
          source: 'reconciliation',
          receivedAt: new Date().toISOString(),
          requester: { via: 'reconciliation', name: run },
        },
        event: { id: `reconciliation#${run}`, position },
      });
    if (strays.length > 0)
      throw new InvalidInputError(
        `${strays.join(' and ')} has the leaver's address but is not the recorded account, so tenure does not deactivate it. Deactivate it in the app.`,
      );
    return { employeeId, status: fixStatus(started), run: started?.name ?? null, error: null };
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return { employeeId, status: 'failed', run: started?.name ?? null, error: reason };
  }
}

function fixStatus(started: StartedRun | undefined): Fix['status'] {
  if (started === undefined) return 'succeeded';
  return started.status === 'superseded' || started.status === 'stopped' ? 'failed' : started.status;
}

/** The roster's rows for the apps where a login is open, and the open accounts that are not the recorded ones. */
async function readRoster(roster: RosterStore, employeeId: string, logins: OpenLogin[]) {
  const rows: RosterRow[] = [];
  const strays: string[] = [];
  for (const login of logins) {
    const row = await roster.find(login.app, employeeId);
    // The employee was hired again in this app after the finding.
    if (row === null || row.login === 'open') continue;
    if (isRecorded(login, row)) rows.push(row);
    else strays.push(`${APP_TITLES[login.app]} account ${login.vendorUserId}`);
  }
  return { rows, strays };
}

// An offboarding acts on the recorded account if there is one, which may be deactivated already.
function isRecorded({ vendorUserId: open }: OpenLogin, { vendorUserId, otherId }: RosterRow): boolean {
  // An account that merely has the leaver's address may be anybody's.
  if (vendorUserId === null) return false;
  return open === null || open === vendorUserId || open === otherId;
}

/** The event of the offboarding; null when no app is left. */
function terminationOf(rows: readonly RosterRow[]): TerminatedDetail | null {
  const [row] = rows;
  if (row === undefined) return null;
  const { employeeId, email, lastWorkingDay, reassignTo } = row;
  const detail = z.safeParse(TerminatedDetail, {
    employee: { employeeId, email },
    lastWorkingDay,
    // The last working day is over in every time zone.
    timeZone: 'UTC',
    when: 'now',
    ...(reassignTo === null ? {} : { reassignTo }),
    apps: rows.map(({ app }) => ({ app })),
  });
  if (detail.success) return detail.data;
  throw new InvalidInputError(
    `The roster lacks what an offboarding needs: ${describeIssues(detail.error).join('; ')}. Send the termination, which has it.`,
  );
}
