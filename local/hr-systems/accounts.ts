import * as z from 'zod/mini';
import type { HrDraft } from '../../functions/hr/differences.ts';
import { HrEvent } from '../../functions/shared/events.ts';
import { endOfDay, startOfDay } from '../../functions/shared/moment.ts';

/** Where somebody's accounts end: whether the logins are open, and what the apps were told of the person. */
export type Standing = { isOpen: boolean; apps: string; told: Record<string, string> };

type Account = {
  apps: string[];
  told: Record<string, string>;
  /** In epoch milliseconds. */
  opens: number;
  /** In epoch milliseconds; null while nobody has said that the person leaves. */
  shuts: number | null;
};

const ZONE = 'UTC';

/**
 * Where the runs of events leave the accounts, by employee id. It stands for the runs, whose own tests show that they do
 * what an event asks for: a later event takes the place of one that has not acted yet.
 *
 * @param worksHere who had accounts before the first event.
 * @param now in epoch milliseconds.
 */
export function standings(
  worksHere: readonly string[],
  events: readonly HrDraft[],
  now: number,
): Map<string, Standing> {
  const before = { apps: [], told: {}, opens: Number.NEGATIVE_INFINITY, shuts: null };
  const accounts = new Map<string, Account>(worksHere.map((id) => [id, { ...before }]));
  for (const { type, detail } of events) {
    const event = z.parse(HrEvent, {
      ...{ id: 'played', source: 'hr', time: '2026-01-01T00:00:00Z', 'detail-type': type, detail },
    });
    apply(event, accounts);
  }
  const shown = [...accounts].map(([id, { apps, told, opens, shuts }]): [string, Standing] => [
    id,
    { isOpen: opens <= now && (shuts === null || shuts > now), apps: apps.join('+'), told },
  ]);
  return new Map(shown.filter(([id, { isOpen }]) => isOpen || (accounts.get(id)?.opens ?? 0) <= now));
}

function apply(event: HrEvent, accounts: Map<string, Account>): void {
  const { employeeId, ...facts } = event.detail.employee;
  const account = accounts.get(employeeId);
  switch (event['detail-type']) {
    case 'employee.hired': {
      const { employee, apps, daysBefore = 0 } = event.detail;
      const { startDate, timeZone = ZONE } = employee;
      accounts.set(employeeId, {
        apps: apps.map(({ app }) => app),
        told: textsOf(facts),
        opens: startOfDay(startDate, timeZone, -daysBefore).getTime(),
        shuts: null,
      });
      return;
    }
    case 'hire.rescinded':
      accounts.delete(employeeId);
      return;
    case 'employee.updated':
      if (account !== undefined) Object.assign(account.told, textsOf(facts));
      return;
    case 'termination.rescinded':
      if (account !== undefined) account.shuts = null;
      return;
    case 'employee.terminated': {
      const { lastWorkingDay, timeZone, when } = event.detail;
      const atOnce = when === 'now';
      if (account !== undefined)
        account.shuts = atOnce ? Number.NEGATIVE_INFINITY : endOfDay(lastWorkingDay, timeZone).getTime();
    }
  }
}

function textsOf(facts: object): Record<string, string> {
  return Object.fromEntries(Object.entries(facts).filter(([, fact]) => typeof fact === 'string'));
}
