import { AsyncLocalStorage } from 'node:async_hooks';
import type { AppPlan } from './plan.ts';

/** A request to an app that would have changed something there. */
export type PlannedWrite = AppPlan['writes'][number];

/** What would have been done while something is only planned. */
export type Planning = {
  /** In order. */
  writes: PlannedWrite[];
  /** Answers a command to a table. @param ask sends it to the table. */
  answerTable: <Answer extends { output: object }>(
    command: string,
    input: object,
    ask: () => Promise<Answer>,
  ) => Promise<Answer>;
  /** What an execution would have been started with, as JSON; null where none would. */
  startedWith: string | null;
};

/** A step wanted to change something in an app, and is only planned. */
export class PlannedWriteError extends Error {
  override readonly name = 'PlannedWriteError';

  constructor({ vendor, operation }: PlannedWrite) {
    super(`${operation} would change something in ${vendor}, which is only planned.`);
  }
}

// Clients are made once per container, and the embedded runtime runs steps side by side.
const storage = new AsyncLocalStorage<Planning>();

/** Runs something that changes nothing: neither in an app nor in a table, and starts and stops no run. */
export function withPlanning<T>(
  answerTable: Planning['answerTable'],
  run: (planning: Planning) => Promise<T>,
): Promise<T> {
  const planning: Planning = { writes: [], answerTable, startedWith: null };
  return storage.run(planning, () => run(planning));
}

/** What is planned here; undefined where things are done. */
export function currentPlanning(): Planning | undefined {
  return storage.getStore();
}

/** Whether what runs here is only planned. */
export function isPlanning(): boolean {
  return currentPlanning() !== undefined;
}
