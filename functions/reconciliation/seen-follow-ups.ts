import type { App } from '../shared/apps.ts';
import type { FollowUp, FollowUpStore } from '../tables/follow-up-store.ts';
import type { RosterRow } from '../tables/roster-store.ts';
import type { Match } from './discrepancies.ts';

const DAY_MS = 86_400_000;
const LISTED_DAYS = 400;

/** The open follow-ups of an app by employee. @throws the store's errors */
export async function openFollowUps(
  store: Pick<FollowUpStore, 'newest'>,
  app: App,
  now: number,
): Promise<Map<string, FollowUp[]>> {
  const open = new Map<string, FollowUp[]>();
  const range = {
    from: new Date(now - LISTED_DAYS * DAY_MS).toISOString(),
    before: new Date(now + DAY_MS).toISOString(),
  };
  for await (const followUp of store.newest(range))
    if (followUp.app === app && followUp.status === 'open')
      open.set(followUp.employeeId, [...(open.get(followUp.employeeId) ?? []), followUp]);
  return open;
}

/** What the accounts show to be done: a leaver's login that is shut, and a role that was to be given. */
export function isSeenDone(
  { asks, urgency }: Pick<FollowUp, 'asks' | 'urgency'>,
  { login, role }: Pick<RosterRow, 'login' | 'role'>,
  { all }: Pick<Match, 'all'>,
): boolean {
  if (login === 'shut') return urgency === 'high' && all.length > 0 && all.every(({ isOpen }) => !isOpen);
  return asks === 'role' && role !== null && all.some((account) => account.isOpen && account.role === role);
}
