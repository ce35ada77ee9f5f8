import * as z from 'zod/mini';
import { SourceRefusedError, SourceUnavailableError } from '../shared/errors.ts';
import type { HrSource } from '../shared/hr-sources.ts';
import type { ReadRecord } from './adapter.ts';
import { Worker } from './worker.ts';

type Facts = Partial<Record<keyof Worker, string | null | undefined>>;

/** A worker with the facts that can be read, and which cannot: these are unknown. */
export function readableWorker(sourceId: string, facts: Facts): Pick<ReadRecord, 'worker' | 'unreadable'> {
  const fields = (Object.keys(facts) as (keyof Worker)[]).filter((field) => facts[field] !== undefined);
  const unreadable = fields.filter((field) => !z.safeParse(Worker.shape[field], facts[field]).success);
  const readable = fields.filter((field) => !unreadable.includes(field));
  const worker = { ...Object.fromEntries(readable.map((field) => [field, facts[field]])), sourceId };
  return { worker: z.parse(Worker, worker), unreadable };
}

/** @throws SourceRefusedError where the answer is about another record than the one that was asked for. */
export function assertSameRecord(source: HrSource, asked: string, answered: unknown): void {
  if (String(answered) !== asked)
    throw new SourceRefusedError(source, `read ${asked}`, 'answered with another record');
}

/** A record of a list; one that the source cannot give keeps nobody from reading the others. */
export async function readOrError(
  read: (sourceId: string) => Promise<ReadRecord | null>,
  sourceId: string,
): Promise<ReadRecord | null> {
  try {
    return await read(sourceId);
  } catch (error) {
    if (!(error instanceof SourceRefusedError || error instanceof SourceUnavailableError)) throw error;
    return { worker: { sourceId }, hidden: [], unreadable: [], error };
  }
}
