import { createHash } from 'node:crypto';
import { canonicalJson } from '../shared/canonical-json.ts';
import type { HrEvent } from '../shared/events.ts';
import type { HrSource } from '../shared/hr-sources.ts';
import { dayAt } from '../shared/moment.ts';
import { type Decision, decide } from './decide.ts';
import type { Facts, Finding, Known } from './known.ts';
import type { Policy } from './policy.ts';
import type { Worker } from './worker.ts';

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

/** One look at one record: what it goes by, and what comes of it, which grows as the look goes on. */
export type Look = {
  readonly before: Known | null;
  /** What the source says by now, with what it has said before. */
  readonly worker: Worker;
  readonly context: Context;
  readonly decision: Decision;
  /** What an event would tell of the worker by now. */
  readonly facts: Facts;
  readonly known: Known;
  readonly events: HrDraft[];
  readonly findings: Finding[];
  /** When to look again, in epoch milliseconds. */
  readonly dues: number[];
};

export type Compared = { known: Known; events: HrDraft[]; findings: Finding[] };

export const DAY_MS = 86_400_000;
// Two events of one person need an order, which the bus does not keep: the second one is told at the next look.
export const NEXT_LOOK_MS = 15 * 60_000;

/** Begins a look: nothing has come of it. @param worker what all reads have told so far */
export function lookAt(before: Known | null, worker: Worker, context: Context): Look {
  const decision = decide(context.policy, worker);
  const known: Known = {
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
  const facts = factsOf(worker, decision, context);
  return { before, worker, context, decision, facts, known, events: [], findings: [], dues: [] };
}

function factsOf(worker: Worker, { timeZone }: Decision, { addressOf }: Context): Facts {
  const { workEmail, firstName, lastName, title, department, managerId, managerEmail } = worker;
  const manager = managerEmail ?? (managerId == null ? undefined : addressOf(managerId));
  const facts = {
    email: workEmail,
    firstName,
    lastName,
    title,
    department,
    managerEmail: manager,
    timeZone: timeZone.value,
  };
  return Object.fromEntries(entriesOf(facts));
}

/** The fields that have a text. */
export function entriesOf(facts: Readonly<Record<string, string | null | undefined>>): [string, string][] {
  return Object.entries(facts).flatMap(([name, fact]): [string, string][] =>
    fact == null ? [] : [[name, fact]],
  );
}

/** What has come of a look. */
export function comparedBy({ known, events, findings, dues }: Look): Compared {
  const due = dues.length === 0 ? null : new Date(Math.min(...dues)).toISOString();
  return { known: { ...known, due }, events, findings };
}

/** Adds an event. Whoever looks at the same record again tells the same one, which then counts once. */
export function tell(look: Look, type: HrDraft['type'], detail: object): void {
  const { before, worker, context, events } = look;
  const { source } = context;
  const { sourceId } = worker;
  const from = [source, sourceId, before?.version ?? 0, type, canonicalJson(detail)];
  const difference = createHash('sha256').update(canonicalJson(from)).digest('hex').slice(0, 40);
  events.push({ type, detail: { ...detail, record: { source, sourceId, difference } } });
}

/** Adds what a person should look at. */
export function addFinding({ worker, known, findings }: Look, kind: Finding['kind'], note: string): void {
  findings.push({ kind, sourceId: worker.sourceId, employeeId: known.employeeId, note });
}

/** Has the record looked at again though nothing changes. @param moment in epoch milliseconds */
export function lookAgainAt({ dues }: Look, moment: number): void {
  dues.push(moment);
}

/** Has the record looked at again though nothing changes. */
export function lookAgainIn(look: Look, ms: number): void {
  lookAgainAt(look, look.context.now + ms);
}

/** The date where the worker is. */
export function todayOf({ context, decision }: Look): string {
  return dayAt(context.now, decision.timeZone.value);
}

/** Whether a hire was told that has not begun. */
export function isPending({ known: { hire }, context }: Look): boolean {
  return hire !== null && !hire.assumed && Date.parse(hire.begins) > context.now;
}
