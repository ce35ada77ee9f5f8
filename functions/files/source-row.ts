import type { Position } from './lines.ts';

/** A row of the file, and where the next one begins. */
export type SourceRow = {
  /** The number of the line on which the row begins, or of the element in a JSON array; the first is 1. */
  number: number;
  next: Position;
  value: unknown;
  /** Why there is no value; null when there is one. */
  problem: string | null;
};
