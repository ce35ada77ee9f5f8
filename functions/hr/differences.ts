import { beginOf, rescindHire, takeAnnounced, takeHire } from './joiners.ts';
import type { Known, ToldTermination } from './known.ts';
import {
  isWithdrawn,
  lastDayOf,
  rescindTermination,
  takeLeaver,
  takeWithdrawn,
  terminate,
} from './leavers.ts';
import {
  addFinding,
  type Compared,
  type Context,
  comparedBy,
  isPending,
  type Look,
  lookAgainAt,
  lookAt,
  NEXT_LOOK_MS,
  todayOf,
} from './look.ts';
import { findSomebodyElse, takeColleague } from './movers.ts';
import { renumberUntold } from './numbers.ts';
import { mergeWorker, type Worker } from './worker.ts';

export type { Compared, Context, HrDraft, Mode } from './look.ts';

/** What has changed about one record since it was last read: what is known now, the events, and what a person should see. */
export function compare(before: Known | null, read: Worker, context: Context): Compared {
  if (before !== null && context.readAt < before.readAt) return { known: before, events: [], findings: [] };
  const look = lookAt(before, mergeWorker(before?.worker ?? null, read), context);
  noteReturn(look);
  if (look.known.hire === null) renumberUntold(look);
  const lastDay = lastDayOf(look);
  if (isWithdrawn(look)) takeWithdrawn(look);
  else if (lastDay === null) takePresent(look);
  else takeLeaver(look, lastDay);
  renumberUntold(look);
  return comparedBy(look);
}

/**
 * What follows when a record is missing from a complete read, or is deleted: a finding, and no termination unless the
 * policy says so and it was missing twice. Nobody starts whose record is deleted.
 */
export function compareAbsent(before: Known, why: 'missing' | 'deleted', context: Context): Compared {
  if (context.readAt < before.readAt) return { known: before, events: [], findings: [] };
  const look = lookAt(before, before.worker, context);
  takeAbsent(look, before.absences, why);
  return comparedBy(look);
}

function takeAbsent(look: Look, absences: number, why: 'missing' | 'deleted'): void {
  const { known, context } = look;
  // More than two say no more than two.
  known.absences = Math.min(2, absences + (why === 'missing' ? 1 : 0));
  if (known.hire === null || known.termination !== null) return;
  const { email } = known.facts;
  // Whose address another record has by now may have been given another id.
  const isHere = why === 'missing' && email !== undefined && context.hasAddress(email);
  const isBelieved = !isHere && context.policy.leavers.absence === 'terminate' && known.absences >= 2;
  if (isPending(look) && (why === 'deleted' || isBelieved)) rescindHire(look);
  else if (isBelieved) terminate(look, todayOf(look));
  else
    addFinding(
      look,
      why === 'deleted' ? 'record_deleted' : 'absent',
      isHere
        ? 'The source has a record of another id with the address of this one, which ends nothing. If it is the same person, give the record its old id.'
        : 'The source does not have the record any more, which ends nothing. If the person has left, record the termination there.',
    );
}

/** Somebody who was inactive and is not any more is back, also where the source still shows the old last day. */
function noteReturn(look: Look): void {
  const { before, worker, known, context } = look;
  const { status, lastDay } = worker;
  const isOver = lastDay != null && lastDay < todayOf(look);
  const isBack = before?.worker.status === 'inactive' && status !== 'inactive';
  // Whoever works here when the source is first read, and has left before, is back too.
  const isFirst = before === null && context.mode !== 'changes';
  const wasBack = isFirst && (status === 'active' || status === 'leave');
  if (isBack || wasBack) known.staleLastDay = isOver ? lastDay : null;
}

/** Somebody who does not leave. */
function takePresent(look: Look): void {
  const { known } = look;
  if (!isPending(look) && findSomebodyElse(look)) return;
  const rehire = rehireOf(look);
  if (rehire !== null) takeRehire(look, rehire);
  else if (known.termination !== null) rescindTermination(look);
  else if (known.hire === null) takeHire(look);
  else if (isPending(look)) takeAnnounced(look);
  else takeColleague(look);
}

type Rehire = { startDate: string; ended: ToldTermination };

/** Another employment than the one that was ended; null where there is none. */
function rehireOf({ known: { hire, termination: ended }, worker: { startDate } }: Look): Rehire | null {
  if (ended === null || startDate == null) return null;
  return startDate > ended.lastDay && startDate !== hire?.startDate ? { startDate, ended } : null;
}

function takeRehire(look: Look, { startDate, ended }: Rehire): void {
  const { known, context } = look;
  const ends = Date.parse(ended.ends);
  // The hire would take the place of a termination that still waits.
  if (ends > context.now && beginOf(look, startDate) > ends) {
    lookAgainAt(look, ends + NEXT_LOOK_MS);
    return;
  }
  known.termination = null;
  known.hire = null;
  takeHire(look);
}
