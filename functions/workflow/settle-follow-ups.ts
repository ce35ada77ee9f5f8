import type { AppReport, Report } from '../shared/report.ts';
import type { FollowUp } from '../tables/follow-up-store.ts';
import type { IdentityStore, RunRow } from '../tables/identity-store.ts';

/**
 * Closes what earlier runs have left to people, and this one has done: a login that was open and is shut, and whatever
 * asked for the event to be sent again. What this run leaves again stays open, and so does what no run can see.
 *
 * @param run the run that is over; it stands as whoever has done it.
 * @param at now, as an ISO instant.
 * @throws the stores' errors.
 */
export async function settleFollowUps(
  store: Pick<IdentityStore, 'readRuns' | 'followUps'>,
  run: { execution: string; startedAt: string },
  report: Report,
  at: string,
): Promise<void> {
  const earlier = (await store.readRuns(report.employeeId)).filter(
    (row) => row.execution !== run.execution && row.startedAt < run.startedAt && mayBeSettled(row, report),
  );
  for (const row of earlier)
    for (const followUp of await store.followUps.ofRun(row))
      if (followUp.status === 'open' && isSettled(followUp, report))
        await store.followUps.finish(followUp, {
          by: run.execution,
          at,
          note: 'A later run has done it.',
        });
}

/** Whether a run of the same kind has left something. */
function mayBeSettled({ workflow, report }: RunRow, later: Report): boolean {
  if (workflow !== later.workflow || report === null) return false;
  return [...(report.followUps ?? []), ...report.apps.flatMap(({ followUps }) => followUps)].length > 0;
}

/** What a run of these kinds of ends has not looked at is as open as before. */
const LOOKED: readonly Report['status'][] = ['complete', 'partial', 'failed'];
const THROUGH: readonly AppReport['status'][] = ['done', 'already_done', 'invited', 'not_found'];
/** The same where only records are left. */
const CUT: readonly AppReport['status'][] = [...THROUGH, 'shut'];

/** Whether a later run of the same workflow for the same person has settled a follow-up. */
export function isSettled(
  { app, text, urgency, asks }: Pick<FollowUp, 'app' | 'text' | 'urgency' | 'asks'>,
  { status, apps, followUps = [] }: Pick<Report, 'status' | 'apps' | 'followUps'>,
): boolean {
  if (!LOOKED.includes(status)) return false;
  if (app === null) return asks === 'event' && !followUps.includes(text);
  const now = apps.find((one) => one.app === app);
  if (now === undefined || now.followUps.includes(text)) return false;
  if (asks === 'event') return THROUGH.includes(now.status);
  return urgency === 'high' && CUT.includes(now.status);
}
