import type { Worker } from './worker.ts';

/** A record as a source tells it. */
export type ReadRecord = {
  worker: Worker;
  /** The fields that were asked for and not told: hidden by permissions, or not known by that name. */
  hidden: readonly string[];
  /** The fields of the worker that were told in a form that cannot be read. */
  unreadable: readonly (keyof Worker)[];
  /** Why the record could not be read, though the source has it; nothing is known of it then. */
  error?: unknown;
};

/** What a source has to offer: two functions. Both throw SourceUnavailableError and SourceRefusedError. */
export type Adapter = {
  /** Everybody, whoever has left too. */
  list(): AsyncIterable<ReadRecord>;
  /** One record; null when it does not exist any more. */
  read(sourceId: string): Promise<ReadRecord | null>;
  /** The records that have changed since an ISO instant, and the instant to ask from next; where the source offers it. */
  changedSince?(since: string): Promise<{ sourceIds: string[]; latest: string }>;
};
