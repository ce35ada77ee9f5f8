import { AsyncLocalStorage } from 'node:async_hooks';

// For the same reasons as the priority, which storage holds for what runs below it.
const storage = new AsyncLocalStorage<number>();

/** Runs something that has to end by a moment. @param endsAt in epoch milliseconds. */
export function withDeadline<T>(endsAt: number, run: () => T): T {
  return storage.run(endsAt, run);
}

/** When what is running has to end, in epoch milliseconds; infinite where nobody says. */
export function currentDeadline(): number {
  return storage.getStore() ?? Number.POSITIVE_INFINITY;
}
