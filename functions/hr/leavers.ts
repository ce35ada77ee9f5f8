import { endOfDay } from '../shared/moment.ts';
import { rescindHire, takeAnnounced, takeHire } from './joiners.ts';
import type { ToldHire, ToldTermination } from './known.ts';
import {
  addFinding,
  DAY_MS,
  isPending,
  type Look,
  lookAgainAt,
  lookAgainIn,
  NEXT_LOOK_MS,
  tell,
  todayOf,
} from './look.ts';
import { findSomebodyElse, newsOf, tellNews } from './movers.ts';

/** The last day of the present employment; null of somebody who stays. */
export function lastDayOf(look: Look): string | null {
  const { known, worker } = look;
  const { lastDay, startDate, status } = worker;
  const isOfEarlier = startDate != null && lastDay != null && startDate > lastDay;
  if (lastDay != null && !isOfEarlier && lastDay !== known.staleLastDay) return lastDay;
  if (status !== 'inactive') return null;
  return known.termination?.lastDay ?? lastDay ?? todayOf(look);
}

/**
 * Whether the last day was put before the first one, because somebody does not come after all. One that was there
 * before the hire is of an earlier employment.
 */
export function isWithdrawn(look: Look): boolean {
  const { known, worker } = look;
  const { startDate, lastDay } = worker;
  if (startDate == null || lastDay == null || lastDay >= startDate) return false;
  if (known.withdrawn === `${startDate} ${lastDay}`) return true;
  const before = look.before?.worker;
  const wasLater = before?.lastDay != null && before.lastDay >= startDate && before.startDate === startDate;
  return known.hire !== null && (wasLater || (isPending(look) && before?.lastDay == null));
}

/** Somebody who does not come after all: nothing is made of them, or all that was made is shut. */
export function takeWithdrawn(look: Look): void {
  const { known, worker } = look;
  const { startDate, lastDay } = worker;
  known.withdrawn = `${startDate} ${lastDay}`;
  if (isPending(look)) rescindHire(look);
  else if (known.hire !== null && lastDay != null) takeLeaver(look, lastDay);
}

/** Somebody who leaves, or has left. */
export function takeLeaver(look: Look, lastDay: string): void {
  const { known, worker, context } = look;
  const isOver = lastDay < todayOf(look);
  if (known.hire === null) {
    // Somebody with a fixed term starts before they leave.
    if (!isOver && worker.status !== 'inactive') takeHire(look);
    return;
  }
  if (isPending(look)) {
    takeLeaverToStart(look, known.hire, lastDay);
    return;
  }
  const { termination } = known;
  if (termination === null) terminate(look, lastDay);
  else if (Date.parse(termination.ends) > context.now) takeChangedTermination(look, termination, lastDay);
  else if (!isOver && staysLonger(look, termination, lastDay)) {
    // The logins are shut, and the person stays for longer after all.
    rescindTermination(look);
    return;
  }
  const { ends } = known.termination ?? {};
  if (!isOver && (ends === undefined || Date.parse(ends) > context.now)) takeNewsOfLeaver(look);
}

function takeLeaverToStart(look: Look, hire: ToldHire, lastDay: string): void {
  const { startDate, status } = look.worker;
  const willNotStart = status === 'inactive' || (startDate != null && lastDay < startDate);
  if (willNotStart) rescindHire(look);
  else {
    takeAnnounced(look);
    lookAgainAt(look, Date.parse(look.known.hire?.begins ?? hire.begins) + NEXT_LOOK_MS);
  }
}

/** Until the last day, whoever leaves may get another name, address or manager as everybody else. */
function takeNewsOfLeaver(look: Look): void {
  const { hire } = look.known;
  if (hire === null || look.decision.outOfScope !== null || findSomebodyElse(look)) return;
  if (look.events.length === 0) tellNews(look, hire);
  else if (Object.keys(newsOf(look)).length > 0) lookAgainIn(look, NEXT_LOOK_MS);
}

/** Tells of a termination, once its end is near enough, and remembers what was told. */
export function terminate(look: Look, lastDay: string): void {
  const { known, worker, context, decision, facts } = look;
  const { mode, now, horizonDays } = context;
  const address = facts.email ?? known.facts.email;
  if (mode === 'baseline') return;
  if (address === undefined) {
    addFinding(
      look,
      'address_missing',
      'The person leaves, and has no work address: shut the accounts by hand.',
    );
    return;
  }
  const timeZone = decision.timeZone.value;
  const ends = endOfDay(lastDay, timeZone).getTime();
  if (ends - now > (horizonDays - 1) * DAY_MS) {
    lookAgainAt(look, ends - (horizonDays - 1) * DAY_MS);
    return;
  }
  const isGone = worker.status === 'inactive' && worker.lastDay == null;
  const atOnce = decision.atOnce !== null || isGone || ends <= now;
  tell(look, 'employee.terminated', {
    employee: { employeeId: known.employeeId, email: address },
    lastWorkingDay: lastDay,
    timeZone,
    when: atOnce ? 'now' : 'endOfLastWorkingDay',
    ...newOwnerOf(look),
  });
  known.termination = {
    lastDay,
    atOnce,
    ends: new Date(atOnce ? Math.min(now, ends) : ends).toISOString(),
  };
}

/** Takes a termination back. What else has changed is told once the accounts are back. */
export function rescindTermination(look: Look): void {
  tell(look, 'termination.rescinded', { employee: { employeeId: look.known.employeeId } });
  look.known.termination = null;
  lookAgainIn(look, NEXT_LOOK_MS);
}

function takeChangedTermination(look: Look, told: ToldTermination, lastDay: string): void {
  const { atOnce: reason, timeZone } = look.decision;
  const atOnce = reason !== null;
  const endsElsewhen = !atOnce && Date.parse(told.ends) !== endOfDay(lastDay, timeZone.value).getTime();
  if (told.lastDay !== lastDay || told.atOnce !== atOnce || endsElsewhen) terminate(look, lastDay);
}

/** Whether the last day is a later one, or a reason for which the logins were shut at once has been corrected. */
function staysLonger({ worker, before, decision }: Look, told: ToldTermination, lastDay: string): boolean {
  const { status, terminationReason } = worker;
  const hasOtherReason = terminationReason !== before?.worker.terminationReason;
  const wasAtOnce = told.atOnce && hasOtherReason && decision.atOnce === null;
  return status !== 'inactive' && (lastDay > told.lastDay || wasAtOnce);
}

function newOwnerOf({ decision, facts }: Look): { reassignTo?: string } {
  const { value } = decision.takeover;
  const address = value === 'manager' ? facts.managerEmail : value;
  return address === undefined ? {} : { reassignTo: address };
}
