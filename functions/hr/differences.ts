import { createHash } from 'node:crypto';
import * as z from 'zod/mini';
import { canonicalJson } from '../shared/canonical-json.ts';
import { sameEmail } from '../shared/email.ts';
import { HiredDetail, type HrEvent } from '../shared/events.ts';
import type { HrSource } from '../shared/hr-sources.ts';
import { describeIssues } from '../shared/issues.ts';
import { dayAt, endOfDay, startOfDay } from '../shared/moment.ts';
import { type Decision, decide, employmentTypeOf } from './decide.ts';
import type { Facts, Finding, Known } from './known.ts';
import type { Policy } from './policy.ts';
import { hasOtherNames } from './upheaval.ts';
import { mergeWorker, type Worker } from './worker.ts';

/** An event before it is on the bus. */
export type HrDraft = {
  type: HrEvent['detail-type'];
  detail: object;
  /** When it happened, as an ISO instant; now unless given. */
  time?: string | undefined;
};

/**
 * How a read counts. A `baseline` only remembers; `adopt` also hires those who work here, whose accounts are adopted
 * then; after that there are `changes`.
 */
export type Mode = 'baseline' | 'adopt' | 'changes';

/** What comparing goes by, besides the record. */
export type Context = {
  source: HrSource;
  policy: Policy;
  mode: Mode;
  /** In epoch milliseconds. */
  now: number;
  /** When the read began, as an ISO instant. */
  readAt: string;
  /** The farthest that a run can wait, in days. */
  horizonDays: number;
  /** The address of the worker with a source id; undefined where it is not known. */
  addressOf: (sourceId: string) => string | undefined;
  /** What is known of the worker with a source id or an employee number. */
  knownAs: (id: string) => Known | undefined;
  /** Whether a complete read has a record with an address. */
  hasAddress: (email: string) => boolean;
  /** Another source in which somebody with this employee id works; undefined where none is known. */
  elsewhere: (employeeId: string) => HrSource | undefined;
};

export type Compared = { known: Known; events: HrDraft[]; findings: Finding[] };

const DAY_MS = 86_400_000;
const ADDRESS_ALARM_DAYS = 2;
// Two events of one person need an order, which the bus does not keep: the second one is told at the next look.
const NEXT_LOOK_MS = 15 * 60_000;

/** What has changed about one record since it was last read: what is known now, the events, and what a person should see. */
export function compare(before: Known | null, read: Worker, context: Context): Compared {
  if (before !== null && context.readAt < before.readAt) return { known: before, events: [], findings: [] };
  const worker = mergeWorker(before?.worker ?? null, read);
  const look = new Look(before, worker, context);
  look.take();
  return look.result();
}

/**
 * What follows when a record is missing from a complete read, or is deleted: a finding, and no termination unless the
 * policy says so and it was missing twice. Nobody starts whose record is deleted.
 */
export function compareAbsent(before: Known, why: 'missing' | 'deleted', context: Context): Compared {
  if (context.readAt < before.readAt) return { known: before, events: [], findings: [] };
  const look = new Look(before, before.worker, context);
  look.takeAbsent(why);
  return look.result();
}

/** One look at one record. */
class Look {
  readonly #before: Known | null;
  readonly #worker: Worker;
  readonly #context: Context;
  readonly #decision: Decision;
  readonly #facts: Facts;
  readonly #events: HrDraft[] = [];
  readonly #findings: Finding[] = [];
  readonly #dues: number[] = [];
  #known: Known;

  constructor(before: Known | null, worker: Worker, context: Context) {
    this.#before = before;
    this.#worker = worker;
    this.#context = context;
    this.#decision = decide(context.policy, worker);
    this.#known = {
      employeeId: before?.employeeId ?? worker.employeeNumber ?? worker.sourceId,
      facts: before?.facts ?? {},
      hire: before?.hire ?? null,
      termination: before?.termination ?? null,
      isHeld: before?.isHeld ?? false,
      staleLastDay: before?.staleLastDay ?? null,
      withdrawn: before?.withdrawn ?? null,
      version: (before?.version ?? 0) + 1,
      worker,
      absences: 0,
      due: null,
      readAt: context.readAt,
    };
    this.#facts = this.#presentFacts();
  }

  take(): void {
    this.#noteReturn();
    if (this.#known.hire === null) this.#renumberUntold();
    const lastDay = this.#lastDay();
    if (this.#isWithdrawn()) this.#takeWithdrawn();
    else if (lastDay === null) this.#takePresent();
    else this.#takeLeaver(lastDay);
    this.#renumberUntold();
  }

  takeAbsent(why: 'missing' | 'deleted'): void {
    const { hire, termination } = this.#known;
    // More than two say no more than two.
    this.#known.absences = Math.min(2, (this.#before?.absences ?? 0) + (why === 'missing' ? 1 : 0));
    if (hire === null || termination !== null) return;
    const { email } = this.#known.facts;
    // Whose address another record has by now may have been given another id.
    const isHere = why === 'missing' && email !== undefined && this.#context.hasAddress(email);
    const isBelieved =
      !isHere && this.#context.policy.leavers.absence === 'terminate' && this.#known.absences >= 2;
    if (this.#isPending() && (why === 'deleted' || isBelieved)) this.#rescindHire();
    else if (isBelieved) this.#terminate(this.#today());
    else
      this.#find(
        why === 'deleted' ? 'record_deleted' : 'absent',
        isHere
          ? 'The source has a record of another id with the address of this one, which ends nothing. If it is the same person, give the record its old id.'
          : 'The source does not have the record any more, which ends nothing. If the person has left, record the termination there.',
      );
  }

  result(): Compared {
    const due = this.#dues.length === 0 ? null : new Date(Math.min(...this.#dues)).toISOString();
    return { known: { ...this.#known, due }, events: this.#events, findings: this.#findings };
  }

  /** Somebody who was inactive and is not any more is back, also where the source still shows the old last day. */
  #noteReturn(): void {
    const was = this.#before?.worker.status;
    const { status, lastDay } = this.#worker;
    const isOver = lastDay != null && lastDay < this.#today();
    const isBack = was === 'inactive' && status !== 'inactive';
    // Whoever works here when the source is first read, and has left before, is back too.
    const isFirst = this.#before === null && this.#context.mode !== 'changes';
    const wasBack = isFirst && (status === 'active' || status === 'leave');
    if (isBack || wasBack) this.#known.staleLastDay = isOver ? lastDay : null;
  }

  /** The last day of the present employment; null of somebody who stays. */
  #lastDay(): string | null {
    const { lastDay, startDate, status } = this.#worker;
    const isOfEarlier = startDate != null && lastDay != null && startDate > lastDay;
    if (lastDay != null && !isOfEarlier && lastDay !== this.#known.staleLastDay) return lastDay;
    if (status !== 'inactive') return null;
    return this.#known.termination?.lastDay ?? lastDay ?? this.#today();
  }

  /**
   * Whether the last day was put before the first one, because somebody does not come after all. One that was there
   * before the hire is of an earlier employment.
   */
  #isWithdrawn(): boolean {
    const { startDate, lastDay } = this.#worker;
    if (startDate == null || lastDay == null || lastDay >= startDate) return false;
    if (this.#known.withdrawn === `${startDate} ${lastDay}`) return true;
    const before = this.#before?.worker;
    const wasLater = before?.lastDay != null && before.lastDay >= startDate && before.startDate === startDate;
    return this.#known.hire !== null && (wasLater || (this.#isPending() && before?.lastDay == null));
  }

  #takeWithdrawn(): void {
    const { startDate, lastDay } = this.#worker;
    this.#known.withdrawn = `${startDate} ${lastDay}`;
    if (this.#isPending()) this.#rescindHire();
    else if (this.#known.hire !== null && lastDay != null) this.#takeLeaver(lastDay);
  }

  #takePresent(): void {
    const { termination } = this.#known;
    const { startDate } = this.#worker;
    if (!this.#isPending() && this.#findSomebodyElse()) return;
    const isOther = startDate !== this.#known.hire?.startDate;
    if (termination !== null && startDate != null && startDate > termination.lastDay && isOther) {
      // Came back for another employment. The hire would take the place of a termination that still waits.
      const ends = Date.parse(termination.ends);
      if (ends > this.#context.now && this.#beginOf(startDate) > ends) {
        this.#lookAgainAt(ends + NEXT_LOOK_MS);
        return;
      }
      this.#known.termination = null;
      this.#known.hire = null;
      this.#takeHire();
      return;
    }
    if (termination !== null) {
      this.#tell('termination.rescinded', { employee: { employeeId: this.#known.employeeId } });
      this.#known.termination = null;
      // What else has changed is told once the accounts are back.
      this.#lookAgainIn(NEXT_LOOK_MS);
      return;
    }
    if (this.#known.hire === null) this.#takeHire();
    else if (this.#isPending()) this.#takeAnnounced();
    else this.#takeColleague();
  }

  #takeLeaver(lastDay: string): void {
    const { hire, termination } = this.#known;
    const isOver = lastDay < this.#today();
    if (hire === null) {
      // Somebody with a fixed term starts before they leave.
      if (!isOver && this.#worker.status !== 'inactive') this.#takeHire();
      return;
    }
    if (this.#isPending()) {
      if (this.#willNotStart(lastDay)) this.#rescindHire();
      else {
        this.#takeAnnounced();
        this.#lookAgainAt(Date.parse(this.#known.hire?.begins ?? hire.begins) + NEXT_LOOK_MS);
      }
      return;
    }
    if (termination === null) this.#terminate(lastDay);
    else if (Date.parse(termination.ends) > this.#context.now) this.#takeChangedTermination(lastDay);
    else if (!isOver && this.#staysLonger(lastDay, termination)) {
      // The logins are shut, and the person stays for longer after all.
      this.#tell('termination.rescinded', { employee: { employeeId: this.#known.employeeId } });
      this.#known.termination = null;
      this.#lookAgainIn(NEXT_LOOK_MS);
      return;
    }
    const { ends } = this.#known.termination ?? {};
    if (!isOver && (ends === undefined || Date.parse(ends) > this.#context.now)) this.#takeNewsOfLeaver();
  }

  /** Until the last day, whoever leaves may get another name, address or manager as everybody else. */
  #takeNewsOfLeaver(): void {
    const { hire } = this.#known;
    if (hire === null || this.#decision.outOfScope !== null || this.#findSomebodyElse()) return;
    if (this.#events.length === 0) this.#tellNews(hire);
    else if (Object.keys(this.#news()).length > 0) this.#lookAgainIn(NEXT_LOOK_MS);
  }

  /** Nobody gets somebody else's accounts because a number was used again. @returns whether it seems so */
  #findSomebodyElse(): boolean {
    const { hire, facts } = this.#known;
    const { email } = this.#facts;
    const isOther =
      hire !== null &&
      facts.email !== undefined &&
      email !== undefined &&
      !sameEmail(facts.email, email) &&
      hasOtherNames(facts, this.#facts);
    if (isOther)
      this.#find(
        'another_person',
        'The record has another first name, last name and address than tenure was told of, so it is left alone. If the id was used again, give the new person one of their own, and record that the former one has left. If it is the same person, change the names and the address one after the other.',
      );
    return isOther;
  }

  #isPending(): boolean {
    const { hire } = this.#known;
    return hire !== null && !hire.assumed && Date.parse(hire.begins) > this.#context.now;
  }

  #willNotStart(lastDay: string): boolean {
    const { startDate, status } = this.#worker;
    return status === 'inactive' || (startDate != null && lastDay < startDate);
  }

  #takeHire(): void {
    if (this.#context.mode === 'baseline') {
      this.#rememberOnly();
      return;
    }
    const isHeld = this.#known.isHeld && this.#context.mode !== 'adopt';
    if (this.#decision.outOfScope !== null || this.#decision.apps.value.length === 0) return;
    const detail = this.#hiredDetail();
    if (detail === null || this.#isElsewhere()) return;
    const begins = this.#beginsOf(detail);
    const { now, horizonDays } = this.#context;
    const tellAt = isHeld ? begins : begins - (horizonDays - 1) * DAY_MS;
    if (tellAt > now) {
      this.#lookAgainAt(tellAt);
      return;
    }
    this.#hire(detail, begins);
  }

  /** Two people under one employee id would share their accounts, so the source that came first keeps it. */
  #isElsewhere(): boolean {
    const source = this.#context.elsewhere(this.#known.employeeId);
    if (source === undefined) return false;
    this.#find(
      'employee_id_elsewhere',
      `Nobody is hired: ${source} has somebody who works here under the same employee id. Correct the number in one of them.`,
    );
    this.#lookAgainIn(DAY_MS);
    return true;
  }

  #hire(detail: HiredDetail, begins: number): void {
    this.#tell('employee.hired', detail);
    this.#known.isHeld = false;
    this.#known.facts = this.#facts;
    this.#known.hire = {
      assumed: false,
      startDate: detail.employee.startDate,
      begins: new Date(begins).toISOString(),
      content: contentOf(detail),
      apps: detail.apps.map(({ app }) => app),
    };
    // Who leaves again is told when the hire has begun, as a termination would take its place.
    if (this.#worker.lastDay != null) this.#lookAgainAt(Math.max(begins, this.#context.now) + NEXT_LOOK_MS);
  }

  #rememberOnly(): void {
    const { startDate, status } = this.#worker;
    const isToStart = status === 'prehire' || (startDate != null && startDate > this.#today());
    this.#known.isHeld = isToStart;
    if (this.#decision.outOfScope !== null) return;
    if (isToStart) {
      const detail = this.#hiredDetail();
      if (detail !== null) this.#lookAgainAt(this.#beginsOf(detail));
      return;
    }
    this.#known.facts = this.#facts;
    this.#known.hire = {
      assumed: true,
      startDate: startDate ?? null,
      begins: new Date(this.#context.now).toISOString(),
      content: '',
      apps: this.#decision.apps.value.map(({ app }) => app),
    };
    // Whoever leaves is told of at the next look, so that the logins are shut at their moment.
    if (this.#worker.lastDay != null) this.#lookAgainIn(NEXT_LOOK_MS);
  }

  /** A hire that waits for its moment: whatever changes about it is told anew, and the latest counts. */
  #takeAnnounced(): void {
    const { hire } = this.#known;
    if (this.#decision.outOfScope !== null || this.#decision.apps.value.length === 0) {
      this.#rescindHire();
      return;
    }
    const detail = this.#hiredDetail();
    if (hire === null || detail === null || contentOf(detail) === hire.content) return;
    this.#hire(detail, this.#beginsOf(detail));
  }

  #rescindHire(): void {
    this.#tell('hire.rescinded', { employee: { employeeId: this.#known.employeeId } });
    this.#known.hire = null;
  }

  #takeColleague(): void {
    const { hire } = this.#known;
    if (hire?.assumed && this.#context.mode === 'adopt') {
      this.#takeHire();
      return;
    }
    if (hire === null || this.#decision.outOfScope !== null) return;
    if (this.#takeNewNumber()) return;
    this.#findLaterStart(hire);
    const wanted = this.#decision.apps.value.map(({ app }) => app);
    if (wanted.some((app) => !hire.apps.includes(app)))
      this.#find(
        'apps_differ',
        `The policy gives ${wanted.join(', ') || 'no app'} by now (rule ${this.#decision.apps.from}); at the hire it gave ${hire.apps.join(', ') || 'none'}. Send a hire for what is to be added.`,
      );
    this.#tellNews(hire);
  }

  #tellNews(hire: NonNullable<Known['hire']>): void {
    const news = this.#news();
    this.#known.facts = { ...this.#known.facts, ...this.#facts };
    if (Object.keys(news).length === 0) return;
    if (hire.assumed) {
      if (news.email !== undefined)
        this.#find(
          'renamed_before_adoption',
          'The address has changed, and tenure has no account recorded of which it could tell. Adopt the company with --adopt.',
        );
      return;
    }
    this.#tell('employee.updated', { employee: { employeeId: this.#known.employeeId, ...news } });
  }

  /** The accounts are there already when a first day moves too late. */
  #findLaterStart({ assumed, startDate: told }: NonNullable<Known['hire']>): void {
    const { startDate } = this.#worker;
    if (assumed || startDate == null || startDate === told || startDate <= this.#today()) return;
    this.#find(
      'start_moved',
      `The first day is ${startDate} by now, and the accounts were made for ${told}. If nobody may log in before, rescind the hire and send it again.`,
    );
  }

  /** A new number under the same record is the same person. @returns whether it was told */
  #takeNewNumber(): boolean {
    const { employeeNumber } = this.#worker;
    const { employeeId, hire } = this.#known;
    if (employeeNumber == null || employeeNumber === employeeId || hire === null || hire.assumed)
      return false;
    this.#known.employeeId = employeeNumber;
    const detail = this.#hiredDetail(employeeId);
    if (detail === null || this.#isElsewhere()) {
      this.#known.employeeId = employeeId;
      return false;
    }
    this.#hire(detail, this.#beginsOf(detail));
    return true;
  }

  /** Whom no event has named may have another number without telling. */
  #renumberUntold(): void {
    const { hire, termination } = this.#known;
    const { employeeNumber } = this.#worker;
    if (employeeNumber != null && termination === null && (hire === null || hire.assumed))
      this.#known.employeeId = employeeNumber;
  }

  #terminate(lastDay: string): void {
    const { email } = this.#facts;
    const address = email ?? this.#known.facts.email;
    if (this.#context.mode === 'baseline') return;
    if (address === undefined) {
      this.#find('address_missing', 'The person leaves, and has no work address: shut the accounts by hand.');
      return;
    }
    const { now, horizonDays } = this.#context;
    const timeZone = this.#decision.timeZone.value;
    const ends = endOfDay(lastDay, timeZone).getTime();
    if (ends - now > (horizonDays - 1) * DAY_MS) {
      this.#lookAgainAt(ends - (horizonDays - 1) * DAY_MS);
      return;
    }
    const isGone = this.#worker.status === 'inactive' && this.#worker.lastDay == null;
    const atOnce = this.#decision.atOnce !== null || isGone || ends <= now;
    this.#tell('employee.terminated', {
      employee: { employeeId: this.#known.employeeId, email: address },
      lastWorkingDay: lastDay,
      timeZone,
      when: atOnce ? 'now' : 'endOfLastWorkingDay',
      ...this.#newOwner(),
    });
    this.#known.termination = {
      lastDay,
      atOnce,
      ends: new Date(atOnce ? Math.min(now, ends) : ends).toISOString(),
    };
  }

  #takeChangedTermination(lastDay: string): void {
    const { termination } = this.#known;
    const atOnce = this.#decision.atOnce !== null;
    const ends = endOfDay(lastDay, this.#decision.timeZone.value).getTime();
    const isElsewhere = !atOnce && Date.parse(termination?.ends ?? '') !== ends;
    if (termination?.lastDay !== lastDay || termination.atOnce !== atOnce || isElsewhere)
      this.#terminate(lastDay);
  }

  /** Whether the last day is a later one, or a reason for which the logins were shut at once has been corrected. */
  #staysLonger(lastDay: string, told: NonNullable<Known['termination']>): boolean {
    const { status, terminationReason } = this.#worker;
    const hasOtherReason = terminationReason !== this.#before?.worker.terminationReason;
    const wasAtOnce = told.atOnce && hasOtherReason && this.#decision.atOnce === null;
    return status !== 'inactive' && (lastDay > told.lastDay || wasAtOnce);
  }

  #newOwner(): { reassignTo?: string } {
    const { value } = this.#decision.takeover;
    const address = value === 'manager' ? this.#facts.managerEmail : value;
    return address === undefined ? {} : { reassignTo: address };
  }

  #presentFacts(): Facts {
    const { workEmail, firstName, lastName, title, department, managerId, managerEmail } = this.#worker;
    const manager = managerEmail ?? (managerId == null ? undefined : this.#context.addressOf(managerId));
    const facts = {
      email: workEmail,
      firstName,
      lastName,
      title,
      department,
      managerEmail: manager,
      timeZone: this.#decision.timeZone.value,
    };
    return Object.fromEntries(entriesOf(facts));
  }

  #news(): Facts {
    const told: Readonly<Record<string, string | undefined>> = this.#known.facts;
    const hasMoved = this.#worker.location !== this.#before?.worker.location;
    const isNew = ([fact, value]: [string, string]) => {
      const before = told[fact];
      if (fact === 'timeZone') return hasMoved && value !== before;
      if (fact === 'email' || fact === 'managerEmail') return !sameEmail(before ?? '', value);
      return value !== before;
    };
    return Object.fromEntries(entriesOf(this.#facts).filter(isNew));
  }

  /** The hire as its event says it; null, with a finding, where something is missing that it needs. */
  #hiredDetail(previousEmployeeId = this.#previousEmployeeId()): HiredDetail | null {
    const { startDate } = this.#worker;
    const { email, firstName, lastName } = this.#facts;
    if (email === undefined) {
      this.#waitForAddress(startDate ?? null);
      return null;
    }
    const missing = Object.entries({ firstName, lastName, startDate }).flatMap(([name, value]) =>
      value == null ? [name] : [],
    );
    if (missing.length > 0) {
      this.#find('fields_missing', `A hire needs ${missing.join(', ')}, which the source does not tell.`);
      return null;
    }
    const { timeZone, apps, daysBefore } = this.#decision;
    const employmentType = employmentTypeOf(this.#worker);
    const detail = z.safeParse(HiredDetail, {
      employee: {
        employeeId: this.#known.employeeId,
        ...this.#facts,
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
    this.#find('fields_missing', `A hire cannot be made of it: ${issues}.`);
    return null;
  }

  /** The id of somebody whom tenure was told of; nobody else's accounts could be taken over. */
  #previousEmployeeId(): string | undefined {
    const { previousId } = this.#worker;
    const known = previousId == null ? undefined : this.#context.knownAs(previousId);
    if (known === undefined || known.hire?.assumed || known.employeeId === this.#known.employeeId)
      return undefined;
    return known.employeeId;
  }

  #beginOf(startDate: string): number {
    const { timeZone, daysBefore } = this.#decision;
    return startOfDay(startDate, timeZone.value, -daysBefore).getTime();
  }

  #beginsOf({ employee, daysBefore = 0 }: HiredDetail): number {
    return startOfDay(employee.startDate, employee.timeZone ?? 'UTC', -daysBefore).getTime();
  }

  #waitForAddress(startDate: string | null): void {
    const { now } = this.#context;
    const alarmAt =
      startDate === null
        ? now
        : startOfDay(startDate, this.#decision.timeZone.value, -ADDRESS_ALARM_DAYS).getTime();
    const isSoon = alarmAt <= now;
    this.#lookAgainAt(isSoon ? now + DAY_MS : alarmAt);
    this.#find(
      isSoon ? 'address_missing_soon' : 'address_missing',
      `The hire waits for a work address${startDate === null ? '' : `; the first day is ${startDate}`}.`,
    );
  }

  #tell(type: HrDraft['type'], detail: object): void {
    const { source } = this.#context;
    const { sourceId } = this.#worker;
    const from = [source, sourceId, this.#before?.version ?? 0, type, canonicalJson(detail)];
    const difference = createHash('sha256').update(canonicalJson(from)).digest('hex').slice(0, 40);
    this.#events.push({ type, detail: { ...detail, record: { source, sourceId, difference } } });
  }

  #find(kind: Finding['kind'], note: string): void {
    const { sourceId } = this.#worker;
    this.#findings.push({ kind, sourceId, employeeId: this.#known.employeeId, note });
  }

  #lookAgainAt(moment: number): void {
    this.#dues.push(moment);
  }

  #lookAgainIn(ms: number): void {
    this.#lookAgainAt(this.#context.now + ms);
  }

  #today(): string {
    return dayAt(this.#context.now, this.#decision.timeZone.value);
  }
}

/** The fields that have a text. */
function entriesOf(facts: Readonly<Record<string, string | null | undefined>>): [string, string][] {
  return Object.entries(facts).flatMap(([name, fact]): [string, string][] =>
    fact == null ? [] : [[name, fact]],
  );
}

/** Stands for what an event says. */
function contentOf(detail: object): string {
  return createHash('sha256').update(canonicalJson(detail)).digest('hex').slice(0, 16);
}
