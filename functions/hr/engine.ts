import * as z from 'zod/mini';
import { canonicalJson } from '../shared/canonical-json.ts';
import { normalizeEmail } from '../shared/email.ts';
import { LONGEST_WAIT_VARIABLE } from '../shared/events.ts';
import { HR_SOURCES, type HrSource } from '../shared/hr-sources.ts';
import { logger } from '../shared/logger.ts';
import type { WorkerRow, WorkerStore } from '../tables/worker-store.ts';
import { givenUpFirst, holdersOf } from './address-holders.ts';
import {
  type Compared,
  type Context,
  compare,
  compareAbsent,
  type HrDraft,
  type Mode,
} from './differences.ts';
import type { HrBus } from './hr-bus.ts';
import { type Finding, Known } from './known.ts';
import type { Policy } from './policy.ts';
import type { Worker } from './worker.ts';

const Draft = z.object({
  type: z.enum([
    'employee.hired',
    'employee.terminated',
    'employee.updated',
    'termination.rescinded',
    'hire.rescinded',
  ]),
  detail: z.looseObject({}),
});
/** A row of the store: what is known, and what is still to be put on the bus. */
const Row = z.object({ known: Known, outbox: z.array(Draft) });
type Row = { known: Known; outbox: readonly HrDraft[] };

/** Others were faster so often that the record is left for the next look. */
export class WorkerContendedError extends Error {
  override readonly name = 'WorkerContendedError';

  constructor(source: HrSource, sourceId: string) {
    super(`The record ${sourceId} of ${source} is written by others all the time. It is tried again.`);
  }
}

export type EngineSources = {
  source: HrSource;
  store: WorkerStore;
  bus: HrBus;
  policy: Policy;
  /** In epoch milliseconds. */
  now?: () => number;
  /** How long a run can wait, in days: what is farther away is told later. As long as the environment says, unless given. */
  horizonDays?: number;
};

/** What a read has led to. */
export type Taken = { events: HrDraft[]; findings: Finding[] };

/** What reads of one HR system go through, whichever it is: compares, remembers, and puts the events on the bus. */
export type Engine = {
  /** Takes what one record says now. @param readAt when the read began, as an ISO instant */
  takeOne(worker: Worker, readAt: string): Promise<Taken>;
  /** Takes that the source has deleted a record. Nothing follows where nothing is known of it. */
  takeDeleted(sourceId: string, readAt: string): Promise<Taken>;
  /** Takes a complete read. With `isPlan` nothing is written and no event is put. */
  takeAll(workers: AsyncIterable<Worker> | Iterable<Worker>, read: CompleteRead): Promise<Taken>;
  /** The records that are due to be looked at, though nothing has changed about them. */
  readDue(): Promise<string[]>;
  /** What is known of a record; null where nothing is. */
  find(sourceId: string): Promise<Known | null>;
  /** What is known of all records, by their ids. */
  readKnown(): Promise<Map<string, Known>>;
};

export type CompleteRead = {
  mode: Mode;
  /** When it began, as an ISO instant. */
  readAt: string;
  /** The address of each record of the read, for the managers. */
  addresses: ReadonlyMap<string, string>;
  isPlan?: boolean;
};

const MOST_TRIES = 10;
const AT_ONCE = 16;
const LONGEST_WAIT_DAYS = 364;

export function rosterEngine(sources: EngineSources): Engine {
  const { source, store, bus, policy, now = Date.now } = sources;
  const { horizonDays = Number(process.env[LONGEST_WAIT_VARIABLE] ?? LONGEST_WAIT_DAYS) } = sources;

  const read = async (sourceId: string) => parseRow(await store.read(source, sourceId));

  const contextOf = (mode: Mode, readAt: string, people: People, elsewhere = NOWHERE): Context => ({
    ...{ source, policy, mode, readAt, horizonDays, now: now(), elsewhere },
    ...people,
  });

  const flush = async (sourceId: string, row: Row): Promise<Row> => {
    if (row.outbox.length === 0) return row;
    await bus(row.outbox);
    const version = row.known.version + 1;
    const sent = { known: { ...row.known, version }, outbox: [] };
    // Whoever was faster has put the same events.
    await store.write(source, { sourceId, version, row: sent });
    return sent;
  };

  /** Writes first and puts the events then: a reader who was overtaken puts nothing. */
  const keep = async (sourceId: string, before: Row | null, compared: Compared): Promise<boolean> => {
    const { known, events } = compared;
    if (before !== null && isSame(before.known, known) && events.length === 0) return true;
    const row = { known, outbox: events };
    if (!(await store.write(source, { sourceId, version: known.version, row }))) return false;
    // What is not on the bus when the process ends is put at the next look.
    if (events.length > 0) await store.noteDue(source, sourceId, new Date(now()).toISOString());
    await flush(sourceId, row);
    if (events.length > 0 || (before?.known.due ?? null) !== known.due)
      await store.noteDue(source, sourceId, known.due);
    return true;
  };

  const take = async (
    sourceId: string,
    look: (before: Known | null) => Promise<Compared | null>,
  ): Promise<Taken> => {
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const found = await read(sourceId);
      const before = found === null ? null : await flush(sourceId, found);
      const compared = await look(before?.known ?? null);
      if (compared === null) return { events: [], findings: [] };
      if (!(await keep(sourceId, before, compared))) continue;
      tellFindings(source, compared.findings);
      return { events: compared.events, findings: compared.findings };
    }
    throw new WorkerContendedError(source, sourceId);
  };

  /** The people that one record names. */
  const peopleAround = async (worker: Worker, before: Known | null): Promise<People> => {
    const ids = [
      worker.managerId ?? before?.worker.managerId,
      worker.previousId ?? before?.worker.previousId,
    ];
    const rows = await Promise.all(ids.map((id) => (id == null ? null : read(id))));
    const known = new Map(
      rows.flatMap((row) => (row === null ? [] : [[row.known.worker.sourceId, row.known]])),
    );
    const previous = ids[1];
    if (previous != null && !known.has(previous)) {
      const found = await findKnown(store, source, previous);
      if (found !== null) known.set(previous, found);
    }
    return {
      ...NOBODY,
      addressOf: (id) => known.get(id)?.worker.workEmail ?? undefined,
      knownAs: (id) => known.get(id),
    };
  };

  return {
    takeOne: (worker, readAt) =>
      take(worker.sourceId, async (before) => {
        const people = await peopleAround(worker, before);
        const compared = compare(before, worker, contextOf('changes', readAt, people));
        // All other sources are read only for a hire, which is seldom.
        if (!compared.events.some(({ type }) => type === 'employee.hired')) return compared;
        const elsewhere = await readElsewhere(store, source);
        return compare(before, worker, contextOf('changes', readAt, people, elsewhere));
      }),
    takeDeleted: (sourceId, readAt) =>
      take(sourceId, async (before) =>
        before === null ? null : compareAbsent(before, 'deleted', contextOf('changes', readAt, NOBODY)),
      ),
    takeAll: async (workers, { mode, readAt, addresses, isPlan = false }) => {
      const rows = new Map<string, Row>();
      const byNumber = new Map<string, Known>();
      for await (const stored of store.readAll(source)) {
        const row = parseRow(stored);
        if (row === null) continue;
        rows.set(stored.sourceId, row);
        byNumber.set(row.known.employeeId, row.known);
      }
      const inUse = new Set([...addresses.values()].map(normalizeEmail));
      const people: People = {
        hasAddress: (email) => inUse.has(normalizeEmail(email)),
        addressOf: (id) => addresses.get(id) ?? rows.get(id)?.known.worker.workEmail ?? undefined,
        knownAs: (id) => rows.get(id)?.known ?? byNumber.get(id),
      };
      const elsewhere = mode === 'baseline' ? NOWHERE : await readElsewhere(store, source);
      const context = contextOf(mode, readAt, people, elsewhere);
      const taken: Taken = { events: [], findings: [] };
      const seen = new Set<string>();
      const settle = async (sourceId: string, look: (before: Known | null) => Compared) => {
        const row = rows.get(sourceId) ?? null;
        const compared = look(row?.known ?? null);
        taken.events.push(...compared.events);
        taken.findings.push(...compared.findings);
        if (isPlan) return;
        const before = row === null ? null : await flush(sourceId, row);
        const isFlushed = before !== row;
        if (isFlushed || !(await keep(sourceId, before, compared)))
          await take(sourceId, async (known) => look(known));
      };
      const first: WorkerRow[] = [];
      const holderOf = holdersOf([...rows.values()].map(({ known }) => known.worker));
      const later: Worker[] = [];
      const takeWorker = async (worker: Worker) => {
        const isFirst = rows.size === 0 && mode === 'baseline';
        if (!isFirst) return settle(worker.sourceId, (before) => compare(before, worker, context));
        const compared = compare(null, worker, context);
        taken.findings.push(...compared.findings);
        if (isPlan) return;
        const { known } = compared;
        first.push({ sourceId: worker.sourceId, version: known.version, row: { known, outbox: [] } });
        if (known.due !== null) await store.noteDue(source, worker.sourceId, known.due);
        if (first.length >= ROWS_AT_ONCE) await store.writeFirst(source, first.splice(0));
      };
      await inParallel(workers, async (worker) => {
        seen.add(worker.sourceId);
        if (holderOf(worker) === undefined) await takeWorker(worker);
        else later.push(worker);
      });
      for (const worker of givenUpFirst(later, holderOf)) await takeWorker(worker);
      if (first.length > 0) await store.writeFirst(source, first);
      const missing = [...rows.keys()].filter((sourceId) => !seen.has(sourceId));
      await inParallel(missing, (sourceId) =>
        settle(sourceId, (before) =>
          before === null ? nothingKnown(sourceId) : compareAbsent(before, 'missing', context),
        ),
      );
      if (!isPlan) tellFindings(source, taken.findings);
      return taken;
    },
    readDue: () => store.readDue(source, new Date(now()).toISOString()),
    find: async (sourceId) => (await read(sourceId))?.known ?? null,
    readKnown: async () => {
      const all = new Map<string, Known>();
      for await (const stored of store.readAll(source)) {
        const row = parseRow(stored);
        if (row !== null) all.set(stored.sourceId, row.known);
      }
      return all;
    },
  };
}

const ROWS_AT_ONCE = 1_000;

type People = Pick<Context, 'addressOf' | 'knownAs' | 'hasAddress'>;
const NOBODY: People = { addressOf: () => undefined, knownAs: () => undefined, hasAddress: () => false };

/** What is known of whoever has a source id or an employee number; null where nobody has. @throws the store's errors */
export async function findKnown(
  store: Pick<WorkerStore, 'readAll'>,
  source: HrSource,
  id: string,
): Promise<Known | null> {
  for await (const stored of store.readAll(source)) {
    const row = parseRow(stored);
    if (row !== null && [row.known.employeeId, stored.sourceId].includes(id)) return row.known;
  }
  return null;
}

type Elsewhere = Context['elsewhere'];
const NOWHERE: Elsewhere = () => undefined;

/** Who works here by the other sources. */
async function readElsewhere(store: WorkerStore, source: HrSource): Promise<Elsewhere> {
  const sources = new Map<string, HrSource>();
  for (const other of HR_SOURCES.filter((one) => one !== source))
    for await (const stored of store.readAll(other)) {
      const known = parseRow(stored)?.known;
      const isHere = known !== undefined && known.hire !== null && known.termination === null;
      if (isHere) sources.set(known.employeeId, other);
    }
  return (employeeId) => sources.get(employeeId);
}

function nothingKnown(sourceId: string): never {
  throw new Error(`The record ${sourceId} was known a moment ago.`);
}

function parseRow(stored: WorkerRow | null): Row | null {
  return stored === null ? null : z.parse(Row, stored.row);
}

/** Whether two say the same, whenever it was read. */
function isSame(one: Known, other: Known): boolean {
  const content = ({ readAt: _, version: __, ...rest }: Known) => canonicalJson(rest);
  return content(one) === content(other);
}

async function inParallel<T>(
  items: AsyncIterable<T> | Iterable<T>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const busy = new Set<Promise<void>>();
  for await (const item of items) {
    const job: Promise<void> = work(item).finally(() => busy.delete(job));
    // Whoever waits for all of them sees the error.
    job.catch(() => {});
    busy.add(job);
    if (busy.size >= AT_ONCE) await Promise.race(busy);
  }
  await Promise.all(busy);
}

/** Logs what a person should see; `address_missing_soon` raises an alarm. */
export function tellFindings(source: HrSource, findings: readonly Finding[]): void {
  for (const { kind, sourceId, employeeId, note } of findings)
    logger.warn('hr finding', { source, kind, sourceId, employeeId, note });
}
