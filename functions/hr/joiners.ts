import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { canonicalJson } from '../shared/canonical-json.ts';
import { HiredDetail } from '../shared/events.ts';
import { describeIssues } from '../shared/issues.ts';
import { startOfDay } from '../shared/moment.ts';
import { employmentTypeOf } from './decide.ts';
import {
  addFinding,
  DAY_MS,
  type Look,
  lookAgainAt,
  lookAgainIn,
  NEXT_LOOK_MS,
  tell,
  todayOf,
} from './look.ts';

const ADDRESS_ALARM_DAYS = 2;

/** Somebody of whom tenure was told nothing: a hire, once all is known that it needs and the day is near enough. */
export function takeHire(look: Look): void {
  const { known, context } = look;
  const { mode, now, horizonDays } = context;
  if (mode === 'baseline') {
    rememberOnly(look);
    return;
  }
  if (getsNothing(look)) return;
  const detail = hiredDetail(look);
  if (detail === null || isElsewhere(look)) return;
  const begins = beginOf(look, detail.employee.startDate);
  const isHeld = known.isHeld && mode !== 'adopt';
  const tellAt = isHeld ? begins : begins - (horizonDays - 1) * DAY_MS;
  if (tellAt > now) {
    lookAgainAt(look, tellAt);
    return;
  }
  tellHire(look, detail);
}

/** A hire that waits for its moment: whatever changes about it is told anew, and the latest counts. */
export function takeAnnounced(look: Look): void {
  if (getsNothing(look)) {
    rescindHire(look);
    return;
  }
  const detail = hiredDetail(look);
  if (detail === null || contentOf(detail) === look.known.hire?.content) return;
  tellHire(look, detail);
}

/** Takes a hire back that was told and has not begun. */
export function rescindHire(look: Look): void {
  tell(look, 'hire.rescinded', { employee: { employeeId: look.known.employeeId } });
  look.known.hire = null;
}

function getsNothing({ decision: { outOfScope, apps } }: Look): boolean {
  return outOfScope !== null || apps.value.length === 0;
}

/** Tells of a hire, and remembers what was told. */
export function tellHire(look: Look, detail: HiredDetail): void {
  const { known, worker, context, facts } = look;
  const { startDate } = detail.employee;
  const begins = beginOf(look, startDate);
  tell(look, 'employee.hired', detail);
  known.isHeld = false;
  known.facts = facts;
  known.hire = {
    assumed: false,
    startDate,
    begins: new Date(begins).toISOString(),
    content: contentOf(detail),
    apps: detail.apps.map(({ app }) => app),
  };
  // Who leaves again is told when the hire has begun, as a termination would take its place.
  if (worker.lastDay != null) lookAgainAt(look, Math.max(begins, context.now) + NEXT_LOOK_MS);
}

function rememberOnly(look: Look): void {
  const { known, worker, context, decision, facts } = look;
  const { startDate, status } = worker;
  const isToStart = status === 'prehire' || (startDate != null && startDate > todayOf(look));
  known.isHeld = isToStart;
  if (decision.outOfScope !== null) return;
  if (isToStart) {
    const detail = hiredDetail(look);
    if (detail !== null) lookAgainAt(look, beginOf(look, detail.employee.startDate));
    return;
  }
  known.facts = facts;
  known.hire = {
    assumed: true,
    startDate: startDate ?? null,
    begins: new Date(context.now).toISOString(),
    content: '',
    apps: decision.apps.value.map(({ app }) => app),
  };
  // Whoever leaves is told of at the next look, so that the logins are shut at their moment.
  if (worker.lastDay != null) lookAgainIn(look, NEXT_LOOK_MS);
}

/** Two people under one employee id would share their accounts, so the source that came first keeps it. */
export function isElsewhere(look: Look): boolean {
  const source = look.context.elsewhere(look.known.employeeId);
  if (source === undefined) return false;
  addFinding(
    look,
    'employee_id_elsewhere',
    `Nobody is hired: ${source} has somebody who works here under the same employee id. Correct the number in one of them.`,
  );
  lookAgainIn(look, DAY_MS);
  return true;
}

/** The hire as its event says it; null, with a finding, where something is missing that it needs. */
export function hiredDetail(look: Look, previousEmployeeId = previousEmployeeIdOf(look)): HiredDetail | null {
  const { known, worker, decision, facts } = look;
  const { startDate } = worker;
  const { email, firstName, lastName } = facts;
  if (email === undefined) {
    waitForAddress(look, startDate ?? null);
    return null;
  }
  const missing = Object.entries({ firstName, lastName, startDate }).flatMap(([name, value]) =>
    value == null ? [name] : [],
  );
  if (missing.length > 0) {
    addFinding(look, 'fields_missing', `A hire needs ${missing.join(', ')}, which the source does not tell.`);
    return null;
  }
  const { timeZone, apps, daysBefore } = decision;
  const employmentType = employmentTypeOf(worker);
  const detail = z.safeParse(HiredDetail, {
    employee: {
      employeeId: known.employeeId,
      ...facts,
      ...(employmentType === undefined ? {} : { employmentType }),
      startDate,
      timeZone: timeZone.value,
    },
    ...(previousEmployeeId === undefined ? {} : { previousEmployeeId }),
    apps: apps.value,
    when: 'startDate',
    ...(daysBefore === 0 ? {} : { daysBefore }),
  });
  if (detail.success) return detail.data;
  const issues = describeIssues(detail.error).join('; ');
  addFinding(look, 'fields_missing', `A hire cannot be made of it: ${issues}.`);
  return null;
}

/** The id of somebody whom tenure was told of; nobody else's accounts could be taken over. */
function previousEmployeeIdOf({ worker, known, context }: Look): string | undefined {
  const { previousId } = worker;
  const previous = previousId == null ? undefined : context.knownAs(previousId);
  if (previous === undefined || previous.hire?.assumed || previous.employeeId === known.employeeId)
    return undefined;
  return previous.employeeId;
}

function waitForAddress(look: Look, startDate: string | null): void {
  const { now } = look.context;
  const timeZone = look.decision.timeZone.value;
  const alarmAt = startDate === null ? now : startOfDay(startDate, timeZone, -ADDRESS_ALARM_DAYS).getTime();
  const isSoon = alarmAt <= now;
  lookAgainAt(look, isSoon ? now + DAY_MS : alarmAt);
  addFinding(
    look,
    isSoon ? 'address_missing_soon' : 'address_missing',
    `The hire waits for a work address${startDate === null ? '' : `; the first day is ${startDate}`}.`,
  );
}

/** When the accounts of somebody would be made who starts on a day, in epoch milliseconds. */
export function beginOf({ decision: { timeZone, daysBefore } }: Look, startDate: string): number {
  return startOfDay(startDate, timeZone.value, -daysBefore).getTime();
}

/** Stands for what an event says. */
function contentOf(detail: object): string {
  return createHash('sha256').update(canonicalJson(detail)).digest('hex').slice(0, 16);
}
