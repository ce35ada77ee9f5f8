import * as z from 'zod/mini';
import type { ContactResult } from '../shared/contact-result.ts';
import type { FileStore } from '../shared/files.ts';
import { logger } from '../shared/logger.ts';
import { writePart } from './parts.ts';
import { readRows, Source } from './source.ts';
import { type ContactSync, syncRow } from './sync-contact.ts';

/** Where a sync stands. It changes only when a part is written. */
export const Walk = z.object({
  status: z.enum(['more', 'walked']),
  /** The next row begins here. */
  position: z.object({ byte: z.int(), line: z.int() }),
  /** How many parts are written. */
  parts: z.int(),
  /** See `ContactSync`. */
  undeclared: z.array(z.string()),
});
export type Walk = z.infer<typeof Walk>;

export const PartInput = z.object({ run: z.string(), source: Source, walk: Walk });
export type PartInput = z.infer<typeof PartInput>;

type Bounds = { ms: number; rows: number };

// No Lambda should run longer than about five minutes, and the row under way comes on top.
const BOUNDS: Bounds = { ms: 240_000, rows: 1_000 };

/**
 * Syncs the rows from where the walk stands, as many as the bounds allow, and writes their results as a part. An error
 * after some rows only ends the part there; the next part begins with the row that failed.
 *
 * @throws the errors of `readRows`, `syncRow` and the file store, at the first row.
 */
export async function syncPart(
  parts: Pick<ContactSync, 'client' | 'store'> & { files: FileStore; now?: () => number; bounds?: Bounds },
  { run, source, walk }: PartInput,
): Promise<Walk> {
  const { client, store, files, now = Date.now, bounds = BOUNDS } = parts;
  const sync: ContactSync = { client, store, run, undeclared: new Set(walk.undeclared) };
  const startedAt = now();
  const isFull = () => results.length >= bounds.rows || now() - startedAt >= bounds.ms;
  const results: ContactResult[] = [];
  let { position } = walk;
  let status: Walk['status'] = 'walked';
  try {
    for await (const row of readRows(files, source, position)) {
      if (results.length > 0 && isFull()) {
        status = 'more';
        break;
      }
      results.push(await syncRow(sync, row));
      position = row.next;
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
