import * as z from 'zod/mini';
import { InvalidInputError, SourceRefusedError } from '../shared/errors.ts';
import type { HrSource } from '../shared/hr-sources.ts';
import { logger } from '../shared/logger.ts';
import type { WorkerStore } from '../tables/worker-store.ts';
import type { Adapter, ReadRecord } from './adapter.ts';
import { type Engine, type Taken, tellFindings } from './engine.ts';
import { type Finding, SAYS_WHO_LEAVES, unclearFindings } from './known.ts';
import { SourceNotSetUpError } from './source-secret.ts';
import { missingTooMany } from './upheaval.ts';
import type { Worker } from './worker.ts';

/** How far a source has been read. */
const PollState = z.object({
  /** The instant from which changes are asked for next. */
  since: z.string(),
  /** When everybody was read last. */
  fullAt: z.string(),
  /** How many records there were then. */
  count: z.int(),
});
type PollState = z.infer<typeof PollState>;

export type PolledSource = {
  source: HrSource;
  adapter: Adapter;
  engine: Engine;
  store: WorkerStore;
  now?: () => number;
};

const DAY_MS = 86_400_000;
const QUARTER_MS = DAY_MS / 96;
const MOST_FAILURES = 3;

export type Polled = { mode: 'baseline' | 'full' | 'changes'; people: number; events: number };

/**
 * Reads a source, which catches whatever no webhook has told: everybody the first time, which only sets the baseline,
 * and then once a day; in between what has changed and what is due.
 *
 * @throws InvalidInputError when so many records are missing that the answer cannot be complete; what the adapter, the
 *   engine and the store throw.
 */
export async function pollSource(polled: PolledSource): Promise<Polled> {
  const { source, store, now = Date.now } = polled;
  const startedAt = now();
  const state = z.safeParse(PollState, await store.readState(source)).data ?? null;
  const isFull = state === null || startedAt - Date.parse(state.fullAt) >= DAY_MS - QUARTER_MS;
  return isFull ? readEverybody(polled, state, startedAt) : readChanges(polled, state, startedAt);
}

/** Polls a source, unless nobody has stored its credentials: that is no failure, which would ring an alarm. */
export async function pollIfSetUp(polled: PolledSource): Promise<Polled | { status: 'not_set_up' }> {
  try {
    return await pollSource(polled);
  } catch (error) {
    if (!(error instanceof SourceNotSetUpError)) throw error;
    logger.warn('hr source not set up', { source: polled.source, reason: error.message });
    return { status: 'not_set_up' };
  }
}

/** Reads one record again, because something has told of it. Nothing follows before the baseline is set. */
export async function readAgain(
  { source, adapter, engine, store, now = Date.now }: PolledSource,
  sourceId: string,
): Promise<Taken> {
  if ((await store.readState(source)) === null) return { events: [], findings: [] };
  const readAt = new Date(now()).toISOString();
  const record = await adapter.read(sourceId);
  if (record === null) return engine.takeDeleted(sourceId, readAt);
  tellHidden(source, record.hidden);
  const unclear = tellUnclear(source, record);
  const { events, findings } = await engine.takeOne(record.worker, readAt);
  return { events, findings: [...findings, ...unclear] };
}

async function readEverybody(
  polled: PolledSource,
  state: PollState | null,
  startedAt: number,
): Promise<Polled> {
  const { engine, store } = polled;
  const readAt = new Date(startedAt).toISOString();
  const failures = new Failures(state === null ? 0 : MOST_FAILURES);
  const read = await listWorkers(polled, failures);
  await assertComplete(polled, read);
  const workers = [...read.values()];
  const addresses = new Map(
    workers.flatMap(({ sourceId, workEmail }) => (workEmail == null ? [] : [[sourceId, workEmail] as const])),
  );
  const mode = state === null ? 'baseline' : 'changes';
  const { events } = await engine.takeAll(workers, { mode, readAt, addresses });
  // Its clock and ours are not quite the same.
  const since = new Date(startedAt - QUARTER_MS).toISOString();
  await store.writeState(polled.source, { since, fullAt: readAt, count: read.size });
  failures.throwFirst();
  return { mode: state === null ? 'baseline' : 'full', people: read.size, events: events.length };
}

/** All workers by their source ids, as pages that overlap show a record twice. @throws the error of one too many */
async function listWorkers(
  { source, adapter }: PolledSource,
  failures: Failures,
): Promise<Map<string, Worker>> {
  const read = new Map<string, Worker>();
  const hidden = new Set<string>();
  for await (const record of adapter.list()) {
    if (record.error !== undefined) failures.add(record.error);
    read.set(record.worker.sourceId, record.worker);
    for (const field of record.hidden) hidden.add(field);
    tellUnclear(source, record);
  }
  tellHidden(source, [...hidden]);
  const saysWhoLeaves = [...read.values()].some((worker) =>
    SAYS_WHO_LEAVES.some((field) => worker[field] !== undefined),
  );
  const reason = 'shows nobody’s last day and status, so that no leaver is seen';
  if (read.size > 0 && !saysWhoLeaves) failures.add(new SourceRefusedError(source, 'list employees', reason));
  return read;
}

async function assertComplete(
  { source, engine }: PolledSource,
  read: ReadonlyMap<string, Worker>,
): Promise<void> {
  const missing = missingTooMany(await engine.readKnown(), (sourceId) => read.has(sourceId));
  if (read.size === 0 || missing > 0)
    throw new InvalidInputError(
      `${source} showed ${read.size} records, and lacks ${missing} of those before. That cannot be everybody, so nothing of it was used: check which company the credential is of, and what the user of the API may see.`,
    );
}

async function readChanges(polled: PolledSource, state: PollState, startedAt: number): Promise<Polled> {
  const { source, adapter, engine, store } = polled;
  const changed = await adapter.changedSince?.(state.since);
  const ids = new Set([...(changed?.sourceIds ?? []), ...(await engine.readDue())]);
  const failures = new Failures(MOST_FAILURES);
  let events = 0;
  for (const sourceId of ids)
    try {
      events += (await readAgain(polled, sourceId)).events.length;
    } catch (error) {
      failures.add(error);
    }
  // What could not be read is asked for again.
  failures.throwFirst();
  const latest = Date.parse(changed?.latest ?? '');
  const since = new Date(latest <= startedAt ? latest : startedAt).toISOString();
  await store.writeState(source, { ...state, since });
  return { mode: 'changes', people: ids.size, events };
}

/** What is wrong with a few records keeps nobody from reading the others, and is told at the end. */
class Failures {
  readonly #most: number;
  readonly #errors: unknown[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  /** @throws the error where there are so many that the source is down, or it has no credentials. */
  add(error: unknown): void {
    this.#errors.push(error);
    if (error instanceof SourceNotSetUpError || this.#errors.length > this.#most) throw error;
  }

  /** @throws the first error; nothing where there is none. */
  throwFirst(): void {
    if (this.#errors.length > 0) throw this.#errors[0];
  }
}

function tellUnclear(source: HrSource, { worker, unreadable }: ReadRecord): Finding[] {
  const findings = unclearFindings(worker, unreadable);
  tellFindings(source, findings);
  return findings;
}

function tellHidden(source: HrSource, fields: readonly string[]): void {
  if (fields.length === 0) return;
  const note = `The source does not tell ${fields.join(', ')}: they count as unknown. Give the user of the API the right to see them.`;
  logger.warn('hr finding', { source, kind: 'fields_hidden', note });
}
