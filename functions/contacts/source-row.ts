import type { Position } from './lines.ts';

/** A row as it stands in the file, and where to go on after it. */
export type SourceRow = {
  /** The line on which it begins, the first being 1; in a JSON array, which of its elements it is. */
  number: number;
  next: Position;
  value: unknown;
  /** Why there is no value; null when there is. */
  problem: string | null;
};
