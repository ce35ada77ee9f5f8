import { normalizeEmail } from '../shared/email.ts';
import type { Worker } from './worker.ts';

/** The source id of another record that has a worker's address; undefined where none has. */
export type HolderOf = (worker: Worker) => string | undefined;

/** Who has which address. @param workers as the last read left them */
export function holdersOf(workers: readonly Worker[]): HolderOf {
  const holders = new Map(
    workers.flatMap(({ sourceId, workEmail }) =>
      workEmail == null ? [] : [[normalizeEmail(workEmail), sourceId] as const],
    ),
  );
  return ({ sourceId, workEmail }) => {
    const holder = workEmail == null ? undefined : holders.get(normalizeEmail(workEmail));
    return holder === sourceId ? undefined : holder;
  };
}

/** Whoever gets an address after whoever gives it up: while two have it, neither gets anything. */
export function* givenUpFirst(workers: readonly Worker[], holderOf: HolderOf): Generator<Worker> {
  const left = new Map(workers.map((worker) => [worker.sourceId, worker]));
  while (left.size > 0) {
    const free = [...left.values()].filter((worker) => !left.has(holderOf(worker) ?? ''));
    // In a circle nobody is first.
    for (const worker of free.length > 0 ? free : [...left.values()]) {
      left.delete(worker.sourceId);
      yield worker;
    }
  }
}
