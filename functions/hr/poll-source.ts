import * as z from 'zod/mini';
import { InvalidInputError } from '../shared/errors.ts';
import type { HrSource } from '../shared/hr-sources.ts';
import { logger } from '../shared/logger.ts';
import type { WorkerStore } from '../tables/worker-store.ts';
import type { Adapter } from './adapter.ts';
import { type Engine, missingTooMany, type Taken } from './engine.ts';
import { SourceNotSetUpError } from './source-secret.ts';
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
  const isFull = state === null || startedAt - Date.parse(state.fullAt) >= DAY_MS - DAY_MS / 96;
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
  return engine.takeOne(record.worker, readAt);
}

async function readEverybody(
  { source, adapter, engine, store }: PolledSource,
  state: PollState | null,
  startedAt: number,
): Promise<Polled> {
  const readAt = new Date(startedAt).toISOString();
  const workers: Worker[] = [];
  const hidden = new Set<string>();
  for await (const record of adapter.list()) {
    workers.push(record.worker);
    for (const field of record.hidden) hidden.add(field);
  }
  tellHidden(source, [...hidden]);
  const count = workers.length;
  const ids = new Set(workers.map(({ sourceId }) => sourceId));
  const missing = missingTooMany(await engine.readKnown(), (sourceId) => ids.has(sourceId));
  if (count === 0 || missing > 0)
    throw new InvalidInputError(
      `${source} showed ${count} records, and lacks ${missing} of those before. That cannot be everybody, so nothing of it was used: check which company the credential is of, and what the user of the API may see.`,
    );
  const addresses = new Map(
    workers.flatMap(({ sourceId, workEmail }) => (workEmail == null ? [] : [[sourceId, workEmail] as const])),
  );
  const mode = state === null ? 'baseline' : 'changes';
  const { events } = await engine.takeAll(workers, { mode, readAt, addresses });
  await store.writeState(source, { since: state?.since ?? readAt, fullAt: readAt, count });
  return { mode: state === null ? 'baseline' : 'full', people: count, events: events.length };
}

async function readChanges(polled: PolledSource, state: PollState, startedAt: number): Promise<Polled> {
  const { source, adapter, engine, store } = polled;
  const changed = await adapter.changedSince?.(state.since);
  const ids = new Set([...(changed?.sourceIds ?? []), ...(await engine.readDue())]);
  let events = 0;
  for (const sourceId of ids) events += (await readAgain(polled, sourceId)).events.length;
  const since = changed?.latest ?? new Date(startedAt).toISOString();
  await store.writeState(source, { ...state, since });
  return { mode: 'changes', people: ids.size, events };
}

function tellHidden(source: HrSource, fields: readonly string[]): void {
  if (fields.length === 0) return;
  const note = `The source does not tell ${fields.join(', ')}: they count as unknown. Give the user of the API the right to see them.`;
  logger.warn('hr finding', { source, kind: 'fields_hidden', note });
}
