import * as z from 'zod/mini';
import type { FileStore } from '../files/file-store.ts';
import { readRows, Source } from '../files/row-source.ts';
import { logger } from '../shared/logger.ts';
import { realSleep, type Sleep } from '../shared/sleep.ts';
import type { ContactResult } from '../tables/contact-result.ts';
import { writePart } from './parts.ts';
import type { ContactSync } from './sync-contact.ts';
import { areClear, type Tried, tryRow, tryUnservedAgain } from './unserved-rows.ts';

/** How far a sync has come. It changes only when a part is written. */
export const Walk = z.object({
  status: z.enum(['more', 'walked']),
  /** Where the next row begins. */
  position: z.object({ byte: z.int(), line: z.int() }),
  /** How many parts are written. */
  parts: z.int(),
  /** See `ContactSync`. */
  undeclared: z.array(z.string()),
});
export type Walk = z.infer<typeof Walk>;

export const PartInput = z.object({
  /** The execution's name. */
  run: z.string(),
  /** When the execution began, as an instant of ISO 8601. */
  startedAt: z.string(),
  source: Source,
  walk: Walk,
});
export type PartInput = z.infer<typeof PartInput>;

type Bounds = { ms: number; rows: number };

// A Lambda should run for at most about five minutes, and the current row comes on top.
const BOUNDS: Bounds = { ms: 240_000, rows: 1_000 };

type Parts = Pick<ContactSync, 'client' | 'store'> & {
  files: FileStore;
  sleep?: Sleep;
  now?: () => number;
  bounds?: Bounds;
};

/**
 * Syncs the next rows, as many as the bounds allow, and writes their results as a part. When Drift does not serve a row
 * but serves others, that row has failed. When Drift serves no row, and after any other error, the part ends before the
 * row, and the next part begins with it.
 *
 * @throws the errors of `readRows`, `tryRow`, `areClear` and the file store, when no row is done.
 */
export async function syncPart(parts: Parts, { run, startedAt, source, walk }: PartInput): Promise<Walk> {
  const { client, store, files, sleep = realSleep, now = Date.now, bounds = BOUNDS } = parts;
  const sync: ContactSync = {
    client,
    store,
    run: `${run} ${startedAt}`,
    undeclared: new Set(walk.undeclared),
  };
  const beganAt = now();
  const isFull = () => results.length >= bounds.rows || now() - beganAt >= bounds.ms;
  const results: ContactResult[] = [];
  // The rows since the first one that Drift did not serve.
  let unclear: Tried[] = [];
  let { position } = walk;
  let status: Walk['status'] = 'walked';
  const settle = (rows: readonly Tried[]) => {
    for (const { row, result } of rows) {
      results.push(result);
      position = row.next;
    }
    unclear = [];
  };
  try {
    for await (const row of readRows(files, source, position)) {
      if (results.length > 0 && isFull()) {
        status = 'more';
        break;
      }
      unclear.push(await tryRow(sync, row, sleep));
      if (areClear(unclear)) settle(await tryUnservedAgain(sync, unclear, sleep));
    }
    if (status === 'walked') {
      // When no row was ever served, Drift may be down rather than the rows wrong.
      const error = unclear.find((tried) => tried.error !== null)?.error;
      if (error && results.length === 0 && walk.parts === 0) throw error;
      settle(unclear);
    }
  } catch (error) {
    if (results.length === 0) throw error;
    logger.warn('part ended early', { run, error: error instanceof Error ? error.name : String(error) });
    status = 'more';
  }
  if (results.length > 0) await writePart(files, run, walk.parts, results);
  const written = results.length > 0 ? 1 : 0;
  return { status, position, parts: walk.parts + written, undeclared: [...sync.undeclared] };
}
